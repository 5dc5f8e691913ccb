// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clock page.
 *
 * The guest reads the TSC and scales it with what the monitor measured against
 * CLOCK_MONOTONIC.  The first rate comes from CPUID or from 2 ms of measuring;
 * from then on the rate is taken over all the time since the start, so it
 * becomes exact to parts per billion within seconds.
 *
 * The guest's time is continuous: a new page starts from what the old one says
 * for this very TSC value, and the difference from the host's clock is worked
 * off by rate, 1 part in 2000 at most.  Only when the guest lags by more than
 * half a second (the host was suspended, the TSC was stopped) does it jump, and
 * only forward.
 *
 * Source: Intel SDM, CPUID leaves 15h and 16h; volume 3, "Time-Stamp Counter".
 *
 * Calls after start-up: clock_gettime
 */
#include <cpuid.h>
#include <time.h>
#include <x86intrin.h>

#include "host/clock.h"

#define SECOND		1000000000ULL
#define CALIBRATION	(2 * SECOND / 1000)
#define SLEW		2000	/* correct by at most 1 part in so many */
#define JUMP		(SECOND / 2)

static uint64_t host_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

/* A TSC value and the host time that belongs to it: the tightest of several tries. */
static void sample(uint64_t *tsc, uint64_t *ns)
{
	uint64_t best = UINT64_MAX;
	int i;

	for (i = 0; i < 8; i++) {
		uint64_t before = __rdtsc();
		uint64_t now = host_ns(CLOCK_MONOTONIC);
		uint64_t after = __rdtsc();

		if (after - before < best) {
			best = after - before;
			*tsc = before + (after - before) / 2;
			*ns = now;
		}
	}
}

static uint64_t rate(uint64_t ns, uint64_t ticks)
{
	return (uint64_t)(((unsigned __int128)ns << 32) / ticks);
}

/* Nanoseconds per tick, 32.32, as the CPU states it; 0: it does not. */
static uint64_t stated_rate(void)
{
	unsigned int a = 0, b = 0, c = 0, d = 0;
	uint64_t hz;

	if (!__get_cpuid(0x15, &a, &b, &c, &d) || !a || !b)
		return 0;
	if (c) {
		hz = (uint64_t)c * b / a;
	} else {
		unsigned int mhz = 0;

		/* The crystal's frequency is not given: the base frequency is the TSC's. */
		if (!__get_cpuid(0x16, &mhz, &b, &c, &d) || !mhz)
			return 0;
		hz = mhz * 1000000ULL;
	}
	return hz ? rate(SECOND, hz) : 0;
}

static uint64_t measured_rate(const struct clock *clock)
{
	uint64_t tsc, ns;

	while (host_ns(CLOCK_MONOTONIC) - clock->first_ns < CALIBRATION)
		;
	sample(&tsc, &ns);
	return tsc > clock->first_tsc ? rate(ns - clock->first_ns, tsc - clock->first_tsc) : 1ULL << 32;
}

/* Sequence lock, writer's side: odd while the fields change. */
static void publish(struct clock *clock)
{
	struct lol_clock *page = clock->page;
	uint32_t seq = ++clock->now.seq | 1;

	__atomic_store_n(&page->seq, seq, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	page->tsc_khz = clock->now.tsc_khz;
	page->tsc = clock->now.tsc;
	page->ns = clock->now.ns;
	page->mult = clock->now.mult;
	page->wall_offset_ns = clock->now.wall_offset_ns;
	clock->now.seq = seq + 1;
	__atomic_store_n(&page->seq, seq + 1, __ATOMIC_RELEASE);
}

static void describe(struct clock *clock, uint64_t true_rate)
{
	clock->now.tsc_khz = (1000000ULL << 32) / true_rate;
	clock->now.wall_offset_ns = host_ns(CLOCK_REALTIME) - (host_ns(CLOCK_MONOTONIC) - clock->start_ns);
}

void clock_measure(struct clock *clock)
{
	sample(&clock->first_tsc, &clock->first_ns);
}

void clock_start(struct clock *clock, struct lol_clock *page)
{
	uint64_t mult = stated_rate(), tsc;

	clock->page = page;
	if (!mult)
		mult = measured_rate(clock);
	sample(&tsc, &clock->start_ns);
	clock->now.tsc = tsc;
	clock->now.ns = 0;
	clock->now.mult = mult ? mult : 1;
	describe(clock, clock->now.mult);
	publish(clock);
}

void clock_refine(struct clock *clock)
{
	uint64_t tsc, ns, host, guest, true_rate;
	int64_t behind, limit;

	sample(&tsc, &ns);
	if (tsc <= clock->now.tsc || ns <= clock->first_ns)
		return;
	true_rate = rate(ns - clock->first_ns, tsc - clock->first_tsc);
	if (!true_rate)
		return;
	host = ns - clock->start_ns;
	guest = clock->now.ns + (uint64_t)(((unsigned __int128)(tsc - clock->now.tsc) * clock->now.mult) >> 32);
	behind = host - guest;
	if (behind > (int64_t)JUMP) {
		guest = host;
		behind = 0;
		/* The TSC did not count that time: measure afresh. */
		clock->first_tsc = tsc;
		clock->first_ns = ns;
		true_rate = clock->now.mult;
	}
	/* Work the difference off within about a second. */
	limit = SECOND / SLEW;
	if (behind > limit)
		behind = limit;
	if (behind < -limit)
		behind = -limit;
	clock->now.tsc = tsc;
	clock->now.ns = guest;
	clock->now.mult = true_rate + (int64_t)((__int128)true_rate * behind / (int64_t)SECOND);
	describe(clock, true_rate);
	publish(clock);
}
