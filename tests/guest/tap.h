/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_GUEST_TAP_H
#define TESTS_GUEST_TAP_H

/*
 * TAP output for the test programs of this folder.  They are static, take only
 * numbers as arguments, and run unchanged on the host and in the guest.  A
 * process that forks counts only in the parent: children report by exit status.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 2, 3), unused))
static bool ok(bool good, const char *format, ...)
{
	va_list ap;

	tap_count++;
	tap_failed += !good;
	printf("%sok %d - ", good ? "" : "not ", tap_count);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	return good;
}

/* For what is not there on this machine. */
__attribute__((format(printf, 1, 2), unused))
static void skip(const char *format, ...)
{
	va_list ap;

	printf("ok %d # SKIP ", ++tap_count);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

__attribute__((format(printf, 1, 2), unused))
static void note(const char *format, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

__attribute__((noreturn, unused))
static void bail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(99);
}

/* Calls that must work for the test to make sense. */
#define must(call) ({ long r_ = (long)(call); if (r_ == -1) bail(#call); r_; })

__attribute__((unused))
static int finish(void)
{
	printf("1..%d\n", tap_count);
	fflush(stdout);
	return tap_failed ? 1 : 0;
}

/* Exit status of a child, 128 + signal if it was killed. */
__attribute__((unused))
static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			bail("waitpid");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

__attribute__((unused))
static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* xorshift64*: every test prints its seed through the arguments it was given. */
__attribute__((unused))
static uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545f4914f6cdd1dULL;
}

__attribute__((unused))
static long argument(int argc, char **argv, int n, long otherwise)
{
	return argc > n ? strtol(argv[n], NULL, 0) : otherwise;
}

#endif
