/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_LOL_VCLOCK_H
#define _ASM_LOL_VCLOCK_H

/*
 * Reading the clock page, for the kernel and the vDSO alike: no calls, no
 * per-CPU data, no kernel addresses.
 */

#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/tsc.h>
#include <lol/boot.h>

/* Ticks since the page was written, in nanoseconds, added to the time then. */
static __always_inline u64 lol_clock_scale(const struct lol_clock *clock, u64 tsc)
{
	u64 delta = tsc - READ_ONCE(clock->tsc);

	/* Another CPU may have seen a page that is newer than our TSC. */
	if (unlikely((s64)delta < 0))
		delta = 0;
	return READ_ONCE(clock->ns) +
	       (u64)(((unsigned __int128)delta * READ_ONCE(clock->mult)) >> 32);
}

/**
 * lol_clock_read() - nanoseconds since the guest's time zero
 * @clock: the clock page, in the direct map or in the vDSO's data
 *
 * Monotonic between CPUs as long as the host's TSC is: the read is ordered.
 * Context: any, never sleeps.
 */
static __always_inline u64 lol_clock_read(const struct lol_clock *clock)
{
	u32 seq;
	u64 ns;

	do {
		/* An odd number never equals the one that is read below. */
		seq = READ_ONCE(clock->seq) & ~1U;
		barrier();	/* loads are not reordered with loads on x86 */
		ns = lol_clock_scale(clock, rdtsc_ordered());
		barrier();
	} while (unlikely(seq != READ_ONCE(clock->seq)));

	return ns;
}

#endif
