// SPDX-License-Identifier: GPL-2.0-only
/*
 * floor: what a system call in the split bridge must cost on this machine with two
 * CPUs, whoever writes it: a SIGSYS, one word to the other CPU and one back, XRSTOR
 * meanwhile, and the shortest way out.  No guest kernel, no registers that travel, one
 * filter of four instructions.  Output: "native NS", "signal NS" without the other CPU,
 * "floor NS"; the medians of many samples.
 */
#include "tests/probe/probe.h"
#include <sched.h>
#include <stddef.h>
#include <time.h>

#define SAMPLES	400
#define CALLS	500

struct word {
	volatile uint32_t value;
} __attribute__((aligned(64)));

static struct word *ask, *answer;
static bool travels;

/* As probe_leave(), with popfq and jmp for iretq; rcx is lost, as in a system call. */
void leave_by_jump(const greg_t *regs) __attribute__((noreturn));
asm(	".pushsection .text\n"
	"leave_by_jump:\n"
	PROBE_LOAD_REGS
	"	pushq 136(%rdi)\n"
	"	popfq\n"
	"	movq 128(%rdi), %rcx\n"
	"	movq 120(%rdi), %rsp\n"
	"	movq 64(%rdi), %rdi\n"
	"	jmp *%rcx\n"
	".popsection\n");

static void restore(const void *fp)
{
	const uint32_t *features = (const uint32_t *)((const char *)fp + 472);

	asm volatile("xrstor64 (%0)" : : "r"(fp), "a"(features[0]), "d"(features[1]) : "memory");
}

__attribute__((target("general-regs-only")))	/* the vector registers are the caller's by then */
static void on_signal(int signal, siginfo_t *info, ucontext_t *uc)
{
	uint32_t n = ask->value + 1;

	(void)info;
	if (signal != SIGSYS)
		return;
	if (travels)
		ask->value = n;
	restore(uc->uc_mcontext.fpregs);
	while (travels && answer->value != n)
		asm volatile("pause");
	uc->uc_mcontext.gregs[REG_RAX] = 1;
	leave_by_jump(uc->uc_mcontext.gregs);
}

static void filter_load(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	probe_filter(filter, FILTER_LENGTH(filter));
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	must(sched_setaffinity(0, sizeof(set), &set));
}

static int compare(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void measure(const char *name)
{
	static double sample[SAMPLES];
	struct timespec a, b;

	for (int i = 0; i < SAMPLES; i++) {
		clock_gettime(CLOCK_MONOTONIC, &a);
		for (int k = 0; k < CALLS; k++)
			syscall(SYS_getppid);
		clock_gettime(CLOCK_MONOTONIC, &b);
		sample[i] = ((b.tv_sec - a.tv_sec) * 1e9 + b.tv_nsec - a.tv_nsec) / CALLS;
	}
	qsort(sample, SAMPLES, sizeof(sample[0]), compare);
	printf("%s %.0f\n", name, sample[SAMPLES / 2]);
	fflush(stdout);
}

int main(void)
{
	pid_t peer;

	ask = shared_page();
	answer = ask + 1;
	pin(0);
	measure("native");
	peer = must(fork());
	if (!peer) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pin(1);
		for (;;) {
			while (answer->value == ask->value)
				asm volatile("pause");
			answer->value = ask->value;
		}
	}
	trap_hook = on_signal;
	probe_setup();
	filter_load();
	measure("signal");
	travels = true;
	measure("floor");
	kill(peer, SIGKILL);
	return 0;
}
