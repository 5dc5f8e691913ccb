// SPDX-License-Identifier: GPL-2.0-only
/*
 * timers [HOST_SECONDS]: sleeps and timers are never early, and late only within
 * generous bounds (accuracy is printed, not asserted: the host may be busy);
 * clocks agree with each other; wall clock near HOST_SECONDS where given.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include "tap.h"

#define MS 1000000ULL
#define PATIENCE (20000 * MS)	/* hopelessly late */

static volatile int ticks;
static uint64_t late[4096];

static void tick(int sig)
{
	(void)sig;
	ticks++;
}

static int compare(const void *a, const void *b)
{
	return (*(uint64_t *)a > *(uint64_t *)b) - (*(uint64_t *)a < *(uint64_t *)b);
}

static void lateness(const char *what, int n, int early)
{
	qsort(late, n, sizeof(late[0]), compare);
	note("%s: late by median %lu us, p99 %lu us, most %lu us", what, (long)late[n / 2] / 1000,
	     (long)late[n * 99 / 100] / 1000, (long)late[n - 1] / 1000);
	ok(!early, "%s: never early (%d were)", what, early);
	ok(late[n / 2] < 500 * MS, "%s: half of them less than half a second late", what);
}

static void sleeps(void)
{
	static const long lengths[] = { 1, 10000, 100000, 1000000, 3000000 };
	int i, early = 0, n = 200;
	uint64_t start, took;

	for (i = 0; i < n; i++) {
		struct timespec ts = { 0, lengths[i % 5] };

		start = now_ns();
		nanosleep(&ts, NULL);
		took = now_ns() - start;
		early += took < (uint64_t)ts.tv_nsec;
		late[i] = took < (uint64_t)ts.tv_nsec ? 0 : took - ts.tv_nsec;
	}
	lateness("nanosleep", n, early);
	for (i = 0, early = 0; i < 50; i++) {
		struct timespec ts;

		start = now_ns() + 1500000;
		ts = (struct timespec){ start / 1000000000, start % 1000000000 };
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		took = now_ns();
		early += took < start;
		late[i] = took < start ? 0 : took - start;
	}
	lateness("clock_nanosleep until", i, early);
}

static void descriptors(void)
{
	struct itimerspec t = { { 0, 2 * MS }, { 0, 2 * MS } };
	int fd = must(timerfd_create(CLOCK_MONOTONIC, 0)), i, early = 0;
	uint64_t start = now_ns(), count, total = 0, due;

	must(timerfd_settime(fd, 0, &t, NULL));
	for (i = 0; total < 200; i++) {
		must(read(fd, &count, 8));
		total += count;
		due = start + total * 2 * MS;
		early += now_ns() < due;
		late[i] = now_ns() < due ? 0 : now_ns() - due;
	}
	lateness("timerfd every 2 ms", i, early);
	close(fd);
}

static void interval(void)
{
	struct itimerval t = { { 0, 5000 }, { 0, 5000 } };
	uint64_t start = now_ns();
	long spent, took;

	signal(SIGALRM, tick);
	ticks = 0;
	must(setitimer(ITIMER_REAL, &t, NULL));
	/* how soon is the host's business: those that are late become one */
	while (ticks < 100 && now_ns() - start < PATIENCE)
		;
	took = (now_ns() - start) / MS;
	must(setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL));
	ok(ticks >= 100 && took >= 499, "ITIMER_REAL interrupts a busy loop: %d ticks in %ld ms", ticks, took);

	signal(SIGVTALRM, tick);
	ticks = 0;
	t.it_interval.tv_usec = t.it_value.tv_usec = 20000;
	must(setitimer(ITIMER_VIRTUAL, &t, NULL));
	start = clock();
	/*
	 * Nearly all of it in user mode: user time is sampled by the tick, which is
	 * accounted to where it finds the CPU.
	 */
	while ((spent = clock() - start) < 500000 || (ticks < 3 && spent < (long)(PATIENCE / 1000)))
		for (volatile int i = 0; i < 5000000; i++)
			;
	must(setitimer(ITIMER_VIRTUAL, &(struct itimerval){ 0 }, NULL));
	/*
	 * While the host runs something else there are no samples, but the clock goes on; and
	 * samples of whoever shares the CPU are not his exact share.
	 */
	ok(ticks >= 3 && ticks <= 2 * spent / 20000 + 2, "ITIMER_VIRTUAL: %d ticks in %ld ms of CPU time", ticks, spent / 1000);
}

static void posix_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec t = { { 0, 0 }, { 0, 30 * MS } };
	sigset_t blocked, before;
	timer_t timer;
	uint64_t start;

	/* it may come before we wait */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	signal(SIGUSR1, tick);
	ticks = 0;
	must(timer_create(CLOCK_REALTIME, &event, &timer));
	start = now_ns();
	must(timer_settime(timer, 0, &t, NULL));
	while (!ticks)
		sigsuspend(&before);
	ok(ticks == 1 && now_ns() - start >= 29 * MS, "timer_create, %lu us", (long)(now_ns() - start) / 1000);
	sigprocmask(SIG_SETMASK, &before, NULL);
	timer_delete(timer);
}

static void clocks(long host_seconds)
{
	struct timespec a, b, real;
	int i, back = 0, differ = 0;
	struct timeval tv;
	struct pollfd none = { .fd = -1 };
	uint64_t start;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < 200000; i++) {
		clock_gettime(CLOCK_MONOTONIC, &b);
		back += b.tv_sec < a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec < a.tv_nsec);
		a = b;
	}
	ok(!back, "CLOCK_MONOTONIC never goes back (%d did)", back);
	for (i = 0; i < 1000; i++) {
		/* library (vDSO), system call, library: must be in this order */
		uint64_t x = now_ns(), y, z;

		syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &b);
		y = b.tv_sec * 1000000000ULL + b.tv_nsec;
		z = now_ns();
		differ += y < x || z < y;
	}
	ok(!differ, "system call and vDSO agree (%d do not)", differ);
	clock_gettime(CLOCK_REALTIME, &real);
	gettimeofday(&tv, NULL);
	ok(labs(tv.tv_sec - real.tv_sec) <= 1 && labs(time(NULL) - real.tv_sec) <= 1, "time, gettimeofday, clock_gettime agree");
	if (host_seconds)
		ok(labs(real.tv_sec - host_seconds) < 30, "wall clock %ld, host says %ld", real.tv_sec, host_seconds);
	ok(real.tv_sec > 1700000000, "the year is right");
	start = now_ns();
	poll(&none, 1, 25);
	ok(now_ns() - start >= 25 * MS && now_ns() - start < PATIENCE, "poll times out after %lu us", (long)(now_ns() - start) / 1000);
	clock_getres(CLOCK_MONOTONIC, &a);
	ok(a.tv_sec == 0 && a.tv_nsec == 1, "resolution is 1 ns (%ld)", a.tv_nsec);
}

int main(int argc, char **argv)
{
	clocks(argument(argc, argv, 1, 0));
	sleeps();
	descriptors();
	interval();
	posix_timer();
	return finish();
}
