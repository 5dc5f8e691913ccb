// SPDX-License-Identifier: GPL-2.0-only
/*
 * The zygote: first process of the wedge, and the maker of spaces.
 *
 * It keeps a few of them READY, so that a guest's fork does not wait for the
 * host's, and sees retired ones off.  Both are host work that need not delay the
 * guest: the zygote runs where the scheduler likes, a space keeps to the CPU of
 * its vCPU only from the time it is ready until it is retired.  It is woken once for
 * several spaces taken (wake_zygote()), since the guest waits while it is.
 *
 *	zygote:	FREE -> STARTING, fork, READY		(spare_spaces of them)
 *	vCPU:	READY -> TAKEN -> BOUND to a root, turn	(first load of that root)
 *	vCPU:	BOUND -> RETIRED			(root gone, or slot wanted)
 *		  or -> READY				(where the bridge allows reuse)
 *	zygote:	RETIRED -> DYING, turn			it exits
 *	monitor: reaped -> FREE
 *
 * Children are made with CLONE_PARENT: they are the monitor's, which reaps them
 * and in whose death they die.  They inherit mappings and the zygote's filter; each
 * space loads its own on top (host/filters.c).
 *
 * The zygote may do more than a space, and it reads what guest kernels can write:
 * slots are hostile.  They are hints of what to do next, and no more.  What counts
 * for the host is kept here: how many slots there are, and which process was made for
 * each, so that there is never more than one.  And it takes no signals: a fault in it
 * ends it, instead of becoming an event of the guest's.  tests/attack/hostile-kernel
 * tries.
 */
#include "syscall-bridge/bridge.h"
#include "syscall-bridge/handoff.h"
#include "syscall-bridge/sys.h"
#include "mm-emulation/mm.h"

#define PR_SET_PDEATHSIG	1
#define PR_SET_DUMPABLE		4
#define CLONE_PARENT		0x00008000
#define CLONE_PARENT_SETTID	0x00100000
#define SIGCHLD			17
#define SIGKILL			9
#define SIG_SETMASK		2

#define PATIENCE		10	/* of 20 ms: with a space that does not get ready */
#define ENDS_AT_ONCE		32	/* of spaces that end: host/ends.c says why */
#define ENDS_PAUSE		3000000	/* ns */

u32 max_spaces;			/* as the monitor said before guest code ran */
static u32 spare_spaces;
static u32 group;			/* process group of all that is made here */
static u32 made[LOL_MAX_SPACES];	/* last process of each slot */

/* Is the process that was made for a slot still there? */
static bool lives(u32 slot)
{
#ifdef LOL_WEAK_ZYGOTE	/* for tests/attack/defences: what the guest can write counts */
	return READ_ONCE(space_at(slot)->state) != LOL_SPACE_FREE;
#endif
	return made[slot] && (u32)sys3(__NR_getpgid, made[slot], 0, 0) == group;
}

/*
 * A space of the split bridge is made where there is room, and goes to the CPU where it
 * is to run when it has nothing more to do than to wait for that.
 */
static void await_user(u32 slot)
{
	u32 *waits = &((struct lol_handoff *)(LOL_WEDGE_HANDOFFS + (u64)slot * LOL_HANDOFF_STRIDE))->user_sleeps;

	for (u32 i = 0; i < PATIENCE && !READ_ONCE(*waits) && lives(slot); i++)
		sys_futex_wait(waits, 0, (const s64[]){ 0, 20000000 });
}

static void signals_block(u64 mask)
{
	sys4(__NR_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, 8);
}

/** signals_unblock - a process whose handlers are in place takes signals from here on */
void signals_unblock(void)
{
	signals_block(0);
}

const struct bridge *bridge = &bridge_in_place;

