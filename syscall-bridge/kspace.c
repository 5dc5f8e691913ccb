// SPDX-License-Identifier: GPL-2.0-only
/*
 * K and its spaces.
 *
 * K is like a process of the in-place bridge that has only the kernel half.  When
 * the guest kernel returns to user mode, K gives registers to the space of the
 * current root, and waits for what comes of it.  K never leaves its process:
 * loading a root only means that another space is asked next time.
 *
 * What others can write is hostile.  K copies a field once, then checks it, and
 * never waits without a bound: after PATIENCE without an answer that is due the
 * monitor looks at the process (host/reap.c).  A guest task whose registers are lost
 * so gets a machine check; if it had not started running, K still has its
 * registers and uses another space.
 */
#include "syscall-bridge/k.h"
#include "syscall-bridge/sys.h"

#define PATIENCE	10000000	/* ns, twice: then the monitor is asked, each time */
#define ETIMEDOUT	110

#ifndef LOL_WEAK_KICK	/* for tests/attack/kick: what would happen without */
#define BOUND		((const s64[]){ 0, PATIENCE })
#else
#define BOUND		NULL
#endif

#define MAP_ANONYMOUS	0x20

struct kslot kslot[LOL_MAX_SPACES];
struct kcurrent current = { NO_ROOT, 0 };

/* The process that K bound is not there any more. */
bool gone(u32 slot)
{
	struct lol_space *space = space_at(slot);

	return READ_ONCE(space->state) != LOL_SPACE_BOUND || READ_ONCE(space->pid) != kslot[slot].pid;
}

/** kick_due - an interrupt is to be taken now */
bool kick_due(void)
{
	return vcpu->vif && READ_ONCE(vcpu->pending);
}

/*
 * A space does not do what it should; the monitor decides whether it could have.
 * @what: the same for complaints of the same silence.
 */
void complain(u32 slot, bool certain, u64 what)
{
	request(LOL_EXIT_KILL, slot, certain, what, 0, 0);
}

/*
 * Waits for a word of a space to become a value.  @urgent: whether silence is
 * a fault at the moment.  false: the process is gone.
 */
bool wait_for(u32 slot, u32 *word, u32 value, u32 *sleeps, bool (*urgent)(void))
{
	u64 since = rdtsc(), spin = sleeps && spinning() ? SPIN * tsc_us() : 0;
	u64 quiet = since, patience = PATIENCE / 1000 * tsc_us();
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
		ret = sys_futex_wait(word, seen, BOUND);
		if (sleeps)
			WRITE_ONCE(*sleeps, 0);
		if (gone(slot))
			return __atomic_load_n(word, __ATOMIC_ACQUIRE) == value;
		/* by the clock, too: a hostile user thread can wake us again and again */
		if (ret != -ETIMEDOUT && rdtsc() - quiet < patience)
			continue;
		quiet = rdtsc();
		if (!urgent()) {
			late = 0;
		} else if (++late >= 2) {
#ifndef LOL_WEAK_KICK
			complain(slot, false, value | (u64)!sleeps << 32);
#endif
			late = 1;
		}
	}
}

/**
 * user_begins - a space is about to run; its process gets the kicks
 * @slot: its
 *
 * Return: false if an interrupt is due first; then K goes on.
 */
bool user_begins(u32 slot)
{
	space_at(slot)->used = ++state->time;
#ifdef LOL_WEAK_KICK	/* any kick stops a tracee: it is to get none */
	if (bridge == &bridge_ptrace)
		return true;
#endif
	__atomic_store_n(&vcpu->holder, slot, __ATOMIC_SEQ_CST);
	/* a kick that is still on its way to K: the next one must not count on it */
	WRITE_ONCE(vcpu->kicked, 0);
	smp_mb();
	if (!kick_due())
		return true;
	__atomic_store_n(&vcpu->holder, own_slot, __ATOMIC_SEQ_CST);
	return false;
}

/** user_ended - K has the kicks again */
void user_ended(void)
{
	__atomic_store_n(&vcpu->holder, own_slot, __ATOMIC_SEQ_CST);
	WRITE_ONCE(vcpu->kicked, 0);
	smp_mb();	/* who has seen it set has set pending before, which is tested now */
}

void k_settle(struct place *p)
{
	if (gone(p->slot)) {
		kslot[p->slot].queued = 0;
		return;
	}
	if (!kslot[p->slot].queued)
		return;		/* nothing was taken away: nothing was mapped */
	publish(p->slot, false);
	await_agent(p->slot);
}

struct place *k_place(u64 root)
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

/* The current space will not run the user again: his vector state is in its memory only. */
static void leave_current(void)
{
	if (!fp_changed) {
		fetch_fp();
		fp_changed = true;
	}
	current.root = NO_ROOT;
}

/* Evicted or without a root: it lives on for a while, and must not reach anything. */
void k_retire(struct lol_space *space)
{
	u32 slot = space - space_at(0);

	if (current.root == vcpu->cr3 && current.slot == slot)
		leave_current();
	if (gone(slot))
		return;
	place_unmap(&kslot[slot].place, LOL_USER_START, LOL_USER_END);
	k_settle(&kslot[slot].place);
}

void k_load_root(struct lol_regs *regs, u64 root)
{
	(void)regs;
	vcpu->cr3 = root;
	current.root = NO_ROOT;
	if (!fp_changed)
		fp_here = false;
}

/* The slot of the current root, with a process in it. */
u32 current_slot(void)
{
	struct lol_space *space;
	struct kslot *k;
	u32 slot;

	if (current.root == vcpu->cr3) {
		if (!gone(current.slot))
			return current.slot;
		leave_current();	/* it was killed while it waited */
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
		k->enter = handoff(slot)->started = handoff(slot)->enter;
		k->sequence = ops_of(slot)->sequence;
		k->queued = 0;
		k->outstanding = k->has_fp = false;
		memset(&k->told, 0, sizeof(k->told));
		k->used = true;
	}
	current.root = vcpu->cr3;
	current.slot = space - space_at(0);
	return current.slot;
}

/* ---- life of a space, where K and the zygote have a part in it ---- */

/** k_reset - zygote: the slot is about to get a new process */
void k_reset(u32 slot)
{
	struct lol_handoff *h = handoff(slot);

	/* not started: K may yet have to ask whether the former process had begun to run */
	h->enter = h->leave = h->reason = 0;
	h->kernel_sleeps = h->user_sleeps = 0;
	memset(ops_of(slot), 0, sizeof(struct lol_ops));
	memset(done_of(slot), 0, sizeof(struct lol_done));
}

/** k_exit - zygote: the process of a slot that nobody uses any more ends */
void k_exit(u32 slot)
{
	struct lol_ops *ops = ops_of(slot);

	ops->op[0].kind = LOL_AGENT_EXIT;
	ops->count = 1;
	ops->pid = space_at(slot)->pid;
	__atomic_fetch_add(&ops->sequence, 1, __ATOMIC_SEQ_CST);
	sys_futex_wake(&ops->sequence);
}

/** k_setup - this process becomes K */
void k_setup(void)
{
	u64 size = (u64)max_spaces * sizeof(struct mm_tlb);
	long ret;

	ret = sys_mmap(LOL_WEDGE_TLBS, (size + 0xfff) & ~0xfffULL, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	if (SYS_ERROR(ret))
		give_up("mmap", ret);
	for (u32 i = 0; i < LOL_MAX_SPACES; i++)
		kslot[i].place = (struct place){ tlb_of(i), i };
	kuser_setup();
}

