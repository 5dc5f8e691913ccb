// SPDX-License-Identifier: GPL-2.0-only
/*
 * A space of the split bridge: guest user code of one address space, and nothing
 * else.
 *
 * The process has two threads.  The *user thread* runs the guest's user code
 * natively; whatever that does (system call, fault, exception) and every kick is
 * a signal, whose handler tells K and waits to be told how to go on.  It has no
 * descriptors, and its filter (host/filters.c) passes futex WAIT and WAKE and
 * nothing else.  The
 * *agent thread* maps guest memory as K says (agent.S).
 *
 *	K					user thread
 *	regs, bases; enter = n, wake	->	started = n; iretq to user code
 *						... signal: frame on the stack
 *	wait for leave == n		<-	reason, frame; leave = n, wake
 *	copies, checks				waits for enter to change
 *
 * Everything that this file keeps in memory can be overwritten by the user code
 * it serves.  That is as it should be: it protects nobody.  K, the host's filter
 * and the agent's read-only pages do.
 *
 * Memory of this process when guest code runs: the wedge's text, a private copy
 * of its data, the user page, its own piece of the hand-over memory, the filters
 * (read-only), and what the agent has mapped.  No shared state, no vCPU page, no window on guest RAM.
 */
#include "syscall-bridge/bridge.h"
#include "syscall-bridge/frame.h"
#include "syscall-bridge/handoff.h"
#include "syscall-bridge/sys.h"

#define CLONE_VM		0x00000100
#define CLONE_FS		0x00000200
#define CLONE_SIGHAND		0x00000800
#define CLONE_THREAD		0x00010000
#define CLONE_SYSVSEM		0x00040000
#define SIG_SETMASK		2

static struct lol_handoff *const handoff = (struct lol_handoff *)LOL_WEDGE_HANDOFF;
static const struct lol_done *const done =
	(const struct lol_done *)(LOL_WEDGE_HANDOFF + LOL_HANDOFF_DONE);
#define SIGNAL_STACK	(LOL_WEDGE_HANDOFF + LOL_HANDOFF_STACK)

/* agent.S */
long agent_start(u64 flags, u64 ops, u64 done, u64 pid_and_offset, const void *filter)
	__attribute__((visibility("hidden")));
extern char user_stack_top[] __attribute__((visibility("hidden")));
void user_entry(void) __attribute__((visibility("hidden")));
noreturn void user_again(u64 stack) __attribute__((visibility("hidden")));
noreturn void user_leave(const struct lol_regs *regs, const void *fp, u64 mask, u64 cs)
	__attribute__((visibility("hidden")));
extern char user_leave_begin[] __attribute__((visibility("hidden")));
extern char user_leave_end[] __attribute__((visibility("hidden")));
extern u32 agent_ready __attribute__((visibility("hidden")));
extern u32 user_kicked __attribute__((visibility("hidden")));

static u32 entered;		/* number of this run */
static u64 stack;		/* of the hand-over, below the host's frame */
static const void *frame_fp;	/* vector state in the host's frame */
static u64 fs_base, gs_base;	/* as user code left them */

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
	__atomic_store_n(&handoff->leave, entered, __ATOMIC_SEQ_CST);
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

/* Waits for K and does as it says; on the stack of user_again(). */
noreturn void user_exchange(void)
{
	const void *fp = frame_fp;
	u64 mask;

	wait_for_enter();
	entered = handoff->enter;
	wait_for_agent(handoff->needs);
	if (handoff->load_fp) {
		fp = handoff->fp;
		mask = handoff->fp_mask;
	} else {
		mask = fp ? *(const u64 *)((const u8 *)fp + FRAME_XFEATURES) : 0;
	}
	if (handoff->fs_base != fs_base) {
		fs_base = handoff->fs_base;
		asm volatile("wrfsbase %0" : : "r"(fs_base));
	}
	if (handoff->gs_base != gs_base) {
		gs_base = handoff->gs_base;
		wrgsbase(gs_base);
	}
	handoff->started = entered;
	user_leave(&handoff->regs, fp, mask, handoff->cs);
}

/* Called by user_leave(): a kick was here first. */
noreturn void user_not_left(void)
{
	WRITE_ONCE(user_kicked, 0);
	end_run(LOL_REASON_NOT_LEFT);
	user_again(stack);
}

