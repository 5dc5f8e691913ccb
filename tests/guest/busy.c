// SPDX-License-Identifier: GPL-2.0-only
/*
 * busy: busy loops without a system call can stop neither their own timer nor
 * other processes: two of them share the processor, and a sleeper gets its turn.
 */
#include <signal.h>
#include <sys/mman.h>
#include "tap.h"

static volatile sig_atomic_t rang;

static void ring(int sig)
{
	(void)sig;
	rang = 1;
}

int main(void)
{
	volatile uint64_t *count = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t start, before, worst = 0, took;
	pid_t pid[2];
	int i;

	signal(SIGALRM, ring);
	alarm(1);
	while (!rang)
		;
	ok(1, "alarm() ends a busy loop");

	for (i = 0; i < 2; i++) {
		pid[i] = must(fork());
		if (!pid[i])
			for (;;)
				count[i * 8]++;
	}
	for (i = 0; i < 100; i++) {
		const struct timespec nap = { 0, 10000000 };

		start = now_ns();
		nanosleep(&nap, NULL);
		took = now_ns() - start;
		if (took > worst)
			worst = took;
	}
	note("10 ms of sleep beside two busy loops took at most %lu us", (long)worst / 1000);
	ok(worst < 500000000, "a sleeper gets its turn");
	before = count[0];
	took = count[8];
	sleep(1);
	ok(count[0] > before && count[8] > took, "both go on (%lu, %lu)", (long)(count[0] - before), (long)(count[8] - took));
	for (i = 0; i < 2; i++) {
		must(kill(pid[i], SIGKILL));
		ok(wait_for(pid[i]) == 128 + SIGKILL, "busy loop %d is killed", i);
	}
	return finish();
}
