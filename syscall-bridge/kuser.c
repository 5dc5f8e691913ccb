// SPDX-License-Identifier: GPL-2.0-only
/*
 * The user's registers, in K.
 *
 * Vector state stays in the space's piece of the hand-over memory, where the host
 * put it.  Only when the guest kernel executes an instruction of the xsave family
 * is it copied, checked, and loaded into K's own registers, which K has no other
 * use for.
 *
 * General registers, segments, flags, trap number and fault address come from where
 * hostile code may have written them: nothing is taken that user mode cannot have.
 */
#include "syscall-bridge/k.h"
#include "syscall-bridge/sys.h"

#define XSTATE_BV	512
#define FLAGS_USER	0x254dd5ULL	/* what user code may have changed */

/* The user's vector state, when it is not (only) in the space. */
u8 fp_state[LOL_HANDOFF_FP_SIZE] __attribute__((aligned(64)));
bool fp_here;			/* fp_state is good */
bool fp_changed;		/* and the space's copy is not */
u32 xsave_size;			/* of the components of the guest */
static u32 mxcsr_mask = 0xffbf;
static u64 fs_base;

/** kuser_setup - this process becomes K */
void kuser_setup(void)
{
	u32 area[128] __attribute__((aligned(64))) = { 0 };

	xsave_size = READ_ONCE(((const struct lol_boot *)(LOL_WEDGE_RAM + LOL_GPA_BOOT))->xsave_size);
	if (xsave_size < 576 || xsave_size > LOL_HANDOFF_FP_SIZE)
		give_up("vector state of this size", -22 /* EINVAL */);
	asm volatile("fxsave64 %0" : "=m"(area));
	if (area[7])
		mxcsr_mask = area[7];
}

/** fetch_fp - makes fp_state hold it: valid for XRSTOR, whatever the space says. */
void fetch_fp(void)
{
	struct kslot *k;
	u64 *header = (u64 *)(fp_state + XSTATE_BV);

	if (fp_here)
		return;
	fp_here = true;
	if (current.root != vcpu->cr3) {
		struct lol_space *space = space_of_root(vcpu->cr3);

		k = space ? &kslot[space - space_at(0)] : NULL;
	} else {
		k = &kslot[current.slot];
	}
	if (!k || !k->has_fp) {
		memset(fp_state, 0, sizeof(fp_state));
		*(u16 *)fp_state = 0x37f;
		*(u32 *)(fp_state + 24) = 0x1f80;
		return;
	}
	memcpy(fp_state, piece(k - kslot) + k->fp_offset, 576);
	header[0] &= state->xsave_mask;
	if (header[0] >> 2)
		memcpy(fp_state + 576, piece(k - kslot) + k->fp_offset + 576,
		       xsave_size - 576);
	memset(header + 1, 0, 56);
	*(u32 *)(fp_state + 24) &= mxcsr_mask;
}

/**
 * ready_fp - the user is about to run
 * @k: where
 *
 * fp_changed says then whether fp_state is what it shall find.
 */
void ready_fp(const struct kslot *k)
{
	if (k->has_fp || fp_changed)
		return;
	fetch_fp();
	fp_changed = true;
}

int k_user_fp(void *area, u64 mask, u32 operation, void **fp)
{
	bool restores = operation == FP_XRSTOR || operation == FP_FXRSTOR;
	u64 all = state->xsave_mask;

	*fp = NULL;
	if (operation != FP_XRSTOR || (mask & all) != all) {
		fetch_fp();
		if (guarded_fp(fp_state, all, FP_XRSTOR))
			broken("vector state that cannot be restored, components",
			       *(u64 *)(fp_state + XSTATE_BV));
	}
	if (guarded_fp(area, mask, operation))
		return 1;
	if (restores) {
		memset(fp_state + XSTATE_BV, 0, 64);
		guarded_fp(fp_state, all, FP_XSAVE);
		fp_here = fp_changed = true;
	}
	return 0;
}

u64 k_read_fs(void)
{
	return fs_base;
}

void k_write_fs(u64 base)
{
	fs_base = base;
}

static bool canonical(u64 address)
{
	return (u64)((s64)(address << 16) >> 16) == address;
}

/* The user's registers are lost: its task gets vector 18. */
static void machine_check(struct lol_regs *regs)
{
	memset(regs, 0, sizeof(*regs));
	regs->rflags = FLAG_FIXED | FLAG_IF;
	user_cs = LOL_USER_CS;
	user_ss = LOL_USER_DS;
	wrgsbase(0);
	fs_base = 0;
	fp_here = fp_changed = false;
	current.root = NO_ROOT;
	vcpu->machine_check = 0;
	deliver(regs, VECTOR_MC, false, 0);
}

