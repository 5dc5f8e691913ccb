// SPDX-License-Identifier: GPL-2.0-only
/*
 * Birth of a space of the bridges split and ptrace: guest user code of one address
 * space, and nothing else.
 *
 * The process has two threads.  The *user thread* runs the guest's user code
 * natively.  The *agent thread* maps guest memory as K says (agent.S).
 *
 * Memory of this process when guest code runs: the wedge's text, a private copy
 * of its data, the user page, its own piece of the hand-over memory, the filters
 * (read-only), and what the agent has mapped.  No shared state, no vCPU page, no window on guest RAM.
 */
#include "syscall-bridge/bridge.h"
#include "syscall-bridge/frame.h"
#include "syscall-bridge/handoff.h"
#include "syscall-bridge/sys.h"

#define CLONE_VM		0x00000100
#define CLONE_FS		0x00000200
#define CLONE_SIGHAND		0x00000800
#define CLONE_THREAD		0x00010000
#define CLONE_SYSVSEM		0x00040000

#define SIGNAL_STACK	(LOL_WEDGE_HANDOFF + LOL_HANDOFF_STACK)

/* agent.S */
long agent_start(u64 flags, u64 ops, u64 done, u64 pid_and_offset, const void *filter)
	__attribute__((visibility("hidden")));
void user_entry(void) __attribute__((visibility("hidden")));
extern u32 agent_ready __attribute__((visibility("hidden")));

static void must(const char *call, long ret)
{
	if (SYS_ERROR(ret))
		give_up(call, ret);
}

static void map_handoff(u32 slot)
{
	static const struct { u64 offset, length; int prot; } part[] = {
		{ 0, 0x1000, PROT_READ | PROT_WRITE },		/* not with ptrace */
		{ LOL_HANDOFF_OPS, 0x1000, PROT_READ },
		{ LOL_HANDOFF_DONE, 0x1000, PROT_READ },
		{ LOL_HANDOFF_STACK, LOL_HANDOFF_STACK_SIZE, PROT_READ | PROT_WRITE },
	};

	for (u32 i = bridge == &bridge_ptrace; i < ARRAY_SIZE(part); i++)
		must("mmap", sys_mmap(LOL_WEDGE_HANDOFF + part[i].offset, part[i].length, part[i].prot,
			      MAP_SHARED | MAP_FIXED, LOL_FD_BRIDGE,
			      (u64)slot * LOL_HANDOFF_STRIDE + part[i].offset));
}

static void set_signals(void)
{
	static const u8 signals[] = { SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGUSR1, SIGSEGV, SIGSYS };
	struct host_sigaction action = {
		.handler = user_entry,
		.flags = SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_NODEFER,
		.restorer = user_entry,		/* wanted by the host, never reached */
	};
	struct { u64 base; s32 flags, pad; u64 size; } alternate = {
		.base = SIGNAL_STACK, .size = LOL_HANDOFF_STACK_SIZE,
	};

	for (u32 i = 0; i < ARRAY_SIZE(signals); i++)
		must("rt_sigaction", sys4(__NR_rt_sigaction, signals[i], (long)&action, 0, 8));
	must("sigaltstack", sys3(__NR_sigaltstack, (long)&alternate, 0, 0));
}

/* Keeps RAM and the hand-over memory only: the agent gets a copy of the table. */
static void start_agent(u32 slot)
{
	u64 offset = (u64)slot * LOL_HANDOFF_STRIDE + LOL_HANDOFF_DONE, none = 0;
	long agent;

	must("close_range", sys3(__NR_close_range, 0, LOL_FD_RAM - 1, 0));
	must("close_range", sys3(__NR_close_range, LOL_FD_STATE, LOL_FD_EVENT, 0));
	must("close_range", sys3(__NR_close_range, LOL_FD_BRIDGE + 1, ~0U, 0));
	/* the agent could not say that it failed at this */
	must("pwrite64", sys4(__NR_pwrite64, LOL_FD_BRIDGE, (long)&none, sizeof(none), offset));
	/* signals are blocked, and the agent takes none, ever */
	agent = agent_start(CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
			 LOL_WEDGE_HANDOFF + LOL_HANDOFF_OPS, LOL_WEDGE_HANDOFF + LOL_HANDOFF_DONE,
			 offset | (u64)space_at(slot)->pid << 32, filter_agent(offset));
	if (SYS_ERROR(agent))
		WRITE_ONCE(state->refused, 1);
	must("clone", agent);
	while (!__atomic_load_n(&agent_ready, __ATOMIC_ACQUIRE))
		sys_futex_wait(&agent_ready, 0, NULL);
	place_own(agent);	/* K waits for it */
}

/* What K and zygote have mapped.  0, or -errno. */
static long unmap_others(void)
{
#ifdef LOL_WEAK_SPACE	/* for tests/attack/scan: all that left, and something at a random place */
	u64 size = bridge == &bridge_ptrace ? 1ULL << 30 : 2ULL << 20;
	u64 at = LOL_KERNEL_START + (rdtsc() * 0x9e3779b97f4a7c15ULL >> 8) % (0x100000000000 / size) * size;
	long ret = sys_mmap(at, size, PROT_READ, MAP_PRIVATE | 0x20 | MAP_NORESERVE | MAP_FIXED, -1, 0);

	return SYS_ERROR(ret) ? ret : 0;
#else
	sys_munmap(LOL_WEDGE_RAM, LOL_RAM_MAX);
	sys_munmap(LOL_WEDGE_HANDOFFS, LOL_HANDOFF_SIZE);
	sys_munmap(LOL_NEAR_START, LOL_NEAR_END - LOL_NEAR_START);
	sys_munmap(LOL_WEDGE_VCPU, 0x1000);
	return sys_munmap(LOL_WEDGE_STATE, LOL_STATE_SIZE);
#endif
}

/**
 * user_main - from here on this process is a space; by user_start()
 * @slot: its slot
 */
noreturn void user_main(u32 slot)
{
	map_handoff(slot);
	start_agent(slot);
	must("close_range", sys3(__NR_close_range, 0, ~0U, 0));
	if (SYS_ERROR(unmap_others()))
		sys_exit(1);
	set_signals();
	signals_unblock();
	if (bridge == &bridge_split)
		user_confine(0);
	/* a tracee's handlers never run, and it does not get past this: its registers are others when it goes on */
	if (SYS_ERROR(filter_load(LOL_ROLE_USER)))
		sys_exit(1);
	for (;;)
		asm volatile("int3");
}