/* Called by user_entry with the host's arguments, on the signal stack. */
noreturn void user_signal(int signal, struct host_siginfo *info, struct host_ucontext *uc)
{
	if (signal == SIGUSR1 && in_wedge(uc->regs.rip)) {
		if (within(uc->regs.rip, user_leave_begin, user_leave_end))
			user_not_left();
		WRITE_ONCE(user_kicked, 1);
		return_inside(&uc->regs, uc->fpstate);
	}
	handoff->signal = signal;
	handoff->frame = (u32)((u64)uc - SIGNAL_STACK);
	handoff->arch = info->arch;
	handoff->call_address = info->call_address;
	handoff->fs_base = fs_base = rdfsbase();
	handoff->gs_base = gs_base = rdgsbase();
	frame_fp = uc->fpstate;
	stack = ((u64)uc - 256) & ~63ULL;
	end_run(LOL_REASON_SIGNAL);
	user_again(stack);
}

static void fatal(long error)
{
	state->fatal = -error;
	sys_exit(1);
}

static void must(long ret)
{
	if (SYS_ERROR(ret))
		fatal(ret);
}

static void map_handoff(u32 slot)
{
	static const struct { u64 offset, length; int prot; } part[] = {
		{ 0, 0x1000, PROT_READ | PROT_WRITE },
		{ LOL_HANDOFF_OPS, 0x1000, PROT_READ },
		{ LOL_HANDOFF_DONE, 0x1000, PROT_READ },
		{ LOL_HANDOFF_STACK, LOL_HANDOFF_STACK_SIZE, PROT_READ | PROT_WRITE },
	};

	for (u32 i = 0; i < ARRAY_SIZE(part); i++)
		must(sys_mmap(LOL_WEDGE_HANDOFF + part[i].offset, part[i].length, part[i].prot,
			      MAP_SHARED | MAP_FIXED, LOL_FD_BRIDGE,
			      (u64)slot * LOL_HANDOFF_STRIDE + part[i].offset));
}

static void set_signals(void)
{
	static const u8 signals[] = { SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGUSR1, SIGSEGV, SIGSYS };
	struct host_sigaction action = {
		.handler = user_entry,
		.flags = SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_NODEFER,
		.restorer = user_entry,		/* wanted by the host, never reached */
	};
	struct { u64 base; s32 flags, pad; u64 size; } alternate = {
		.base = SIGNAL_STACK, .size = LOL_HANDOFF_STACK_SIZE,
	};

	for (u32 i = 0; i < ARRAY_SIZE(signals); i++)
		must(sys4(__NR_rt_sigaction, signals[i], (long)&action, 0, 8));
	must(sys3(__NR_sigaltstack, (long)&alternate, 0, 0));
}

/* Keeps RAM and the hand-over memory only: the agent gets a copy of the table. */
static void start_agent(u32 slot)
{
	u64 offset = (u64)slot * LOL_HANDOFF_STRIDE + LOL_HANDOFF_DONE, all = ~0ULL, none = 0;

	must(sys3(__NR_close_range, 0, LOL_FD_RAM - 1, 0));
	must(sys3(__NR_close_range, LOL_FD_STATE, LOL_FD_EVENT, 0));
	must(sys3(__NR_close_range, LOL_FD_BRIDGE + 1, ~0U, 0));
	/* the agent takes no signals, ever */
	must(sys4(__NR_rt_sigprocmask, SIG_SETMASK, (long)&all, 0, 8));
	must(agent_start(CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
			 LOL_WEDGE_HANDOFF + LOL_HANDOFF_OPS, LOL_WEDGE_HANDOFF + LOL_HANDOFF_DONE,
			 offset | (u64)space_at(slot)->pid << 32, filter_agent(offset)));
	while (!__atomic_load_n(&agent_ready, __ATOMIC_ACQUIRE))
		sys_futex_wait(&agent_ready, 0, NULL);
	must(sys4(__NR_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, 8));
}

/**
 * user_main - from here on this process is a space of the split bridge; by user_start()
 * @slot: its slot
 */
noreturn void user_main(u32 slot)
{
	map_handoff(slot);
	set_signals();
	start_agent(slot);
	must(sys3(__NR_close_range, 0, ~0U, 0));
	keep_to_user_cpu();
	sys_munmap(LOL_WEDGE_RAM, LOL_RAM_MAX);
	sys_munmap(LOL_WEDGE_HANDOFFS, LOL_HANDOFF_SIZE);
	sys_munmap(LOL_NEAR_START, LOL_NEAR_END - LOL_NEAR_START);
	sys_munmap(LOL_WEDGE_VCPU, 0x1000);
	if (SYS_ERROR(sys_munmap(LOL_WEDGE_STATE, LOL_STATE_SIZE)) || SYS_ERROR(filter_load(LOL_ROLE_USER)))
		sys_exit(1);
	fs_base = rdfsbase();
	gs_base = rdgsbase();
	/* K clears the signal stack once more before it is used */
	stack = (u64)user_stack_top - 64;
	user_again(stack);
}