static bool trap_possible(u64 trap)
{
	return trap <= VECTOR_XM &&
	       (1U << trap & (1U << VECTOR_DE | 1U << VECTOR_DB | 1U << VECTOR_BP | 1U << VECTOR_OF |
			      1U << VECTOR_BR | 1U << VECTOR_UD | 1U << VECTOR_SS | 1U << VECTOR_GP |
			      1U << VECTOR_PF | 1U << VECTOR_MF | 1U << VECTOR_AC | 1U << VECTOR_XM));
}

#ifdef LOL_WEAK_FRAMES	/* for tests/attack/forge: what would happen without */
#define CHECKED		false
#else
#define CHECKED		true
#endif

/* What user code can have is left of @uc; false: it is too far from that. */
static bool plausible(struct host_ucontext *uc, const struct host_siginfo *info, u32 signal)
{
	u64 at = uc->regs.rip;

	if ((uc->cs != LOL_USER_CS && uc->cs != 0x23) || uc->ss != LOL_USER_DS)
		return false;
	/* a call leaves its instruction behind, the host's vsyscall page for any address */
	if (signal == SIGSYS)
		at = info->call_address >= LOL_USER_END ? info->call_address : at - 2;
	/* one above the user's half: it jumped there */
	if (!canonical(at))
		return false;
	uc->regs.rflags = (uc->regs.rflags & FLAGS_USER) | FLAG_FIXED | FLAG_IF;
	if (!canonical(uc->cr2))
		uc->cr2 = 0;
	uc->error &= 0xffff;
	return true;
}

/**
 * check_user - what a host reports of user code that it has stopped
 * @uc: general registers, cs, ss, trap number, error code and fault address; what is
 *	not as user code can have it is corrected
 * @info: of SIGSYS
 * @signal: likewise
 * @fs: base of FS
 * @gs: and of GS
 *
 * Return: false where no host would have reported that.
 */
bool check_user(struct host_ucontext *uc, const struct host_siginfo *info, u32 *signal, u64 fs,
		u64 gs)
{
	u8 byte;

	if (CHECKED && !plausible(uc, info, *signal))
		return false;
	fs_base = canonical(fs) ? fs : 0;
	wrgsbase(canonical(gs) ? gs : 0);

	switch (*signal) {
	case SIGUSR1:
	case SIGSYS:
		return true;
	case SIGBUS:
		/* guest RAM that cannot be had looks like this: then K has the same, and ends the guest */
		if (uc->trap != VECTOR_SS && uc->trap != VECTOR_AC) {
			guest_read(uc->cr2, &byte, sizeof(byte));
			uc->trap = VECTOR_PF;
			*signal = SIGSEGV;
		}
		return true;
	case SIGILL:
	case SIGTRAP:
	case SIGFPE:
	case SIGSEGV:
		if (trap_possible(uc->trap))
			return true;
		/* as from an instruction pointer that the wedge was entered by */
		uc->trap = VECTOR_GP;
		uc->error = 0;
		return true;
	default:
		return false;
	}
}

/**
 * user_left - a run of the user is over
 * @slot: where it was
 * @answered: false: its process is gone
 * @take: copies what the space says of it and checks that with check_user()
 * @regs: how the guest goes on
 */
void user_left(u32 slot, bool answered, take_user *take, struct lol_regs *regs)
{
	const struct lol_handoff *h = handoff(slot);
	struct host_siginfo info = { 0 };
	struct host_ucontext uc;
	u32 signal;

	user_ended();
	if (!answered) {
		/* registers are lost only where the user may have changed them */
		if (READ_ONCE(h->started) == kslot[slot].enter)
			machine_check(regs);
		return;
	}
	if (READ_ONCE(h->reason) == LOL_REASON_NOT_LEFT)
		return;
	/* the tracer says that; with split it would be the user */
	if (bridge == &bridge_ptrace && READ_ONCE(h->reason) == LOL_REASON_NOT_READY) {
		complain(slot, false, (u64)1 << 63 | kslot[slot].pid);
		return;
	}
	fp_here = fp_changed = false;
	if (!take(slot, &uc, &info, &signal)) {
		complain(slot, true, 0);
		machine_check(regs);
		return;
	}
	user_cs = uc.cs;
	user_ss = uc.ss;
	current_regs = &uc.regs;
	user_event(signal, &info, &uc);
	copy_regs(regs, &uc.regs);
	current_regs = regs;
}
