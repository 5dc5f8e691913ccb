/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: get_cycles() is the time stamp counter. */
#ifndef _ASM_LOL_TIMEX_H
#define _ASM_LOL_TIMEX_H

#include <asm/tsc.h>

/* Nothing ticks at this rate; generic code wants a number. */
#define CLOCK_TICK_RATE		1193182

typedef unsigned long long cycles_t;

static inline cycles_t get_cycles(void)
{
	return rdtsc();
}
#define get_cycles get_cycles

#endif
