// SPDX-License-Identifier: GPL-2.0-only
/*
 * The split bridge, seen from K.
 *
 * K gives registers and segment bases to the space of the current root, waits until
 * its user thread (user.c) comes back with a host signal frame, checks that, and
 * makes of it the event it is (signal.c).  A frame that no host would have written
 * gets the space killed, as does silence while a kick is due.
 *
 * The user's vector state stays where the host put it when the signal came, on the
 * space's signal stack.
 */
#include "syscall-bridge/k.h"
#include "syscall-bridge/sys.h"

/*
 * Takes what the user thread left: a frame of the host's, or something that
 * pretends to be one.  false: no host would have written it.
 */
static bool take_frame(u32 slot, struct host_ucontext *uc, struct host_siginfo *info, u32 *signal)
{
	const struct lol_handoff *h = handoff(slot);
	u32 at = READ_ONCE(h->frame);
	u64 fp;

	if (at > LOL_HANDOFF_STACK_SIZE - sizeof(*uc) || at % 8)
		return false;
	memcpy(uc, piece(slot) + LOL_HANDOFF_STACK + at, sizeof(*uc));
	asm volatile("" : : : "memory");	/* from here on only the copy counts */
	kslot[slot].left = uc->regs;
	info->arch = READ_ONCE(h->arch);
	info->call_address = READ_ONCE(h->call_address);
	*signal = READ_ONCE(h->signal);

	fp = (u64)uc->fpstate - (LOL_WEDGE_HANDOFF + LOL_HANDOFF_STACK);
	if (fp > LOL_HANDOFF_STACK_SIZE - xsave_size || fp % 64)
		return false;
	if (!check_user(uc, info, signal, READ_ONCE(h->fs_base), READ_ONCE(h->gs_base)))
		return false;
	kslot[slot].fp_offset = LOL_HANDOFF_STACK + fp;
	kslot[slot].has_fp = true;
	return true;
}

/* As after most system calls and faults. */
static bool same_but_rax(const struct lol_regs *a, const struct lol_regs *b)
{
	const u64 *x = (const u64 *)a, *y = (const u64 *)b;
	u64 differs = 0;

	for (u32 i = 0; i < sizeof(*a) / sizeof(u64); i++)
		if (i != __builtin_offsetof(struct lol_regs, rax) / sizeof(u64))
			differs |= x[i] ^ y[i];
	return !differs;
}

static void give(u32 slot, const struct lol_regs *regs)
{
	struct lol_handoff *h = handoff(slot);
	struct kslot *k = &kslot[slot];

	if (spinning()) {
		/* it shares our CPU: the user would only look for its end */
		publish(slot, false);
		await_agent(slot);
	}
	h->keep = k->has_fp && same_but_rax(regs, &k->left);
	if (h->keep)
		h->rax = regs->rax;
	else
		h->regs = *regs;
	h->cs = user_cs;
	h->new_fs = k_read_fs();
	h->new_gs = rdgsbase();
	h->needs = k->sequence + !!k->queued;
	h->spin = spinning() ? SPIN * tsc_us() : 0;
	ready_fp(k);
	h->load_fp = fp_changed;
	if (fp_changed) {
		memcpy(h->fp, fp_state, xsave_size);
		h->fp_mask = state->xsave_mask;
	}
}

static void run_user(struct lol_regs *regs)
{
	u32 slot = current_slot();
	struct lol_handoff *h = handoff(slot);
	struct kslot *k = &kslot[slot];
	bool answered;
	u64 entered;

	/* its fences come before the registers: those are on their way to the other CPU then */
	if (!user_begins(slot))
		return;
	give(slot, regs);
	entered = rdtsc();
	k->enter++;
	__atomic_store_n(&h->enter, k->enter, __ATOMIC_RELEASE);
	smp_mb();
	/* what is to be mapped first is the agent's, and then the user's turn: a switch less */
	if (k->queued)
		publish(slot, true);
	else if (READ_ONCE(h->user_sleeps))
		sys_futex_wake(&h->enter);
	answered = wait_for(slot, &h->leave, k->enter, &h->kernel_sleeps, kick_due);
	spread_count(entered, rdtsc());
	user_left(slot, answered, take_frame, regs);
}

const struct bridge bridge_split = {
	.run_user = run_user,
	.load_root = k_load_root,
	.place = k_place,
	.settle = k_settle,
	.retire = k_retire,
	.user_fp = k_user_fp,
	.read_fs = k_read_fs,
	.write_fs = k_write_fs,
};
