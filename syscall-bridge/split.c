// SPDX-License-Identifier: GPL-2.0-only
/*
 * The split bridge, seen from K.
 *
 * K gives registers and segment bases to the space of the current root, waits until
 * its user thread (user.c) tells of a host signal, checks that, and makes of it the
 * event it is (signal.c).  A frame that no host would have written gets the space
 * killed, as does silence while a kick is due.
 *
 * The user's vector state stays where the host put it when the signal came, on the
 * space's signal stack.
 */
#include "syscall-bridge/k.h"
#include "syscall-bridge/sys.h"

/* Brings what is known of the user thread up to date; it can tell what it likes. */
static void hear(const struct lol_handoff *h, struct lol_told *told)
{
	u32 changed = READ_ONCE(h->changed) & ((1U << LOL_TOLD_WORDS) - 1);

	for (u32 n = 0; changed; changed &= changed - 1, n++)
		((u64 *)told)[__builtin_ctz(changed)] = READ_ONCE(h->told[n]);
}

/* What the user thread says of its stop.  false: no host would have put it so. */
static bool take_told(u32 slot, struct host_ucontext *uc, struct host_siginfo *info, u32 *signal)
{
	const struct lol_handoff *h = handoff(slot);
	struct lol_told *told = &kslot[slot].told;

	*signal = READ_ONCE(h->signal);
	hear(h, told);
	copy_regs(&uc->regs, &told->regs);
	uc->cs = told->cs;
	uc->ss = told->ss;
	uc->error = told->error;
	uc->trap = told->trap;
	uc->cr2 = told->cr2;
	info->arch = told->arch;
	info->call_address = told->call_address;
	if (told->fp > LOL_HANDOFF_STACK_SIZE - xsave_size || told->fp % 64)
		return false;
	if (!check_user(uc, info, signal, told->fs_base, told->gs_base))
		return false;
	kslot[slot].fp_offset = LOL_HANDOFF_STACK + told->fp;
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
	h->keep = k->has_fp && same_but_rax(regs, &k->told.regs);
	if (h->keep)
		h->rax = regs->rax;
	else
		copy_regs(&h->regs, regs);
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

	/* its fences come before the registers: those are on their way to the other CPU then */
	if (!user_begins(slot))
		return;
	give(slot, regs);
	k->enter++;
	__atomic_store_n(&h->enter, k->enter, __ATOMIC_RELEASE);
	smp_mb();
	/* what is to be mapped first is the agent's, and then the user's turn: a switch less */
	if (k->queued)
		publish(slot, true);
	else if (READ_ONCE(h->user_sleeps))
		sys_futex_wake(&h->enter);
	spread_count();
	answered = wait_for(slot, &h->leave, k->enter, &h->kernel_sleeps, kick_due);
	user_left(slot, answered, take_told, regs);
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
