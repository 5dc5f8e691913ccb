// SPDX-License-Identifier: GPL-2.0-only
/*
 * The split bridge, seen from K: the process of a vCPU that runs the guest kernel.
 *
 * K is like a process of the in-place bridge that has only the kernel half.  When
 * the guest kernel returns to user mode, K gives registers and segment bases to
 * the space of the current root, waits until its user thread comes back with a
 * host signal frame, checks that, and makes of it the event it is (signal.c).
 * K never leaves its process: loading a root only means that another space is
 * asked next time.
 *
 * What the space can write is hostile.  K copies a field once, then checks it; a
 * frame that no host would have written gets the space killed, as does silence:
 * K never waits without a bound, and after PATIENCE without an answer to a kick or
 * to a batch the monitor looks at the process (host/reap.c).  A guest task whose
 * registers are lost so gets a machine check; if it had not started running, K
 * still has its registers and uses another space.
 *
 * Mappings.  K keeps the books of every space (struct mm_tlb) and queues
 * operations in the space's page of them.  What maps is carried out before the
 * user runs again: the user thread itself waits for it, K does not.  What takes
 * away is carried out before the flush that asks for it returns, although nobody
 * should run in the space then: a hostile user thread might run all the same, and
 * the pages are about to be others'.
 *
 * The user's vector state stays where the host put it when the signal came, on
 * the space's signal stack.  Only when the guest kernel executes an instruction
 * of the xsave family is it copied, checked, and loaded into K's own registers,
 * which K has no other use for.
 */
#include "syscall-bridge/bridge.h"
#include "syscall-bridge/frame.h"
#include "syscall-bridge/handoff.h"
#include "syscall-bridge/sys.h"
#include "mm-emulation/mm.h"

#define PATIENCE	25000000	/* ns, twice: then the monitor is asked */
#define EAGAIN		11
#define ETIMEDOUT	110
#define NO_ROOT		(~0ULL)

#define MAP_ANONYMOUS	0x20

#define FLAGS_USER	0x254dd5ULL	/* what user code may have changed */

/*
 * Spinning, microseconds: what passes for a short run.  And what decides whether it
 * pays, per run: a short one gains two switches of the host, a long one costs the
 * wake of an idle CPU.
 */
#define SPIN		30
#define GAIN		3
#define LOSS		60
#define WINDOW		10000

/* What K knows of a slot, and nobody else can change. */
static struct kslot {
	u32 pid;		/* of the process that it was bound to a root with; 0: none */
	u32 enter;		/* last number given */
	u32 sequence;		/* of the last batch published */
	u32 queued;		/* operations in the batch to come */
	bool outstanding;	/* a batch was published and not seen to be done */
	bool used;		/* its memory holds traces of a former process */
	bool has_fp;		/* it has user's vector state at fp_offset of the stack */
	u32 fp_offset;
	struct place place;
} kslot[LOL_MAX_SPACES];

static struct {
	u64 root;
	u32 slot;
} current = { NO_ROOT, 0 };

/* The user's vector state, when it is not (only) in the space. */
static u8 fp_state[LOL_HANDOFF_FP_SIZE] __attribute__((aligned(64)));
static bool fp_here;		/* fp_state is good */
static bool fp_changed;		/* and the space's copy is not */
static u32 mxcsr_mask = 0xffbf;
static u64 fs_base;
static u32 xsave_size;		/* of the components of the guest */

static u8 *piece(u32 slot)
{
	return (u8 *)LOL_WEDGE_HANDOFFS + (u64)slot * LOL_HANDOFF_STRIDE;
}

static struct lol_handoff *handoff(u32 slot)
{
	return (struct lol_handoff *)piece(slot);
}

static struct lol_ops *ops_of(u32 slot)
{
	return (struct lol_ops *)(piece(slot) + LOL_HANDOFF_OPS);
}

static struct lol_done *done_of(u32 slot)
{
	return (struct lol_done *)(piece(slot) + LOL_HANDOFF_DONE);
}

static struct mm_tlb *tlb_of(u32 slot)
{
	return (struct mm_tlb *)LOL_WEDGE_TLBS + slot;
}

/* The process that K bound is not there any more. */
static bool gone(u32 slot)
{
	struct lol_space *space = space_at(slot);

	return READ_ONCE(space->state) != LOL_SPACE_BOUND || READ_ONCE(space->pid) != kslot[slot].pid;
}

/* User threads have a host CPU of their own, which nobody else wants. */
static bool spinning(void)
{
	return READ_ONCE(state->user_cpu);
}

static u64 tsc_us(void)
{
	return clock_page->tsc_khz / 1000;
}

/*
 * A space does not do what it should; the monitor decides whether it could have.
 * @what: the same for complaints of the same silence.
 */
