// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: a futex word in a shared memfd passes a baton between two processes
 * that map it at different addresses; FUTEX_WAIT returns EAGAIN when the word
 * has changed before, so no wake is lost; a signal ends it with EINTR, and a
 * wake without waiters is harmless.
 * Relied on by: pass_turn() and run_at_turn() of syscall-bridge/space.c, hlt and
 * requests (EINTR: a kick ends the wait).
 */
#include "tests/probe/probe.h"
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define ROUNDS	3000

static long wait_word(volatile uint32_t *word, uint32_t value, long milliseconds)
{
	struct timespec limit = { milliseconds / 1000, milliseconds % 1000 * 1000000 };

	return syscall(SYS_futex, word, FUTEX_WAIT, value, &limit, NULL, 0) ? errno : 0;
}

static long wake_word(volatile uint32_t *word)
{
	return syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Takes turns at @word: it is ours when its parity is. */
static unsigned int play(volatile uint32_t *word, uint32_t parity)
{
	unsigned int late = 0;
	uint32_t now;

	for (int i = 0; i < ROUNDS; i++) {
		while ((now = __atomic_load_n(word, __ATOMIC_ACQUIRE)) % 2 != parity)
			late += wait_word(word, now, 1000) == ETIMEDOUT;
		__atomic_fetch_add(word, 1, __ATOMIC_SEQ_CST);
		wake_word(word);
	}
	return late;
}

static void nothing(int signal)
{
	(void)signal;
}

int main(void)
{
	const int rw = PROT_READ | PROT_WRITE;
	struct sigaction action = { .sa_handler = nothing };
	int fd = must(memfd_create("state", 0));
	volatile uint32_t *word, *other;
	uint64_t start;
	cpu_set_t cpus;
	long ret;
	pid_t pid;

	must(ftruncate(fd, PAGE));
	word = (void *)must(mmap(NULL, PAGE, rw, MAP_SHARED, fd, 0));
	other = (void *)must(mmap(NULL, PAGE, rw, MAP_SHARED, fd, 0));
	ok(wait_word(word, 1, 1000) == EAGAIN, "wait for a word that has changed before: EAGAIN");
	ok(wake_word(word) == 0, "wake without a waiter: 0");
	ok(wait_word(word, 0, 5) == ETIMEDOUT, "wait without a wake: ETIMEDOUT");

	CPU_ZERO(&cpus);
	CPU_SET(sched_getcpu(), &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);	/* all spaces of a vCPU share a CPU */
	start = now_ns();
	pid = must(fork());
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(play(other, 1) != 0);
	}
	ret = play(word, 0);
	ok(!wait_for(pid) && !ret && *word == 2 * ROUNDS, "%d round trips, no wake lost", ROUNDS);
	note("%lu ns per round trip", (now_ns() - start) / ROUNDS);

	must(sigaction(SIGUSR1, &action, NULL));
	pid = must(fork());
	if (!pid) {
		ret = wait_word(other, 2 * ROUNDS, 1500);
		_exit(ret == EINTR ? 0 : 1);
	}
	usleep(20000);
	kill(pid, SIGUSR1);
	ok(!wait_for(pid), "a signal ends the wait with EINTR");
	return finish();
}
