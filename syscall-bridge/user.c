// SPDX-License-Identifier: GPL-2.0-only
/*
 * The user thread of a space of the split bridge (userspace.c).
 *
 * Whatever guest user code does (system call, fault, exception) and every kick is
 * a signal, whose handler tells K and waits to be told how to go on.  The thread has
 * no descriptors, and its filter (host/filters.c) passes futex WAIT and WAKE and
 * nothing else.
 *
 *	K					user thread
 *	regs, bases; enter = n, wake	->	started = n; jmp to user code
 *						... signal: frame on the stack
 *	wait for leave == n		<-	reason, what differs; leave = n, wake
 *	copies, checks				vector state; waits for enter to change
 *
 * Everything that this file keeps in memory can be overwritten by the user code
 * it serves.  That is as it should be: it protects nobody.  K, the host's filter
 * and the agent's read-only pages do.
 */
#include "syscall-bridge/bridge.h"
#include "syscall-bridge/frame.h"
#include "syscall-bridge/handoff.h"
#include "syscall-bridge/sys.h"

static struct lol_handoff *const handoff = (struct lol_handoff *)LOL_WEDGE_HANDOFF;
static const struct lol_done *const done =
	(const struct lol_done *)(LOL_WEDGE_HANDOFF + LOL_HANDOFF_DONE);
#define SIGNAL_STACK	(LOL_WEDGE_HANDOFF + LOL_HANDOFF_STACK)

/* agent.S */
extern char user_stack_top[] __attribute__((visibility("hidden")));
noreturn void user_again(u64 stack) __attribute__((visibility("hidden")));
noreturn void user_leave(const struct lol_regs *regs, u64 cs) __attribute__((visibility("hidden")));
extern char user_leave_begin[] __attribute__((visibility("hidden")));
extern char user_leave_end[] __attribute__((visibility("hidden")));
extern char user_leave_last[] __attribute__((visibility("hidden")));
extern u64 user_leave_rip __attribute__((visibility("hidden")));
extern u32 user_kicked __attribute__((visibility("hidden")));
extern u32 user_confined __attribute__((visibility("hidden")));

static u32 entered;		/* number of this run */
static u64 stack;		/* of the hand-over, below the host's frame */
static struct lol_regs *frame_regs;	/* in the host's frame */
static const void *frame_fp;		/* vector state, there */
static u64 fs_base, gs_base;	/* as user code left them */
static struct lol_told told;		/* what K was told last */

static u64 rdfsbase(void)
{
	u64 v;

	asm volatile("rdfsbase %0" : "=r"(v));
	return v;
}

/* The run has ended. */
static void end_run(u32 reason)
{
	handoff->reason = reason;
	/* no locked store: K would take the line away between the others and it */
	__atomic_store_n(&handoff->leave, entered, __ATOMIC_RELEASE);
	smp_mb();
	if (READ_ONCE(handoff->kernel_sleeps))
		sys_futex_wake(&handoff->leave);
}

/*
 * Looks again for a while, where K says that it pays: then K runs on another CPU,
 * and one is spare.
 */
static bool look_again(u64 since)
{
	if (rdtsc() - since >= READ_ONCE(handoff->spin))
		return false;
	asm volatile("pause");
	return true;
}

static void wait_for_enter(void)
{
	u64 since = rdtsc();

	for (;;) {
		if (__atomic_load_n(&handoff->enter, __ATOMIC_ACQUIRE) != entered)
			return;
		if (look_again(since))
			continue;
		__atomic_store_n(&handoff->user_sleeps, 1, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&handoff->enter, __ATOMIC_SEQ_CST) == entered)
			sys_futex_wait(&handoff->enter, entered, NULL);
		WRITE_ONCE(handoff->user_sleeps, 0);
	}
}

static void wait_for_agent(u32 needs)
{
	u32 sequence;

	while ((s32)((sequence = __atomic_load_n(&done->sequence, __ATOMIC_ACQUIRE)) - needs) < 0)
		sys_futex_wait((u32 *)&done->sequence, sequence, NULL);
}

/* From here on the vector registers are the user's; nothing in here uses them. */
static void load_fp(const void *fp, u64 mask)
{
	asm volatile("xrstor64 (%0)" : : "r"(fp), "a"((u32)mask), "d"((u32)(mask >> 32)) : "memory");
}

/* Waits for K and does as it says; on the stack of user_again(). */
noreturn void user_exchange(void)
{
	/* while K works, since they mostly stay as they are */
	if (frame_fp)
		load_fp(frame_fp, *(const u64 *)((const u8 *)frame_fp + FRAME_XFEATURES));
	wait_for_enter();
	entered = handoff->enter;
	wait_for_agent(handoff->needs);
	if (handoff->load_fp)
		load_fp(handoff->fp, handoff->fp_mask);
	if (handoff->new_fs != fs_base) {
		fs_base = handoff->new_fs;
		asm volatile("wrfsbase %0" : : "r"(fs_base));
	}
	if (handoff->new_gs != gs_base) {
		gs_base = handoff->new_gs;
		wrgsbase(gs_base);
	}
	handoff->started = entered;
	if (handoff->keep)
		frame_regs->rax = handoff->rax;
	user_leave(handoff->keep ? frame_regs : &handoff->regs, handoff->cs);
}