static void complain(u32 slot, bool certain, u64 what)
{
	request(LOL_EXIT_KILL, slot, certain, what, 0, 0);
}

/*
 * Waits for a word of a space to become a value.  @urgent: whether silence is
 * a fault at the moment.  false: the process is gone.
 */
static bool wait_for(u32 slot, u32 *word, u32 value, u32 *sleeps, bool (*urgent)(void))
{
	u64 since = rdtsc(), spin = sleeps && spinning() ? SPIN * tsc_us() : 0;
	u32 late = 0, seen;
	long ret;

	for (;;) {
		seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
		if (seen == value)
			return true;
		if (spin && rdtsc() - since < spin) {
			asm volatile("pause");
			continue;
		}
		if (sleeps) {
			__atomic_store_n(sleeps, 1, __ATOMIC_SEQ_CST);
			seen = __atomic_load_n(word, __ATOMIC_SEQ_CST);
			if (seen == value) {
				WRITE_ONCE(*sleeps, 0);
				return true;
			}
		}
		ret = sys_futex_wait(word, seen, (const s64[]){ 0, PATIENCE });
		if (sleeps)
			WRITE_ONCE(*sleeps, 0);
		if (gone(slot))
			return __atomic_load_n(word, __ATOMIC_ACQUIRE) == value;
		if (ret != -ETIMEDOUT)
			continue;
		if (!urgent()) {
			late = 0;
		} else if (++late >= 2) {
#ifndef LOL_WEAK_KICK	/* for tests/attack/kick: what would happen without */
			complain(slot, false, value | (u64)!sleeps << 32);
#endif
			late = 1;
		}
	}
}

static bool always(void)
{
	return true;
}

static bool kick_due(void)
{
	return vcpu->vif && READ_ONCE(vcpu->pending);
}

/* ---- operations for the agent ---- */

static void publish(u32 slot)
{
	struct kslot *k = &kslot[slot];
	struct lol_ops *ops = ops_of(slot);

	if (!k->queued)
		return;
	ops->count = k->queued;
	k->queued = 0;
	k->sequence++;
	ops->good = (u64)k->sequence << 32;
	ops->bad = (u64)k->sequence << 32 | 1;
	/* not for another process that may have got the slot meanwhile: its agent ignores it */
	ops->pid = k->pid;
	k->outstanding = true;
	__atomic_store_n(&ops->sequence, k->sequence, __ATOMIC_SEQ_CST);
	sys_futex_wake(&ops->sequence);
}

/* The agent has done what was published.  false: nothing is mapped there any more. */
static bool await_agent(u32 slot)
{
	struct kslot *k = &kslot[slot];
	static bool recovering;

	if (!k->outstanding)
		return true;
	k->outstanding = false;
	if (!wait_for(slot, &done_of(slot)->sequence, k->sequence, NULL, always) ||
	    !READ_ONCE(done_of(slot)->failed))
		return true;
	/* the host ran out of something, VMAs most likely: start with nothing */
	if (recovering) {
		complain(slot, true, 0);
		return true;
	}
	recovering = true;
	k->queued = 0;
	mm_tlb_clear(tlb_of(slot));
	split_munmap(slot, LOL_USER_START, LOL_USER_END - LOL_USER_START);
	publish(slot);
	await_agent(slot);
	recovering = false;
	return false;
}

/* Adds an operation to the batch.  -EAGAIN, and not: the space has been emptied. */
static long queue(u32 slot, u32 kind, u32 prot, u64 start, u64 length, u64 offset)
{
	struct kslot *k = &kslot[slot];
	struct lol_ops *ops = ops_of(slot);
	struct lol_op *op;

	/* the page is the agent's until it has done what is in it */
	if (k->queued == LOL_AGENT_OPS)
		publish(slot);
	if (!k->queued && !await_agent(slot))
		return -EAGAIN;
	if (k->queued) {
		op = &ops->op[k->queued - 1];
		if (op->kind == kind && op->prot == prot && op->start + op->length == start &&
		    (kind != LOL_AGENT_MMAP || op->offset + op->length == offset)) {
			op->length += length;
			return 0;
		}
	}
	op = &ops->op[k->queued++];
	op->kind = kind;
	op->prot = prot;
	op->start = start;
	op->length = length;
	op->offset = offset;
	return 0;
}

long split_mmap(u32 slot, u64 va, u64 length, u32 prot, u64 gpa)
{
	return queue(slot, LOL_AGENT_MMAP, prot, va, length, gpa);
}

long split_munmap(u32 slot, u64 start, u64 length)
{
	queue(slot, LOL_AGENT_MUNMAP, 0, start, length, 0);
	return 0;		/* emptied is as good */
}

