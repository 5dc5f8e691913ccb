/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MM_TEST_H
#define MM_TEST_H

/* What the tests of mm-emulation share: cmocka, RAM between guard pages, numbers. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include "mm-emulation/mm.h"

#define P	(1ULL << 0)
#define RW	(1ULL << 1)
#define US	(1ULL << 2)
#define A	(1ULL << 5)
#define D	(1ULL << 6)
#define PS	(1ULL << 7)
#define NX	(1ULL << 63)
#define ADDRESS	0x000ffffffffff000ULL
#define PAGE	MM_PAGE_SIZE

static uint64_t rng_state = 0x9e3779b97f4a7c15ULL;

static inline uint64_t rng(void)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return rng_state * 0x2545f4914f6cdd1dULL;
}

static inline uint64_t below(uint64_t n)
{
	return (rng() >> 11) % n;
}

/* One in n. */
static inline int chance(unsigned int n)
{
	return below(n) == 0;
}

/* LOL_TRIALS in the environment multiplies, in percent: a long run by hand. */
static inline unsigned long trials(unsigned long n)
{
	const char *s = getenv("LOL_TRIALS");

	return s ? n * strtoul(s, 0, 0) / 100 : n;
}

/* Guest RAM between two pages that cannot be touched. */
static inline struct mm_ram ram_new(uint64_t size)
{
	uint8_t *p = mmap(0, size + 2 * PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_true(p != MAP_FAILED);
	assert_int_equal(mprotect(p + PAGE, size, PROT_READ | PROT_WRITE), 0);
	return (struct mm_ram){ p + PAGE, size };
}

static inline void ram_free(struct mm_ram ram)
{
	munmap(ram.base - PAGE, ram.size + 2 * PAGE);
}

static inline uint64_t *ram_at(struct mm_ram ram, uint64_t at)
{
	return (uint64_t *)(ram.base + at);
}

static inline unsigned int index_of(uint64_t va, int level)
{
	return (va >> (12 + 9 * (level - 1))) & 511;
}

/*
 * Tables built on purpose: maps va to at in the tables of root, taking pages for
 * tables from *next.  level 1: 4 KiB, 2: 2 MiB.
 */
static inline uint64_t *table_map(struct mm_ram ram, uint64_t root, uint64_t *next,
				  uint64_t va, uint64_t entry, int leaf)
{
	uint64_t table = root;
	int level;

	for (level = 4; level > leaf; level--) {
		uint64_t *e = ram_at(ram, table) + index_of(va, level);

		if (!(*e & P)) {
			memset(ram_at(ram, *next), 0, PAGE);
			*e = *next | P | RW | US | A;
			*next += PAGE;
		}
		table = *e & ADDRESS;
	}
	ram_at(ram, table)[index_of(va, leaf)] = entry;
	return ram_at(ram, table) + index_of(va, leaf);
}

#endif
