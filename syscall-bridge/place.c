// SPDX-License-Identifier: GPL-2.0-only
/*
 * On which host CPU a space runs: the monitor chooses (host/affinity.c), and moves
 * those that are there already; here those that come and go are put where they belong.
 * It is a matter of speed alone: if the cpuset has just changed, so be it.
 */
#include "syscall-bridge/bridge.h"
#include "syscall-bridge/sys.h"

/* A CPU mask of the host. */
struct cpus {
	u64 mask[16];
};

s32 host_cpu(void)
{
	s32 cpu = READ_ONCE(state->host_cpu[0]);

	return cpu < 0 || cpu >= 1024 ? -1 : cpu;
}

/* Of user threads, when they have one of their own. */
static s32 user_cpu(void)
{
	u32 cpu = READ_ONCE(state->user_cpu[0]);

	return cpu && cpu <= 1024 ? (s32)cpu - 1 : host_cpu();
}

static void keep_to(u32 thread, s32 cpu)
{
	struct cpus cpus = { 0 };

	if (cpu < 0)
		return;
	cpus.mask[cpu / 64] = 1ULL << cpu % 64;
	sys3(__NR_sched_setaffinity, thread, sizeof(cpus), (long)&cpus);
}

/** place_own - @thread, 0: the caller, keeps to the CPU of the vCPU */
void place_own(u32 thread)
{
	keep_to(thread, host_cpu());
}

/** place_ready - a user thread that waits for K, where it will run */
void place_ready(u32 thread)
{
	s32 cpu = user_cpu();

	keep_to(thread, cpu);
	/* the monitor has moved those that it knew of meanwhile */
	if (cpu != user_cpu())
		keep_to(thread, user_cpu());
}

/** place_ending - where a process may end without being in the vCPU's way */
void place_ending(u32 thread)
{
	struct cpus cpus = { 0 };
	s32 cpu = host_cpu();
	u64 any = 0;

	if (cpu < 0 || SYS_ERROR(sys3(__NR_sched_getaffinity, 0, sizeof(cpus), (long)&cpus)))
		return;
	cpus.mask[cpu / 64] &= ~(1ULL << cpu % 64);
	for (u32 i = 0; i < ARRAY_SIZE(cpus.mask); i++)
		any |= cpus.mask[i];
	if (any)
		sys3(__NR_sched_setaffinity, thread, sizeof(cpus), (long)&cpus);
}
