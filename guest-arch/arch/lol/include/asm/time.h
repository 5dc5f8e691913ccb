/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_LOL_TIME_H
#define _ASM_LOL_TIME_H

#include <lol/boot.h>

/**
 * lol_time_early_init() - make sched_clock() and udelay() work
 * @clock: the clock page, through the direct map
 *
 * Context: setup_arch(), once, before anything wants a delay.
 */
void lol_time_early_init(const struct lol_clock *clock);

/* The clock page in the direct map: the vDSO maps the same frame. */
extern const struct lol_clock *lol_clock_page;

/* Registers this CPU's timer; interrupts off. */
void lol_clockevent_init(void);

#endif
