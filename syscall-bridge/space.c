// SPDX-License-Identifier: GPL-2.0-only
/*
 * A space in its turns: given a root by a vCPU, run, gone with its root.  How it
 * comes into being and ends is the zygote's business (zygote.c).
 *
 * The baton.  Of the spaces of a vCPU one runs: the holder.  A guest write to
 * CR3 puts the context into the vCPU page, names the next holder, increments
 * that space's turn word and wakes it; the old holder then waits for its own
 * turn word to change.  Everything else of the context is in guest RAM, kernel
 * stack included, which the old holder has left before.  A space that was
 * killed while it waited is simply made again: nothing but mappings was in it.
 *
 */
#include "syscall-bridge/bridge.h"
#include "syscall-bridge/sys.h"
#include "mm-emulation/mm.h"

#define RETIRED_AT_ONCE	4
#define EVICTED_AT_ONCE	4
#define PATIENCE	5	/* of 20 ms: then the monitor has a look at the zygote */
#define ETIMEDOUT	110

u32 own_slot, own_turn;

/** space_move - change the state of a slot, if it is what it is thought to be */
bool space_move(struct lol_space *space, u32 from, u32 to)
{
	return __atomic_compare_exchange_n(&space->state, &from, to, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/** pass_turn - wake the process of a space */
void pass_turn(struct lol_space *space)
{
	__atomic_fetch_add(&space->turn, 1, __ATOMIC_SEQ_CST);
	sys_futex_wake(&space->turn);
}

/**
 * space_of_root - the space that is this vCPU's TLB for a root
 * @root: guest-physical of the root page
 *
 * Return: NULL if there is none; then nothing of the root is mapped anywhere.
 */
struct lol_space *space_of_root(u64 root)
{
	u32 hint = state->root_hint[lol_root_hint(root)];
	struct lol_space *space;

	for (u32 i = 0; i <= state->max_spaces; i++) {
		/* the hint first, then all slots in order */
		u32 slot = i ? i - 1 : hint;

		if (slot >= state->max_spaces ||
		    (slot == LOL_KERNEL_SLOT && state->bridge != LOL_BRIDGE_IN_PLACE))
			continue;
		space = space_at(slot);
		if (space->root == root && READ_ONCE(space->state) == LOL_SPACE_BOUND &&
		    space->vcpu == vcpu->number) {
			state->root_hint[lol_root_hint(root)] = slot;
			return space;
		}
	}
	return NULL;
}

/*
 * The zygote need not know at once that a space was taken or has been retired, and to
 * wake it costs the guest time: not while half of the spare ones are left, nor for few to
 * be seen off, which the monitor sees to in the end.
 */
static bool few_left(void)
{
	u32 left = READ_ONCE(state->made) - __atomic_add_fetch(&state->taken, 1, __ATOMIC_SEQ_CST);

	return left <= state->spare_spaces / 2 || left > state->spare_spaces;
}

/** wake_zygote - there is something for it to see */
void wake_zygote(void)
{
	__atomic_fetch_add(&state->wanted, 1, __ATOMIC_SEQ_CST);
	sys_futex_wake(&state->wanted);
}

/*
 * A process that has little mapped for its user can serve another root, where the
 * bridge allows that: emptying it costs less than a fork and an exit of the host,
 * and its kernel half is filled already.  One that has much is better left to the
 * host's exit, which is not in the vCPU's way.  READY slots are taken in order, so
 * the low ones are those in use.
 */
#define REUSE_SLOTS	32
#define REUSE_VMAS	200

static bool reuse(struct lol_space *space)
{
	if (!bridge->reuse || space - space_at(0) >= REUSE_SLOTS || space->vmas > REUSE_VMAS ||
	    mm_budget_tight(state))
		return false;
	space->root = 0;	/* nobody queues flushes for it any more */
	tlb_drop_user(space);
	if (!space_move(space, LOL_SPACE_BOUND, LOL_SPACE_READY))
		return false;
	__atomic_fetch_add(&state->made, 1, __ATOMIC_SEQ_CST);
	return true;
}

/** retire_space - a space loses its root: it was only a cache, or the root is gone */
void retire_space(struct lol_space *space)
{
	bridge->retire(space);
	if (reuse(space))
		return;
	if (space_move(space, LOL_SPACE_BOUND, LOL_SPACE_RETIRED) &&
	    !(__atomic_add_fetch(&state->retired, 1, __ATOMIC_SEQ_CST) % RETIRED_AT_ONCE))
		wake_zygote();
}

/* The space that ran longest ago is only a cache.  false: there is none. */
static bool evict_oldest(void)
{
	struct lol_space *oldest = NULL, *space;

	for (u32 slot = 0; slot < state->max_spaces; slot++) {
		space = space_at(slot);
		if (slot == own_slot || READ_ONCE(space->state) != LOL_SPACE_BOUND)
			continue;
		if (!oldest || space->used < oldest->used)
			oldest = space;
	}
	if (oldest)
		retire_space(oldest);
	return oldest;
}

/*
 * Make room, for several where there are many: the zygote then makes the next ones
 * while the guest runs, and not every task waits for its own.  false: there is none.
 */
static bool evict(void)
{
	u32 most = state->max_spaces / 4, evicted = 0;

	if (most > EVICTED_AT_ONCE)
		most = EVICTED_AT_ONCE;
	while (evict_oldest() && ++evicted < most)
		;
	return evicted;
}

static bool slots_exhausted(void)
{
	for (u32 slot = 0; slot < state->max_spaces; slot++) {
		u32 s = READ_ONCE(space_at(slot)->state);

		if (s != LOL_SPACE_BOUND)
			return false;	/* free, on its way, or on its way out */
	}
	return true;
}

/* A READY space becomes this root's.  NULL: there is none. */
static struct lol_space *take_ready(u64 root)
{
	for (u32 slot = 0; slot < state->max_spaces; slot++) {
		struct lol_space *space = space_at(slot);

		if (READ_ONCE(space->state) != LOL_SPACE_READY)
			continue;
		/* TAKEN first: nobody else looks at the root before BOUND */
		if (!space_move(space, LOL_SPACE_READY, LOL_SPACE_TAKEN))
			continue;
		space->root = root;
		space->vcpu = vcpu->number;
		/* the monitor, which has seen its end meanwhile, would not see it again */
		if (!space_move(space, LOL_SPACE_TAKEN, LOL_SPACE_BOUND))
			continue;
		state->root_hint[lol_root_hint(root)] = slot;
		return space;
	}
	return NULL;
}

/*
 * Waits until one becomes READY, or 20 ms.
 * @seen: state->made before there was none
 * @late: how often that was in vain
 */
static void await_ready(u32 seen, u32 *late)
{
	/* those that died count no more */
	__atomic_store_n(&state->taken, seen, __ATOMIC_SEQ_CST);
	wake_zygote();
	if (sys_futex_wait(&state->made, seen, (const s64[]){ 0, 20000000 }) != -ETIMEDOUT || ++*late < PATIENCE)
		return;
	request(LOL_EXIT_SPACE, 0, 0, 0, 0, 0);
	*late = 0;
}

/*
 * While it waits for a space the vCPU does nothing for the task that is current: the
 * guest is told, so that its scheduler charges nobody.  Without that a task whose
 * space takes as long as a time slice loses the CPU before it has run.
 */
static void count_stolen(u64 ticks)
{
	volatile __u64 *stolen = &clock_page->stolen[vcpu->number % LOL_MAX_VCPUS];

	if ((s64)ticks > 0)
		*stolen += (u64)(((unsigned __int128)ticks * clock_page->mult) >> 32);
}

/**
 * bind_space - give a root a space of its own
 * @root: guest-physical of the root page; has none
 *
 * Waits for the zygote if it must.
 */
struct lol_space *bind_space(u64 root)
{
	struct lol_space *space;
	u64 since = 0;
	u32 made, late = 0;

	for (;;) {
		made = __atomic_load_n(&state->made, __ATOMIC_ACQUIRE);
		space = take_ready(root);
		if (space)
			break;
		if (!since)
			since = rdtsc();
		if ((slots_exhausted() || __atomic_exchange_n(&state->refused, 0, __ATOMIC_SEQ_CST)) && evict())
			late = 0;
		await_ready(made, &late);
	}
	if (since)
		count_stolen(rdtsc() - since);
	if (few_left())
		wake_zygote();
	return space;
}

static void run_context(void);

/* Called by wait_turn() on an empty stack. */
noreturn void run_at_turn(void)
{
	struct lol_space *space = space_at(own_slot);

	/*
	 * A turn may come twice (host/reap.c), or have been meant for the process that was
	 * here before: it counts only with a context that nobody has taken yet.
	 */
	do {
		while (__atomic_load_n(&space->turn, __ATOMIC_ACQUIRE) == own_turn)
			sys_futex_wait(&space->turn, own_turn, NULL);
		own_turn = __atomic_load_n(&space->turn, __ATOMIC_ACQUIRE);
		if (READ_ONCE(space->state) == LOL_SPACE_DYING)
			sys_exit(0);
	} while (READ_ONCE(space->state) != LOL_SPACE_BOUND || READ_ONCE(vcpu->holder) != own_slot ||
		 !READ_ONCE(vcpu->regs_valid));
	run_context();
	__builtin_unreachable();
}

/* The baton is here: take the context over and go on with it. */
static void run_context(void)
{
	/* above this function's own frame: wait_turn() leaves that room */
	struct lol_regs *regs = (struct lol_regs *)(wedge_stack + WEDGE_STACK - sizeof(*regs));

	static bool warm;

	tlb_flush_queued();
	if (!warm)
		tlb_prefetch();
	warm = true;
	*regs = vcpu->regs;
	wrgsbase(vcpu->gs_base);
	WRITE_ONCE(vcpu->regs_valid, 0);
	WRITE_ONCE(vcpu->kicked, 0);
	smp_mb();
	if (vcpu->machine_check) {
		vcpu->machine_check = 0;
		user_cs = LOL_USER_CS;
		user_ss = LOL_USER_DS;
		deliver(regs, VECTOR_MC, false, 0);
	}
	resume(regs, NULL);
}

/**
 * switch_root - a guest write to CR3 that changes the root
 * @regs: the context that continues there
 * @root: guest-physical of the root page
 *
 * Does not return here: it does so in the process of that space.
 */
void switch_root(struct lol_regs *regs, u64 root)
{
	struct lol_space *space = space_of_root(root);

	if (!space)
		space = bind_space(root);
	vcpu->cr3 = root;
	space->used = ++state->time;
	space_at(own_slot)->vmas = tlb_vmas();
	vcpu->regs = *regs;
	vcpu->gs_base = rdgsbase();
	WRITE_ONCE(vcpu->regs_valid, 1);
	__atomic_store_n(&vcpu->holder, (u32)(space - space_at(0)), __ATOMIC_SEQ_CST);
	pass_turn(space);
	wait_turn();
}

/**
 * root_gone - LOL_SERVICE_ROOT_GONE
 * @root: not the current one
 */
void root_gone(u64 root)
{
	struct lol_space *space = space_of_root(root);

	if (space && space != space_at(own_slot))
		retire_space(space);
}
