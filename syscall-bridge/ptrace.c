// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ptrace bridge, seen from K.
 *
 * It is the split bridge with another way to run the user thread: no signal handler,
 * no code of the wedge's takes part.  The thread is a tracee, and stopped unless it
 * runs guest user code.  K leaves its registers in the hand-over memory and asks
 * the tracer (tracer.c), which is the zygote, to let it run until something
 * happens; the tracer leaves registers and vector state there again.
 *
 *	K				tracer			user thread
 *	user, fp; run++, wake	->	set registers, SYSEMU	->  user code
 *								... call, trap, kick
 *	wait for leave == n	<-	get registers		<-  stop
 *
 * K runs guest kernel code and so cannot be the tracer itself: ptrace(2) names
 * processes.
 *
 * Of a trap ptrace(2) tells signal, si_code and address only, which is not enough:
 * a write and a fetch look like a read (tests/probe/ptrace-trap).  So the tracer has
 * the host deliver the signal, which writes trap number, error code and CR2 on the
 * signal stack, and stops the thread again before the handler's first instruction.
 */
#include "syscall-bridge/k.h"
#include "syscall-bridge/sys.h"

/* As they were when the thread stopped last. */
static struct {
	u64 fs_base, gs_base, ds, es, fs, gs;
} segment[LOL_MAX_SPACES];

static void give(u32 slot, const struct lol_regs *r)
{
	struct lol_handoff *h = handoff(slot);
	struct kslot *k = &kslot[slot];
	bool fresh = !k->has_fp;
	u64 fs = k_read_fs(), gs = rdgsbase();

	publish(slot, false);
	await_agent(slot);
	h->user = (struct lol_user_regs){
		.r15 = r->r15, .r14 = r->r14, .r13 = r->r13, .r12 = r->r12, .rbp = r->rbp,
		.rbx = r->rbx, .r11 = r->r11, .r10 = r->r10, .r9 = r->r9, .r8 = r->r8,
		.rax = r->rax, .rcx = r->rcx, .rdx = r->rdx, .rsi = r->rsi, .rdi = r->rdi,
		.orig_rax = ~0ULL,	/* not in a system call: nothing to restart */
		.rip = r->rip, .cs = user_cs, .rflags = r->rflags, .rsp = r->rsp, .ss = user_ss,
		.fs_base = fs, .gs_base = gs,
	};
	h->user_size = __builtin_offsetof(struct lol_user_regs, fs_base);
	if (fresh || fs != segment[slot].fs_base || gs != segment[slot].gs_base) {
		h->user_size = sizeof(h->user);
		if (!fresh) {
			h->user.ds = segment[slot].ds;
			h->user.es = segment[slot].es;
			h->user.fs = segment[slot].fs;
			h->user.gs = segment[slot].gs;
		}
	}
	ready_fp(k);
	h->load_fp = fp_changed;
	if (fp_changed)
		memcpy(h->fp, fp_state, xsave_size);
	h->pid = k->pid;
}

/* false: not what a host would have said. */
static bool take(u32 slot, struct host_ucontext *uc, struct host_siginfo *info, u32 *signal)
{
	const struct lol_handoff *h = handoff(slot);
	u32 reason = READ_ONCE(h->reason), at = READ_ONCE(h->frame);
	struct lol_user_regs u;

	if (reason != LOL_REASON_CALL && reason != LOL_REASON_STOP)
		return false;
	memcpy(&u, &h->user, sizeof(u));
	asm volatile("" : : : "memory");	/* from here on only the copy counts */
	*signal = reason == LOL_REASON_CALL ? SIGSYS : READ_ONCE(h->signal);
	info->arch = READ_ONCE(h->arch);
	info->call_address = reason == LOL_REASON_CALL ? u.rip : READ_ONCE(h->call_address);

	memset(uc, 0, sizeof(*uc));
	if (reason == LOL_REASON_STOP && at != LOL_NO_FRAME) {
		if (at > LOL_HANDOFF_STACK_SIZE - sizeof(*uc) || at % 8)
			return false;
		memcpy(uc, piece(slot) + LOL_HANDOFF_STACK + at, sizeof(*uc));
	}
	uc->regs = (struct lol_regs){
		.r8 = u.r8, .r9 = u.r9, .r10 = u.r10, .r11 = u.r11, .r12 = u.r12, .r13 = u.r13,
		.r14 = u.r14, .r15 = u.r15, .rdi = u.rdi, .rsi = u.rsi, .rbp = u.rbp, .rbx = u.rbx,
		.rdx = u.rdx, .rcx = u.rcx, .rsp = u.rsp, .rip = u.rip, .rflags = u.rflags,
		.rax = reason == LOL_REASON_CALL ? u.orig_rax : u.rax,
	};
	uc->cs = u.cs;
	uc->ss = u.ss;
	segment[slot].fs_base = u.fs_base;
	segment[slot].gs_base = u.gs_base;
	segment[slot].ds = u.ds;
	segment[slot].es = u.es;
	segment[slot].fs = u.fs;
	segment[slot].gs = u.gs;
	kslot[slot].fp_offset = LOL_HANDOFF_FP;
	kslot[slot].has_fp = true;
	return check_user(uc, info, signal, u.fs_base, u.gs_base);
}

/* Any kick stops a tracee; whether it comes back is a matter of the host's. */
static bool never(void)
{
	return false;
}

static void run_user(struct lol_regs *regs)
{
	u32 slot = current_slot();
	struct lol_handoff *h = handoff(slot);
	struct kslot *k = &kslot[slot];

	give(slot, regs);
	if (!user_begins(slot))
		return;
	k->enter++;
	WRITE_ONCE(h->enter, k->enter);
	WRITE_ONCE(state->run_slot, slot);
	__atomic_fetch_add(&state->run, 1, __ATOMIC_SEQ_CST);
	wake_zygote();
	user_left(slot, wait_for(slot, &h->leave, k->enter, &h->kernel_sleeps, never), take, regs);
}

const struct bridge bridge_ptrace = {
	.run_user = run_user,
	.load_root = k_load_root,
	.place = k_place,
	.settle = k_settle,
	.retire = k_retire,
	.user_fp = k_user_fp,
	.read_fs = k_read_fs,
	.write_fs = k_write_fs,
};