/* Called by user_leave(): a kick was here first. */
noreturn void user_not_left(void)
{
	WRITE_ONCE(user_kicked, 0);
	end_run(LOL_REASON_NOT_LEFT);
	user_again(stack);
}

/* One word of struct lol_told, if it differs from what K was told last. */
#define TELL(field, value) do {								\
	const u32 word = __builtin_offsetof(struct lol_told, field) / sizeof(u64);	\
	u64 v = (value), differs = v != ((u64 *)&told)[word];				\
											\
	/* without a branch: what does not count is overwritten by the next */		\
	handoff->told[n] = ((u64 *)&told)[word] = v;					\
	changed |= differs << word;							\
	n += differs;									\
} while (0)

/* Tells K of a stop; @call: of a system call. */
static void tell(const struct host_ucontext *uc, const struct host_siginfo *call)
{
	u64 changed = 0, n = 0;

	TELL(regs.r8, uc->regs.r8);
	TELL(regs.r9, uc->regs.r9);
	TELL(regs.r10, uc->regs.r10);
	TELL(regs.r11, uc->regs.r11);
	TELL(regs.r12, uc->regs.r12);
	TELL(regs.r13, uc->regs.r13);
	TELL(regs.r14, uc->regs.r14);
	TELL(regs.r15, uc->regs.r15);
	TELL(regs.rdi, uc->regs.rdi);
	TELL(regs.rsi, uc->regs.rsi);
	TELL(regs.rbp, uc->regs.rbp);
	TELL(regs.rbx, uc->regs.rbx);
	TELL(regs.rdx, uc->regs.rdx);
	TELL(regs.rax, uc->regs.rax);
	TELL(regs.rcx, uc->regs.rcx);
	TELL(regs.rsp, uc->regs.rsp);
	TELL(regs.rip, uc->regs.rip);
	TELL(regs.rflags, uc->regs.rflags);
	TELL(cs, *(const u64 *)&uc->cs);
	TELL(fs_base, fs_base);
	TELL(gs_base, gs_base);
	TELL(fp, (u64)uc->fpstate - SIGNAL_STACK);
	if (call) {
		TELL(arch, call->arch);
		TELL(call_address, call->call_address);
	} else {
		TELL(error, uc->error);
		TELL(trap, uc->trap);
		TELL(cr2, uc->cr2);
	}
	handoff->changed = changed;
}

/* Called by user_entry with the host's arguments, on the signal stack. */
noreturn void user_signal(int signal, struct host_siginfo *info, struct host_ucontext *uc)
{
	if (uc->regs.rip == (u64)user_leave_last) {	/* the user's code had begun, but for rip */
		uc->regs.rip = user_leave_rip;
	} else if (signal == SIGUSR1 && in_wedge(uc->regs.rip)) {
		if (within(uc->regs.rip, user_leave_begin, user_leave_end))
			user_not_left();
		WRITE_ONCE(user_kicked, 1);
		return_inside(&uc->regs, uc->fpstate);
	}
	fs_base = rdfsbase();
	gs_base = rdgsbase();
	handoff->signal = signal;
	tell(uc, signal == SIGSYS ? info : NULL);
	frame_regs = &uc->regs;
	frame_fp = uc->fpstate;
	stack = ((u64)uc - 256) & ~63ULL;
	end_run(LOL_REASON_SIGNAL);
	user_again(stack);
}

/**
 * user_confine - the last step to being a space; on a stack that is this process's own
 * @signal: that came in between, or 0
 *
 * A kick may come as soon as its handler is there, and the handler must be there
 * before the filter is.  But the frame of the kick lies on the signal stack, where
 * a hostile K can change it.  So nothing is read from it and nothing returns to it:
 * user_entry comes here, and the step is done over.
 */
noreturn void user_confine(int signal)
{
	if (signal == SIGUSR1)
		WRITE_ONCE(user_kicked, 1);
	/* SIGSYS: the filter is there already */
	if (signal != SIGSYS && SYS_ERROR(filter_load(LOL_ROLE_USER)))
		sys_exit(1);
	user_confined = 1;
	/* the zygote waits for that */
	WRITE_ONCE(handoff->user_sleeps, 1);
	sys_futex_wake(&handoff->user_sleeps);
	fs_base = rdfsbase();
	gs_base = rdgsbase();
	/* K clears the signal stack once more before it is used */
	stack = (u64)user_stack_top - 64;
	user_again(stack);
}