static noreturn void space_main(u32 slot)
{
	u32 parent;
	long ret;

	own_slot = slot;
	if (bridge == &bridge_ptrace)
		signals_block(~0ULL);	/* the tracer's own, too */
	ret = sys3(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0);
	if (SYS_ERROR(ret))
		give_up("prctl", ret);
	/*
	 * The monitor may have died before we could ask to follow it.  If it lies
	 * outside of our pid namespace its number is 0 here, but then the namespace's
	 * first process follows it, and takes us along.
	 */
	parent = sys3(__NR_getppid, 0, 0, 0);
	if (parent && parent != state->monitor)
		sys_exit(1);
	if (bridge == &bridge_ptrace && slot != LOL_KERNEL_SLOT)
		tracee_attached(slot);
	else if (bridge == &bridge_ptrace)
		tracer_leave();
	if (bridge != &bridge_split || slot == LOL_KERNEL_SLOT)
		place_own(0);
	if (bridge->run_user) {
		if (slot != LOL_KERNEL_SLOT)
			user_start(slot);
		k_setup();
	}
	/* the handlers' stack is this process's own: a kick may come before the filter */
	signals_setup();
	signals_unblock();
	ret = filter_load(LOL_ROLE_VCPU);
	if (SYS_ERROR(ret))
		give_up("seccomp", ret);
	wait_turn();
}

/* The process of a slot can be taken, unless it has died already and the monitor has seen that. */
static void ready(u32 slot)
{
	if (!space_move(space_at(slot), LOL_SPACE_STARTING, LOL_SPACE_READY))
		return;
	if (bridge == &bridge_split && slot != LOL_KERNEL_SLOT && lives(slot))
		place_ready(made[slot]);
	__atomic_fetch_add(&state->made, 1, __ATOMIC_SEQ_CST);
	sys_futex_wake(&state->made);
}

static void make(u32 slot)
{
	struct lol_space *space = space_at(slot);
	long pid;

	if (lives(slot) || !space_move(space, LOL_SPACE_FREE, LOL_SPACE_STARTING))
		return;
	own_turn = space->turn;		/* for the child: a vCPU may pass it the baton before it runs */
	space->root = 0;
	space->vcpu = 0;
	space->used = 0;
	space->vmas = 0;
	mm_charge(state, space, 0);
	tlb_reset(space);
	if (bridge->run_user)
		k_reset(slot);
	if (bridge == &bridge_ptrace)
		tracer_expect(slot);
	/* Its number, as the monitor knows it, is there before it runs: it needs it. */
	pid = sys6(__NR_clone, CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD, 0, (long)&space->pid, 0, 0, 0);
	if (!pid)
		space_main(slot);
	if (SYS_ERROR(pid)) {
		/* no processes left: try again when somebody wants one, and has made room */
		space_move(space, LOL_SPACE_STARTING, LOL_SPACE_FREE);
		WRITE_ONCE(state->refused, 1);
		return;
	}
	made[slot] = pid;
	if (bridge == &bridge_ptrace && slot != LOL_KERNEL_SLOT) {
		tracer_born(slot, pid);		/* READY when it is a tracee */
		return;
	}
	if (bridge == &bridge_split && slot != LOL_KERNEL_SLOT)
		await_user(slot);
	ready(slot);
}

/* A guest whose programs all end is faster than the host gets rid of what they had. */
static void pause_ends(void)
{
	static u32 never;

	sys_futex_wait(&never, 0, (const s64[]){ 0, ENDS_PAUSE });
}

/* Looks at all slots once; not 0: there may be more to do. */
static bool work(void)
{
	u32 spare = 0, free = max_spaces, ended = 0;

	for (u32 slot = 0; slot < max_spaces; slot++) {
		struct lol_space *space = space_at(slot);

		switch (READ_ONCE(space->state)) {
		case LOL_SPACE_READY:
			spare++;
			break;
		case LOL_SPACE_STARTING:
			if (bridge != &bridge_ptrace || slot == LOL_KERNEL_SLOT || !lives(slot))
				break;
			if (tracer_attach(slot))	/* it rings when it is ready for that */
				ready(slot);
			spare++;
			break;
		case LOL_SPACE_FREE:
			if (free == max_spaces)
				free = slot;
			break;
		case LOL_SPACE_RETIRED:
			if (lives(slot))
				place_ending(made[slot]);
			if (!space_move(space, LOL_SPACE_RETIRED, LOL_SPACE_DYING))
				break;
			if (bridge->run_user)
				k_exit(slot);
			else
				pass_turn(space);
			if (!(++ended % ENDS_AT_ONCE))
				pause_ends();
		}
	}
	if (spare >= spare_spaces)
		return false;
	if (free == max_spaces)
		/* the monitor tells of the next one; look again: it may just have freed it */
		return !__atomic_exchange_n(&state->slot_wanted, 1, __ATOMIC_SEQ_CST);
	WRITE_ONCE(state->slot_wanted, 0);
	make(free);
	return READ_ONCE(space_at(free)->state) != LOL_SPACE_FREE;
}

