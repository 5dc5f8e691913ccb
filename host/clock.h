/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_CLOCK_H
#define HOST_CLOCK_H

#include <stdint.h>

#include <lol/boot.h>

/* The guest's clock, see clock.c. */
struct clock {
	struct lol_clock *page;	/* in guest RAM: written here, never trusted */
	struct lol_clock now;	/* what was last written */
	uint64_t start_ns;	/* CLOCK_MONOTONIC at the guest's time zero */
	uint64_t first_tsc, first_ns;	/* the pair that long measurements start from */
};

/** clock_measure - begin to measure the TSC; the longer before clock_start() the better */
void clock_measure(struct clock *clock);

/**
 * clock_start - the guest's time begins now
 * @clock: clock_measure() was called for it
 * @page: the clock page in guest RAM
 *
 * Waits until 2 ms have been measured, where the CPU does not tell its TSC
 * frequency.
 */
void clock_start(struct clock *clock, struct lol_clock *page);

/** clock_refine - correct rate and drift; about once a second */
void clock_refine(struct clock *clock);

/** clock_ticks_ns - nanoseconds of guest time that @ticks of the TSC take */
static inline uint64_t clock_ticks_ns(const struct clock *clock, uint64_t ticks)
{
	return ((unsigned __int128)ticks * clock->now.mult) >> 32;
}

#endif
