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
 * What decides whether it pays to spin, microseconds per run: a short one gains two
 * switches of the host, a long one costs the wake of an idle CPU.
 */
#define GAIN		3
#define LOSS		60
#define WINDOW		10000

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
	info->arch = READ_ONCE(h->arch);
	info->call_address = READ_ONCE(h->call_address);
	*signal = READ_ONCE(h->signal);

	fp = (u64)uc->fpstate - (LOL_WEDGE_HANDOFF + LOL_HANDOFF_STACK);
	if (fp > LOL_HANDOFF_STACK_SIZE - xsave_size || fp % 64)
		return false;
	if (!check_user(uc, signal, READ_ONCE(h->fs_base), READ_ONCE(h->gs_base)))
		return false;
	kslot[slot].fp_offset = LOL_HANDOFF_STACK + fp;
	kslot[slot].has_fp = true;
	return true;
}

static void give(u32 slot, const struct lol_regs *regs)
{
	struct lol_handoff *h = handoff(slot);
	struct kslot *k = &kslot[slot];

	publish(slot);
	h->regs = *regs;
	h->cs = user_cs;
	h->fs_base = k_read_fs();
	h->gs_base = rdgsbase();
	h->needs = k->sequence;
	h->spin = spinning() ? SPIN * tsc_us() : 0;
	if (spinning())
		await_agent(slot);	/* which shares our CPU */
	ready_fp(k);
	h->load_fp = fp_changed;
	if (fp_changed) {
		memcpy(h->fp, fp_state, xsave_size);
		h->fp_mask = state->xsave_mask;
	}
}

/*
 * Would it pay to have user threads on another CPU?  Counts short and long stays on
 * both sides of the hand-over, and tells the monitor when the answer changes; it
 * knows whether a CPU is spare.
 */
static void measure(u64 entered, u64 left)
{
	static u64 start, last;
	static u32 quick, slow, streak;
	u64 us = tsc_us(), limit = SPIN * us;
	bool wanted;

	if (entered - last < limit && left - entered < limit)
		quick++;
	else
		slow += (entered - last >= limit) + (left - entered >= limit);
	last = left;
	if (left - start < WINDOW * us)
		return;
	wanted = quick * GAIN > slow * LOSS && quick * GAIN * 8 * us > left - start;
	start = left;
	quick = slow = 0;
	if (wanted == !!state->spread_wanted) {
		streak = 0;
	} else if (++streak > wanted) {
		state->spread_wanted = wanted;
		sys_ring(LOL_FD_EVENT);
	}
}

static void run_user(struct lol_regs *regs)
{
	u32 slot = current_slot(), signal;
	struct lol_handoff *h = handoff(slot);
	struct kslot *k = &kslot[slot];
	struct host_ucontext uc;
	struct host_siginfo info = { 0 };
	bool answered;
	u64 entered;

	give(slot, regs);
	if (!user_begins(slot))
		return;
	entered = rdtsc();
	k->enter++;
	__atomic_store_n(&h->enter, k->enter, __ATOMIC_SEQ_CST);
	if (READ_ONCE(h->user_sleeps))
		sys_futex_wake(&h->enter);
	answered = wait_for(slot, &h->leave, k->enter, &h->kernel_sleeps, kick_due);
	measure(entered, rdtsc());
	user_ended();

	if (!answered) {
		/* registers are lost only where the user may have changed them */
		if (READ_ONCE(h->started) == k->enter)
			machine_check(regs);
		return;
	}
	if (READ_ONCE(h->reason) == LOL_REASON_NOT_LEFT)
		return;
	fp_here = fp_changed = false;
	if (!take_frame(slot, &uc, &info, &signal)) {
		complain(slot, true, 0);
		machine_check(regs);
		return;
	}
	user_ran(signal, &info, &uc, regs);
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