static noreturn void zygote_loop(void)
{
	u32 wanted;

	for (;;) {
		wanted = __atomic_load_n(&state->wanted, __ATOMIC_ACQUIRE);
		while (work())
			;
		sys_futex_wait(&state->wanted, wanted, NULL);
	}
}

/*
 * The same as the tracer.  The bell is rung for each run and for everything else;
 * a look at all slots after each run would take longer than the run.
 */
static noreturn void tracer_loop(void)
{
	u32 wanted, runs = 0, seen = READ_ONCE(state->wanted) - 1;
	s32 cpu = -1;

	for (;;) {
		wanted = __atomic_load_n(&state->wanted, __ATOMIC_ACQUIRE);
		if (host_cpu() != cpu) {
			cpu = host_cpu();
			place_own(0);	/* K and the tracees wait for us */
		}
		if (tracer_serve()) {
			runs++;
			continue;
		}
		tracer_reap();
		if (wanted - runs != seen) {
			while (work())
				;
			seen = wanted - runs;
		}
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
 * seals the vdso it stays, executable and harmless; the stack, which lies above
 * it without address randomisation, goes in any case.
 */
static void unmap_leavings(u64 host_stack)
{
	const u64 end = 0x7ffffffff000;

	if (SYS_ERROR(sys_munmap(LOL_WEDGE_END, end - LOL_WEDGE_END))) {
		host_stack = (host_stack & ~0xfffULL) - 0x20000;
		sys_munmap(host_stack, end - host_stack);
	}
}

/*
 * First process of the guest's pid namespace: with it all others there end.  It
 * has no descriptor and no memory but the wedge's, and waits for its end.
 */
static noreturn void init(void)
{
	u32 never = 0;

	must(filter_load(LOL_ROLE_INIT));
	for (;;)
		sys_futex_wait(&never, 0, NULL);
}

/* Called by _start, on the wedge stack.  With an argument beside its name it is init(). */
noreturn void zygote(u64 host_stack)
{
	bool first = *(const u64 *)host_stack > 1;

	signals_block(~0ULL);
	must(filters_map());
	must(sys3(__NR_prctl, PR_SET_DUMPABLE, 0, 0));
	if (first) {
		unmap_leavings(host_stack);
		init();
	}
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
	if (lol_bridge_has_kernel(state->bridge)) {
		bridge = state->bridge == LOL_BRIDGE_PTRACE ? &bridge_ptrace : &bridge_split;
		must(sys_mmap(LOL_WEDGE_HANDOFFS, LOL_HANDOFF_SIZE, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_FIXED | MAP_NORESERVE, LOL_FD_BRIDGE, 0));
	}
	unmap_leavings(host_stack);
	own_slot = LOL_ZYGOTE_SLOT;
	group = sys3(__NR_getpgid, 0, 0, 0);
	max_spaces = READ_ONCE(state->max_spaces);
	if (max_spaces > LOL_MAX_SPACES)
		max_spaces = LOL_MAX_SPACES;
	spare_spaces = READ_ONCE(state->spare_spaces);
	vcpu->slot[LOL_SLOT_EMULATE] = (u64)slot_emulate;
	/* where user code runs elsewhere a return to it is no jump */
	vcpu->slot[LOL_SLOT_IRET] = (u64)(bridge->run_user ? slot_emulate : slot_iret);
	vcpu->slot[LOL_SLOT_SYSRET] = (u64)(bridge->run_user ? slot_sysret_elsewhere : slot_sysret);
	vcpu->slot[LOL_SLOT_INTERRUPT] = (u64)slot_interrupt;
	if (bridge == &bridge_ptrace) {
		must(tracer_setup());
		signals_block(~(1ULL << (SIGCHLD - 1)));
		must(filter_load(LOL_ROLE_TRACER));
		tracer_loop();
	}
	must(filter_load(LOL_ROLE_ZYGOTE));
	zygote_loop();
}
