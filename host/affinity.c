// SPDX-License-Identifier: GPL-2.0-only
/*
 * All spaces of a vCPU run on one host CPU, because a hand-over between two
 * processes costs a tenth there.  The monitor and the zygote are left to the
 * host's scheduler: a monitor kept to the same CPU was seen to wait there for
 * seconds, and with it all interrupts of the guest.
 *
 * Once a second the holder's /proc/PID/schedstat tells how long it had to wait
 * for its CPU.  When that is more than a quarter of the time and another allowed
 * CPU was idle for more than half of it, everything moves there together.  The
 * set of allowed CPUs is the monitor's and read anew each time, so a changed
 * cpuset is followed.
 *
 * In the split bridge user threads may go to a second CPU while both sides look for
 * each other's word (syscall-bridge/spread.c): K says when that pays, and here is
 * known whether a CPU was idle, and whether the two begin to wait for theirs.  Only then
 * is K looked at besides the holder.
 *
 * Calls after start-up: pread64 clock_gettime sched_getaffinity sched_setaffinity getpid
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/affinity.h"
#include "host/base/lines.h"
#include "host/launcher.h"
#include "host/spaces.h"

#define MAX_CPUS	CPU_SETSIZE
#define WAIT_LIMIT	250000000ULL	/* ns of a second */
#define SPARE		60		/* percent that a CPU was idle, to be taken for user threads */
#define IDLE_PERIOD	50000000ULL	/* ns that idleness is measured over, at least */
#define HOLD_OFF	5		/* seconds until the next try */

static int chosen = -1;
static int stat_fd = -1;
static unsigned char idle[MAX_CPUS];	/* percent: measure_idle() */

/* How long a process had to wait for its CPU.  Each look costs: what need not be known is not asked. */
struct waits {
	pid_t pid;			/* 0: nothing is known */
	unsigned long long ns;
};

static void keep_to(pid_t thread, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(thread, sizeof(set), &set);
}

/* All threads of a process: a space of the split bridge has two. */
static void pin(struct vm *vm, pid_t pid, int cpu)
{
	struct look look;
	unsigned int i;

	keep_to(pid, cpu);
	launcher_look(vm, pid, &look);
	for (i = 0; i < look.nr_threads; i++)
		keep_to(look.thread[i], cpu);
}

/* How idle each CPU was since the last measurement, unless that is too short ago. */
static void measure_idle(void)
{
	static unsigned long long before[MAX_CPUS], then;
	unsigned long long ticks, period;
	struct timespec now;
	struct lines lines;
	char line[128];

	clock_gettime(CLOCK_MONOTONIC, &now);
	period = now.tv_sec * 1000000000ULL + now.tv_nsec - then;
	ticks = period / (1000000000ULL / sysconf(_SC_CLK_TCK));
	if (period < IDLE_PERIOD)
		return;
	then += period;
	lines_start(&lines, stat_fd);
	while (lines_next(&lines, line, sizeof(line))) {
		unsigned long long user, nice, system, unused, wait;
		int cpu;

		if (sscanf(line, "cpu%d %llu %llu %llu %llu %llu", &cpu, &user, &nice, &system, &unused, &wait) != 6) {
			if (strncmp(line, "cpu", 3))
				break;		/* those of the CPUs come first */
			continue;
		}
		if (cpu < 0 || cpu >= MAX_CPUS)
			continue;
		unused += wait;
		idle[cpu] = unused - before[cpu] >= ticks ? 100 : (unused - before[cpu]) * 100 / ticks;
		before[cpu] = unused;
	}
}

static int most_idle(const cpu_set_t *allowed)
{
	int cpu, best = -1;

	for (cpu = 0; cpu < MAX_CPUS; cpu++)
		if (CPU_ISSET(cpu, allowed) && (best < 0 || idle[cpu] > idle[best]))
			best = cpu;
	return best;
}

void affinity_start(void)
{
	stat_fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
	measure_idle();
}

void affinity_apply(struct vm *vm)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return;
	if (chosen < 0 || !CPU_ISSET(chosen, &allowed)) {
		/* No history yet: spread guests over CPUs by process id. */
		int n = CPU_COUNT(&allowed), skip = n ? getpid() % n : 0, cpu;

		chosen = -1;
		for (cpu = 0; cpu < MAX_CPUS && chosen < 0; cpu++)
			if (CPU_ISSET(cpu, &allowed) && !skip--)
				chosen = cpu;
	}
	/* The zygote makes spaces beside the guest; each keeps to its CPU itself. */
	vm->state->host_cpu[0] = chosen;
}

