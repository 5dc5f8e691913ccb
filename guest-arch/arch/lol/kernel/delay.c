// SPDX-License-Identifier: GPL-2.0-only
/*
 * Busy waiting: a loop is a tick of the TSC, so that loops_per_jiffy is known
 * from the clock page and a delay that the host interrupts does not stretch by
 * more than the interruption.
 */
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <asm/processor.h>
#include <asm/tsc.h>

void __delay(unsigned long loops)
{
	u64 start = rdtsc_ordered();

	while (rdtsc_ordered() - start < loops)
		cpu_relax();
}
EXPORT_SYMBOL(__delay);

/* xloops: seconds as a fraction of 2^32, as <asm-generic/delay.h> passes it. */
void __const_udelay(unsigned long xloops)
{
	__delay(((unsigned __int128)xloops * loops_per_jiffy * HZ >> 32) + 1);
}
EXPORT_SYMBOL(__const_udelay);

void __udelay(unsigned long usecs)
{
	__const_udelay(usecs * 0x10c7);		/* 2^32 / 10^6, rounded up */
}
EXPORT_SYMBOL(__udelay);

void __ndelay(unsigned long nsecs)
{
	__const_udelay(nsecs * 5);		/* 2^32 / 10^9, rounded up */
}
EXPORT_SYMBOL(__ndelay);
