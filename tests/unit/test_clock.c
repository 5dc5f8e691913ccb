// SPDX-License-Identifier: GPL-2.0-only
/* The clock page: monotonic and continuous across corrections, close to the host's clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <x86intrin.h>

#include "host/clock.h"

static struct lol_clock page;

static uint64_t guest_ns(void)
{
	return page.ns + (uint64_t)(((unsigned __int128)(__rdtsc() - page.tsc) * page.mult) >> 32);
}

static uint64_t host_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void runs(void **state)
{
	struct clock clock = { 0 };
	uint64_t before, after, error = 0;
	unsigned int i;

	(void)state;
	clock_measure(&clock);
	clock_start(&clock, &page);
	assert_int_equal(page.seq & 1, 0);
	assert_true(page.tsc_khz > 100000);
	assert_true(page.wall_offset_ns > 1600000000ULL * 1000000000ULL);
	for (i = 0; i < 40; i++) {
		int64_t off;

		usleep(10000);
		before = guest_ns();
		clock_refine(&clock);
		after = guest_ns();
		assert_int_equal(page.seq & 1, 0);
		assert_true(after >= before);
		off = (int64_t)(guest_ns() - (host_ns() - clock.start_ns));
		error = off < 0 ? -off : off;
	}
	/* 400 ms after a start with a rate good to 1 %: generous, for busy hosts */
	assert_true(error < 5000000);
}

/* The host slept: the guest lags and jumps, but only forward. */
static void jumps(void **state)
{
	struct clock clock = { 0 };
	int64_t off;

	(void)state;
	clock_measure(&clock);
	clock_start(&clock, &page);
	clock.start_ns -= 3000000000ULL;
	usleep(1000);
	clock_refine(&clock);
	off = (int64_t)(guest_ns() - (host_ns() - clock.start_ns));
	assert_true(off > -100000000 && off < 100000000);
	clock.start_ns += 3000000000ULL;
	usleep(1000);
	{
		uint64_t before = guest_ns();

		clock_refine(&clock);
		assert_true(guest_ns() >= before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs),
		cmocka_unit_test(jumps),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
