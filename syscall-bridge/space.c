// SPDX-License-Identifier: GPL-2.0-only
/*
 * Life of a space: made by the zygote, given a root by a vCPU, run in turns,
 * gone with its root.
 *
 * The baton.  Of the spaces of a vCPU one runs: the holder.  A guest write to
 * CR3 puts the context into the vCPU page, names the next holder, increments
 * that space's turn word and wakes it; the old holder then waits for its own
 * turn word to change.  Everything else of the context is in guest RAM, kernel
 * stack included, which the old holder has left before.  A space that was
 * killed while it waited is simply made again: nothing but mappings was in it.
 *
 *	zygote:	FREE -> STARTING, fork, READY		(spare_spaces of them)
 *	vCPU:	READY -> BOUND to a root, turn		(first load of that root)
 *	vCPU:	BOUND -> DYING, turn			(root gone, or slot wanted)
 *	monitor: reaped -> FREE
 */
#include "syscall-bridge/wedge.h"
#include "syscall-bridge/sys.h"

#define PR_SET_PDEATHSIG	1
#define CLONE_PARENT		0x00008000
#define SIGCHLD			17
#define SIGKILL			9
#define ESRCH			3

u32 own_slot;
static u32 own_turn;

static bool space_move(struct lol_space *space, u32 from, u32 to)
{
	return __atomic_compare_exchange_n(&space->state, &from, to, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static void pass_turn(struct lol_space *space)
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

		if (slot >= state->max_spaces)
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

static void retire(struct lol_space *space)
{
	if (space_move(space, LOL_SPACE_BOUND, LOL_SPACE_DYING))
		pass_turn(space);
}

/* Make room: the space that ran longest ago is only a cache. */
static void evict_oldest(void)
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
		retire(oldest);
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

static struct lol_space *bind(u64 root)
{
	struct lol_space *space;
	u32 made;

	for (;;) {
		made = __atomic_load_n(&state->made, __ATOMIC_ACQUIRE);
		for (u32 slot = 0; slot < state->max_spaces; slot++) {
			space = space_at(slot);
			if (READ_ONCE(space->state) != LOL_SPACE_READY)
				continue;
			/* the root is set first: nobody else looks at it before BOUND */
			if (!space_move(space, LOL_SPACE_READY, LOL_SPACE_STARTING))
				continue;
			tlb_reset(space);
			space->root = root;
			space->vcpu = vcpu->number;
			__atomic_store_n(&space->state, LOL_SPACE_BOUND, __ATOMIC_SEQ_CST);
			state->root_hint[lol_root_hint(root)] = slot;
			__atomic_fetch_add(&state->wanted, 1, __ATOMIC_SEQ_CST);
			sys_futex_wake(&state->wanted);
			return space;
		}
		if (slots_exhausted())
			evict_oldest();
		__atomic_fetch_add(&state->wanted, 1, __ATOMIC_SEQ_CST);
		sys_futex_wake(&state->wanted);
		sys_futex_wait(&state->made, made, (const s64[]){ 0, 20000000 });
	}
}

static void run_context(void);

/* Called by wait_turn() on an empty stack. */
noreturn void run_at_turn(void)
{
	struct lol_space *space = space_at(own_slot);

	while (__atomic_load_n(&space->turn, __ATOMIC_ACQUIRE) == own_turn)
		sys_futex_wait(&space->turn, own_turn, NULL);
	own_turn = space->turn;
	if (READ_ONCE(space->state) == LOL_SPACE_DYING)
		sys_exit(0);
	run_context();
	__builtin_unreachable();
}

/* The baton is here: take the context over and go on with it. */
static void run_context(void)
{
	/* above this function's own frame: wait_turn() leaves that room */
	struct lol_regs *regs = (struct lol_regs *)(wedge_stack + WEDGE_STACK - sizeof(*regs));

	tlb_flush_queued();
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
		space = bind(root);
	vcpu->cr3 = root;
	space->used = ++state->time;
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
		retire(space);
}

static void host_cpu_follow(void)
{
	s32 cpu = state->host_cpu[vcpu->number];
	u64 mask[16] = { 0 };

	if (cpu < 0 || cpu >= 1024)
		return;
	mask[cpu / 64] = 1ULL << cpu % 64;
	/* not possible, not needed: the cpuset may just have changed */
	sys3(__NR_sched_setaffinity, 0, sizeof(mask), (long)mask);
}

static noreturn void space_main(u32 slot)
{
	long ret;

	own_slot = slot;
	sys3(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0);
	if ((u32)sys3(__NR_getppid, 0, 0, 0) != state->monitor)
		sys_exit(1);		/* it died before we could ask to follow it */
	host_cpu_follow();
	ret = filter_load();
	if (SYS_ERROR(ret)) {
		state->fatal = -ret;
		sys_exit(1);
	}
	wait_turn();
}

static void make(u32 slot)
{
	struct lol_space *space = space_at(slot);
	long pid;

	if (!space_move(space, LOL_SPACE_FREE, LOL_SPACE_STARTING))
		return;
	own_turn = space->turn;		/* for the child: a vCPU may pass it the baton before it runs */
	space->root = 0;
	space->vcpu = 0;
	space->used = 0;
	pid = sys6(__NR_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0, 0);
	if (!pid)
		space_main(slot);
	if (SYS_ERROR(pid)) {
		/* no processes left: try again when somebody wants one */
		space_move(space, LOL_SPACE_STARTING, LOL_SPACE_FREE);
		return;
	}
	space->pid = pid;
	__atomic_store_n(&space->state, LOL_SPACE_READY, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&state->made, 1, __ATOMIC_SEQ_CST);
	sys_futex_wake(&state->made);
}

static void zygote_loop(void)
{
	u32 wanted, ready, free;

	for (;;) {
		wanted = __atomic_load_n(&state->wanted, __ATOMIC_ACQUIRE);
		do {
			ready = 0;
			free = state->max_spaces;
			for (u32 slot = 0; slot < state->max_spaces; slot++) {
				u32 s = READ_ONCE(space_at(slot)->state);

				if (s == LOL_SPACE_READY)
					ready++;
				else if (s == LOL_SPACE_FREE && free == state->max_spaces)
					free = slot;
			}
			if (ready < state->spare_spaces && free < state->max_spaces)
				make(free);
			else
				break;
		} while (READ_ONCE(space_at(free)->state) != LOL_SPACE_FREE);
		sys_futex_wait(&state->wanted, wanted, NULL);
	}
}

static void must(long ret)
{
	if (SYS_ERROR(ret))
		sys_exit(-ret & 0x7f);
}

/*
 * Gets rid of what the host's exec left: its stack and vdso.  Where the host
 * seals the vdso the call is refused and it stays, executable and harmless.
 */
static void unmap_leavings(u64 host_stack)
{
	if (SYS_ERROR(sys_munmap(LOL_WEDGE_END, 0x7ffffffff000 - LOL_WEDGE_END)))
		sys_munmap(host_stack & ~0xfffULL, 0x1000);
}

/* Called by _start, on the wedge stack. */
noreturn void zygote(u64 host_stack)
{
	must(sys_mmap(LOL_WEDGE_STATE, LOL_STATE_SIZE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_FIXED, LOL_FD_STATE, 0));
	must(sys_mmap(LOL_WEDGE_STATE + LOL_STATE_SITES, LOL_STATE_SPACES - LOL_STATE_SITES,
		      PROT_READ, MAP_SHARED | MAP_FIXED, LOL_FD_STATE, LOL_STATE_SITES));
	must(sys_mmap(LOL_WEDGE_VCPU, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		      LOL_FD_STATE, LOL_STATE_VCPU));
	must(sys_mmap(LOL_VCPU_PAGE, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		      LOL_FD_STATE, LOL_STATE_VCPU));
	must(sys_mmap(LOL_USER_PAGE, 0x1000, PROT_READ, MAP_SHARED | MAP_FIXED,
		      LOL_FD_STATE, LOL_STATE_USER));
	must(sys_mmap(LOL_WEDGE_RAM, state->ram_size, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_FIXED | MAP_NORESERVE, LOL_FD_RAM, 0));
	unmap_leavings(host_stack);
	vcpu->slot[LOL_SLOT_EMULATE] = (u64)slot_emulate;
	vcpu->slot[LOL_SLOT_IRET] = (u64)slot_iret;
	vcpu->slot[LOL_SLOT_SYSRET] = (u64)slot_sysret;
	vcpu->slot[LOL_SLOT_INTERRUPT] = (u64)slot_interrupt;
	signals_setup();
	zygote_loop();
	__builtin_unreachable();
}
