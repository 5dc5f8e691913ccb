/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_DELAY_H
#define LOL_DELAY_H

/*
 * Included before all else in the wedge and the monitor of build/tests/weak/DELAY:
 * before each atomic operation one of them now and then does nothing for a while, as
 * if the host had taken the CPU away.  Where processes share words, what is between
 * two of these is a step, and so steps of different processes come in orders that a
 * host with CPUs to spare never shows.
 *
 * One in LOL_DELAY_RARE waits for some 2^n ticks of the TSC, each n below
 * LOL_DELAY_BITS being as likely: short windows are hit by short delays.
 */
#ifndef __ASSEMBLER__

#ifndef LOL_DELAY_RARE
#define LOL_DELAY_RARE	16	/* a power of two */
#endif
#define LOL_DELAY_BITS	24	/* up to some milliseconds */

static __attribute__((noinline, unused)) void lol_delay(void)
{
	unsigned long long start = __builtin_ia32_rdtsc(), dice = start * 0x9e3779b97f4a7c15ULL >> 32;

	if (dice % LOL_DELAY_RARE)
		return;
	dice = 1ULL << dice / LOL_DELAY_RARE % LOL_DELAY_BITS;
	while (__builtin_ia32_rdtsc() - start < dice)
		__builtin_ia32_pause();
}

/* those that only look again and again would only take time */
#define __atomic_load_n(word, order) \
	({ if ((order) != __ATOMIC_RELAXED) lol_delay(); __atomic_load_n(word, order); })
#define __atomic_store_n(...)		(lol_delay(), __atomic_store_n(__VA_ARGS__))
#define __atomic_exchange_n(...)	(lol_delay(), __atomic_exchange_n(__VA_ARGS__))
#define __atomic_compare_exchange_n(...) (lol_delay(), __atomic_compare_exchange_n(__VA_ARGS__))
#define __atomic_fetch_or(...)		(lol_delay(), __atomic_fetch_or(__VA_ARGS__))
#define __atomic_fetch_and(...)		(lol_delay(), __atomic_fetch_and(__VA_ARGS__))
#define __atomic_fetch_add(...)		(lol_delay(), __atomic_fetch_add(__VA_ARGS__))
#define __atomic_add_fetch(...)		(lol_delay(), __atomic_add_fetch(__VA_ARGS__))
#define __atomic_thread_fence(...)	(lol_delay(), __atomic_thread_fence(__VA_ARGS__))

#endif

#endif
