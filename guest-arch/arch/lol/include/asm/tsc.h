/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: the time stamp counter is the machine's only counter. */
#ifndef _ASM_LOL_TSC_H
#define _ASM_LOL_TSC_H

#include <linux/types.h>

/* rdtsc needs no site record: it works in ring 3 and the clock page scales it. */
static __always_inline u64 rdtsc(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return low | (u64)high << 32;
}

/* Not before earlier loads: what a clock needs so that it cannot step back between CPUs. */
static __always_inline u64 rdtsc_ordered(void)
{
	u32 low, high;

	asm volatile("lfence\n\trdtsc" : "=a" (low), "=d" (high) : : "memory");
	return low | (u64)high << 32;
}

#endif