long split_mprotect(u32 slot, u64 start, u64 length, u32 prot)
{
	return queue(slot, LOL_AGENT_MPROTECT, prot, start, length, 0);
}

static void settle(struct place *p)
{
	if (gone(p->slot)) {
		kslot[p->slot].queued = 0;
		return;
	}
	if (!kslot[p->slot].queued)
		return;		/* nothing was taken away: nothing was mapped */
	publish(p->slot);
	await_agent(p->slot);
}

static struct place *place(u64 root)
{
	struct lol_space *space;
	u32 slot;

	if (root == current.root && !gone(current.slot))
		return &kslot[current.slot].place;
	space = space_of_root(root);
	if (!space)
		return NULL;
	slot = space - space_at(0);
	return gone(slot) ? NULL : &kslot[slot].place;
}

/* Evicted or without a root: it lives on for a while, and must not reach anything. */
static void retire(struct lol_space *space)
{
	u32 slot = space - space_at(0);

	if (current.slot == slot)
		current.root = NO_ROOT;
	if (gone(slot))
		return;
	place_unmap(&kslot[slot].place, LOL_USER_START, LOL_USER_END);
	settle(&kslot[slot].place);
}

/* ---- life of a space, where K and the zygote have a part in it ---- */

/** split_reset - zygote: the slot is about to get a new process */
void split_reset(u32 slot)
{
	struct lol_handoff *h = handoff(slot);

	h->enter = h->leave = h->started = h->reason = 0;
	h->kernel_sleeps = h->user_sleeps = 0;
	memset(ops_of(slot), 0, sizeof(struct lol_ops));
	memset(done_of(slot), 0, sizeof(struct lol_done));
}

/** split_exit - zygote: the process of a slot that nobody uses any more ends */
void split_exit(u32 slot)
{
	struct lol_ops *ops = ops_of(slot);

	ops->op[0].kind = LOL_AGENT_EXIT;
	ops->count = 1;
	ops->pid = space_at(slot)->pid;
	__atomic_fetch_add(&ops->sequence, 1, __ATOMIC_SEQ_CST);
	sys_futex_wake(&ops->sequence);
}

/** split_setup - this process becomes K */
void split_setup(void)
{
	u64 size = (u64)state->max_spaces * sizeof(struct mm_tlb);
	u32 area[128] __attribute__((aligned(64))) = { 0 };
	long ret;

	ret = sys_mmap(LOL_WEDGE_TLBS, (size + 0xfff) & ~0xfffULL, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	if (SYS_ERROR(ret)) {
		state->fatal = -ret;
		sys_exit(1);
	}
	for (u32 i = 0; i < LOL_MAX_SPACES; i++)
		kslot[i].place = (struct place){ tlb_of(i), i };
	xsave_size = ((const struct lol_boot *)(LOL_WEDGE_RAM + LOL_GPA_BOOT))->xsave_size;
	if (xsave_size < 576 || xsave_size > LOL_HANDOFF_FP_SIZE) {
		state->fatal = 22;	/* EINVAL */
		sys_exit(1);
	}
	asm volatile("fxsave64 %0" : "=m"(area));
	if (area[7])
		mxcsr_mask = area[7];
}

static void fetch_fp(void);

/* The slot of the current root, with a process in it. */
static u32 current_slot(void)
{
	struct lol_space *space;
	struct kslot *k;
	u32 slot;

	if (current.root == vcpu->cr3) {
		if (!gone(current.slot))
			return current.slot;
		/* it was killed while it waited: its memory still holds the vector state */
		if (!fp_changed) {
			fetch_fp();
			fp_changed = true;
		}
	}
	space = space_of_root(vcpu->cr3);
	if (!space || gone(space - space_at(0))) {
		space = bind_space(vcpu->cr3);
		slot = space - space_at(0);
		k = &kslot[slot];
		if (k->used) {
			mm_tlb_clear(tlb_of(slot));
			memset(piece(slot) + LOL_HANDOFF_STACK, 0, LOL_HANDOFF_STACK_SIZE);
			memset(&handoff(slot)->regs, 0,
			       sizeof(struct lol_handoff) - __builtin_offsetof(struct lol_handoff, regs));
		}
		k->pid = space->pid;
		k->enter = handoff(slot)->enter;
		k->sequence = ops_of(slot)->sequence;
		k->queued = 0;
		k->outstanding = k->has_fp = false;
		k->used = true;
	}
	current.root = vcpu->cr3;
	current.slot = space - space_at(0);
	return current.slot;
}

/* ---- the user's vector state and FS base ---- */

#define XSTATE_BV	512

/* Makes fp_state hold it: valid for XRSTOR, whatever the space says. */
static void fetch_fp(void)
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
	memcpy(fp_state, piece(k - kslot) + LOL_HANDOFF_STACK + k->fp_offset, 576);
	header[0] &= state->xsave_mask;
	if (header[0] >> 2)
		memcpy(fp_state + 576, piece(k - kslot) + LOL_HANDOFF_STACK + k->fp_offset + 576,
		       xsave_size - 576);
	memset(header + 1, 0, 56);
	*(u32 *)(fp_state + 24) &= mxcsr_mask;
}