/* Nanoseconds that the process of a slot waited since the last look; 0 if that was at another. */
static unsigned long long waited_since(struct vm *vm, unsigned int slot, struct waits *last)
{
	struct waits now = { .pid = spaces_pid(vm, slot) };
	unsigned long long ns = 0;
	struct look look;

	if (now.pid > 0) {
		launcher_look(vm, now.pid, &look);
		now.ns = look.waited;
		if (now.pid == last->pid && now.ns > last->ns)
			ns = now.ns - last->ns;
	}
	*last = now;
	return ns;
}

static void move_all(struct vm *vm)
{
	unsigned int slot;

	affinity_apply(vm);
	for (slot = 0; slot < LOL_MAX_SPACES; slot++) {
		uint32_t state = __atomic_load_n(&lol_state_space(vm->state, slot)->state, __ATOMIC_ACQUIRE);
		pid_t pid;

		if (state != LOL_SPACE_READY && state != LOL_SPACE_BOUND)
			continue;
		pid = spaces_pid(vm, slot);
		if (pid > 0)
			pin(vm, pid, chosen);
	}
}

/* ---- split bridge: user threads on a CPU of their own ---- */

static struct {
	int cpu;			/* -1: they share their vCPU's */
	unsigned int hold_off;		/* reviews in which this is not tried again */
	struct waits kernel, user;	/* of K and the space that ran at the last review */
} spread = { .cpu = -1 };

static void move_users(struct vm *vm, int cpu)
{
	unsigned int slot;

	for (slot = LOL_KERNEL_SLOT + 1; slot < LOL_MAX_SPACES; slot++) {
		uint32_t state = lol_state_space(vm->state, slot)->state;
		pid_t pid;

		if (state != LOL_SPACE_BOUND && state != LOL_SPACE_READY)
			continue;
		pid = spaces_pid(vm, slot);
		if (pid > 0)
			keep_to(pid, cpu);	/* its first thread only */
	}
}

static void spread_off(struct vm *vm)
{
	if (spread.cpu < 0)
		return;
	spread.cpu = -1;
	__atomic_store_n(&vm->state->user_cpu[0], 0, __ATOMIC_SEQ_CST);
	move_users(vm, chosen);
}

static void spread_on(struct vm *vm)
{
	cpu_set_t allowed;
	int cpu, best = -1;

	if (spread.hold_off || sched_getaffinity(0, sizeof(allowed), &allowed))
		return;
	measure_idle();
	for (cpu = 0; cpu < MAX_CPUS; cpu++)
		if (cpu != chosen && CPU_ISSET(cpu, &allowed) && (best < 0 || idle[cpu] > idle[best]))
			best = cpu;
	if (best < 0 || idle[best] < SPARE)
		return;
	spread.cpu = best;
	move_users(vm, best);
	__atomic_store_n(&vm->state->user_cpu[0], best + 1, __ATOMIC_SEQ_CST);
	/* what they waited for each other up to now does not count */
	waited_since(vm, LOL_KERNEL_SLOT, &spread.kernel);
	waited_since(vm, vm_vcpu(vm)->holder, &spread.user);
}

void affinity_spread(struct vm *vm)
{
	bool wanted = __atomic_load_n(&vm->state->spread_wanted[0], __ATOMIC_RELAXED);

	if (vm->config->bridge != LOL_BRIDGE_SPLIT || wanted == (spread.cpu >= 0))
		return;
	if (wanted)
		spread_on(vm);
	else
		spread_off(vm);
}

/* Whoever waits for a CPU while we spin on one has a better right to it. */
static void spread_review(struct vm *vm, const cpu_set_t *allowed)
{
	unsigned int slot = vm_vcpu(vm)->holder;
	unsigned long long waited = waited_since(vm, LOL_KERNEL_SLOT, &spread.kernel);

	if (slot != LOL_KERNEL_SLOT)
		waited += waited_since(vm, slot, &spread.user);
	else
		spread.user.pid = 0;
	if (waited <= WAIT_LIMIT && CPU_ISSET(chosen, allowed) && CPU_ISSET(spread.cpu, allowed))
		return;
	spread_off(vm);
	spread.hold_off = HOLD_OFF;
}

void affinity_review(struct vm *vm)
{
	static struct waits holder;
	unsigned long long waited;
	cpu_set_t allowed;
	int best;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return;
	if (CPU_COUNT(&allowed) < 2 && CPU_ISSET(chosen, &allowed) && spread.cpu < 0) {
		holder.pid = 0;
		return;
	}
	measure_idle();
	if (spread.hold_off)
		spread.hold_off--;
	if (spread.cpu >= 0) {
		spread_review(vm, &allowed);
		holder.pid = 0;
		if (spread.cpu >= 0)
			return;		/* moving all would put them together */
	}
	waited = waited_since(vm, vm_vcpu(vm)->holder, &holder);
	best = most_idle(&allowed);
	if (best >= 0 && (!CPU_ISSET(chosen, &allowed) ||
			  (waited > WAIT_LIMIT && best != chosen && idle[best] > 50))) {
		chosen = best;
		move_all(vm);
	}
}
