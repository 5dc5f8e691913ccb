// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: rdgsbase, wrgsbase and rdfsbase work at ring 3.  The GS base survives
 * context switches, system calls and fork; signal delivery and leaving a
 * handler do not touch it, so one that a handler sets stays.
 * Relied on by: the replacement of swapgs, guest kernel's per-CPU data,
 * switch_root() and run_context() of syscall-bridge/space.c.
 */
#include "tests/probe/probe.h"
#include <sched.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

#ifndef HWCAP2_FSGSBASE
#define HWCAP2_FSGSBASE	2
#endif
#define MINE	0x0000612345678abcUL
#define OTHERS	0x0000123456789000UL

static uint64_t in_handler, set_in_handler;

static uint64_t gs(void)
{
	uint64_t base;

	asm volatile("rdgsbase %0" : "=r"(base));
	return base;
}

static void gs_set(uint64_t base)
{
	asm volatile("wrgsbase %0" : : "r"(base));
}

static void on_signal(int signal, siginfo_t *info, ucontext_t *uc)
{
	(void)signal;
	(void)info;
	(void)uc;
	in_handler = gs();
	if (set_in_handler)
		gs_set(set_in_handler);
}

int main(void)
{
	uint64_t fs, self;
	unsigned int kept = 0;
	cpu_set_t cpus;
	pid_t pid;

	if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE)) {
		skip("this host has no FSGSBASE: lol does not run here");
		return finish();
	}
	asm volatile("rdfsbase %0\n\tmovq %%fs:0, %1" : "=r"(fs), "=r"(self));
	ok(fs == self, "rdfsbase reads the FS base");
	gs_set(MINE);
	ok(gs() == MINE, "wrgsbase and rdgsbase");
	probe_setup();
	trap_hook = on_signal;
	TRY("", "ud2", "", 0);
	ok(in_handler == MINE && gs() == MINE, "a signal keeps it, in the handler and behind it");
	set_in_handler = OTHERS;
	TRY("", "ud2", "", 0);
	ok(gs() == OTHERS, "what a handler sets stays");
	gs_set(MINE);

	CPU_ZERO(&cpus);
	CPU_SET(sched_getcpu(), &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	pid = must(fork());
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (gs() != MINE)
			_exit(1);
		for (int i = 0; i < 3000; i++) {
			gs_set(OTHERS + i);
			sched_yield();
			if (gs() != OTHERS + i)
				_exit(2);
		}
		_exit(0);
	}
	for (int i = 0; i < 3000; i++) {
		sched_yield();
		kept += gs() == MINE;
	}
	ok(kept == 3000, "context switches keep it (%u of 3000)", kept);
	ok(!wait_for(pid), "a child inherits it and has its own");
	return finish();
}