static int user_fp(void *area, u64 mask, u32 operation, void **fp)
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

static u64 read_fs(void)
{
	return fs_base;
}

static void write_fs(u64 base)
{
	fs_base = base;
}

/* ---- running the user ---- */

static bool canonical(u64 address)
{
	return (u64)((s64)(address << 16) >> 16) == address;
}

static void load_root(struct lol_regs *regs, u64 root)
{
	(void)regs;
	vcpu->cr3 = root;
	current.root = NO_ROOT;
	if (!fp_changed)
		fp_here = false;
}

/* The user's registers are lost. */
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

/*
 * Takes what the user thread left: a frame of the host's, or something that
 * pretends to be one.  false: no host would have written it.
 */
static bool take_frame(u32 slot, struct host_ucontext *uc, struct host_siginfo *info, u32 *signal)
{
	const struct lol_handoff *h = handoff(slot);
	u32 at = READ_ONCE(h->frame);
	u64 fp, gs;

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
#ifndef LOL_WEAK_FRAMES	/* for tests/attack/forge: what would happen without */
	if ((uc->cs != LOL_USER_CS && uc->cs != 0x23) || uc->ss != LOL_USER_DS)
		return false;
	if (uc->regs.rip >> 47 && *signal != SIGSYS)
		return false;
#endif
	kslot[slot].fp_offset = fp;
	kslot[slot].has_fp = true;

#ifndef LOL_WEAK_FRAMES
	uc->regs.rflags = (uc->regs.rflags & FLAGS_USER) | FLAG_FIXED | FLAG_IF;
	if (!canonical(uc->cr2))
		uc->cr2 = 0;
	uc->error &= 0xffff;
#endif
	fs_base = READ_ONCE(h->fs_base);
	if (!canonical(fs_base))
		fs_base = 0;
	gs = READ_ONCE(h->gs_base);
	wrgsbase(canonical(gs) ? gs : 0);

	switch (*signal) {
	case SIGUSR1:
	case SIGSYS:
		return true;
	case SIGBUS:
		/* guest RAM that cannot be had looks like this; K will see when it tries itself */
		if (uc->trap != VECTOR_SS && uc->trap != VECTOR_AC) {
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

static void give(u32 slot, const struct lol_regs *regs)
{
	struct lol_handoff *h = handoff(slot);
	struct kslot *k = &kslot[slot];

	publish(slot);
	h->regs = *regs;
	h->cs = user_cs;
	h->fs_base = fs_base;
	h->gs_base = rdgsbase();
	h->needs = k->sequence;
	h->spin = spinning() ? SPIN * tsc_us() : 0;
	if (spinning())
		await_agent(slot);	/* which shares our CPU */
	if (!k->has_fp && !fp_changed) {
		fetch_fp();
		fp_changed = true;
	}
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

	space_at(slot)->used = ++state->time;
	give(slot, regs);
	/* kicks are the space's from now on; what came before is seen here */
	__atomic_store_n(&vcpu->holder, slot, __ATOMIC_SEQ_CST);
	smp_mb();
	if (vcpu->vif && READ_ONCE(vcpu->pending)) {
		__atomic_store_n(&vcpu->holder, own_slot, __ATOMIC_SEQ_CST);
		return;
	}
	entered = rdtsc();
	k->enter++;
	__atomic_store_n(&h->enter, k->enter, __ATOMIC_SEQ_CST);
	if (READ_ONCE(h->user_sleeps))
		sys_futex_wake(&h->enter);
	answered = wait_for(slot, &h->leave, k->enter, &h->kernel_sleeps, kick_due);
	measure(entered, rdtsc());
	__atomic_store_n(&vcpu->holder, own_slot, __ATOMIC_SEQ_CST);
	smp_mb();
	WRITE_ONCE(vcpu->kicked, 0);

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
	user_cs = uc.cs;
	user_ss = uc.ss;
	current_regs = &uc.regs;
	user_event(signal, &info, &uc);
	*regs = uc.regs;
	current_regs = regs;
}

const struct bridge bridge_split = {
	.run_user = run_user,
	.load_root = load_root,
	.place = place,
	.settle = settle,
	.retire = retire,
	.user_fp = user_fp,
	.read_fs = read_fs,
	.write_fs = write_fs,
};
