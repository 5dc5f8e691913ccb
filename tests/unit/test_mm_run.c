// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs over tables built on purpose: how far they grow, where they must stop,
 * and what mm_fill() finds.  That no run ever holds a page it may not hold is
 * test_mm_walk.c's business.
 */
#include "tests/unit/mm_test.h"

#define RAM_SIZE	(32ULL << 20)
#define DATA		(8ULL << 20)	/* tables lie below */
#define VA		0x10000000ULL	/* 2 MiB aligned */
#define USER		(P | RW | US | A | D | NX)

static struct mm_ram ram;
static uint64_t next;

static int setup(void **unused)
{
	(void)unused;
	ram = ram_new(RAM_SIZE);
	next = PAGE;
	return 0;
}

static int teardown(void **unused)
{
	(void)unused;
	ram_free(ram);
	return 0;
}

static uint64_t *map(uint64_t va, uint64_t entry)
{
	return table_map(ram, 0, &next, va, entry, 1);
}

static void map_range(uint64_t va, uint64_t at, uint64_t size, uint64_t flags)
{
	uint64_t i;

	for (i = 0; i < size; i += PAGE)
		map(va + i, (at + i) | flags);
}

static struct mm_run fault(uint64_t va, unsigned int access)
{
	struct mm_run run = { { 0 }, { 0 }, 0, 0 };
	uint32_t code;

	assert_int_equal(mm_fault(&ram, gpa(0), gva(va), access, &run, &code), MM_MAP);
	return run;
}

#define assert_run(run, at, ram_at, size, protection) do {	\
	assert_int_equal((run).va.v, at);		\
	assert_int_equal((run).gpa.v, ram_at);		\
	assert_int_equal((run).length, size);		\
	assert_int_equal((run).prot, protection);	\
} while (0)

static void test_both_ways(void **unused)
{
	(void)unused;
	map_range(VA + 0x10000, DATA, 0x20000, USER);
	assert_run(fault(VA + 0x18123, MM_READ | MM_USER), VA + 0x10000, DATA, 0x20000,
		   MM_READ | MM_WRITE);
	assert_run(fault(VA + 0x10000, MM_WRITE | MM_USER), VA + 0x10000, DATA, 0x20000,
		   MM_READ | MM_WRITE);
	assert_run(fault(VA + 0x2ffff, MM_WRITE | MM_USER), VA + 0x10000, DATA, 0x20000,
		   MM_READ | MM_WRITE);
}

static void test_neighbours(void **unused)
{
	/* Each of these makes page 4 no neighbour of page 3. */
	const uint64_t other[] = {
		0, USER & ~A, USER & ~D, USER & ~RW, USER & ~US, USER & ~NX, USER & ~P,
	};
	unsigned int i;

	(void)unused;
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		uint64_t *e;

		map_range(VA, DATA, 8 * PAGE, USER);
		e = map(VA + 4 * PAGE, other[i] ? (DATA + 4 * PAGE) | other[i] : 0);
		assert_run(fault(VA + PAGE, MM_WRITE | MM_USER), VA, DATA, 4 * PAGE,
			   MM_READ | MM_WRITE);
		assert_run(fault(VA + 6 * PAGE, MM_READ | MM_USER), VA + 5 * PAGE,
			   DATA + 5 * PAGE, 3 * PAGE, MM_READ | MM_WRITE);
		assert_int_equal(*e, other[i] ? (DATA + 4 * PAGE) | other[i] : 0);
	}
	/* Not contiguous in RAM. */
	map(VA + 4 * PAGE, (DATA + 40 * PAGE) | USER);
	assert_run(fault(VA, MM_READ | MM_USER), VA, DATA, 4 * PAGE, MM_READ | MM_WRITE);
	assert_run(fault(VA + 4 * PAGE, MM_READ | MM_USER), VA + 4 * PAGE, DATA + 40 * PAGE,
		   PAGE, MM_READ | MM_WRITE);
}

static void test_clean_page(void **unused)
{
	uint64_t *e;

	(void)unused;
	map_range(VA, DATA, 8 * PAGE, USER & ~D);
	e = map(VA + 7 * PAGE, (DATA + 7 * PAGE) | (USER & ~D & ~A));
	/* A read: read-only, over clean and accessed neighbours. */
	assert_run(fault(VA + 3 * PAGE, MM_READ | MM_USER), VA, DATA, 7 * PAGE, MM_READ);
	assert_int_equal(*e & (A | D), 0);
	/* A write: this page alone, since the others are clean. */
	assert_run(fault(VA + 3 * PAGE, MM_WRITE | MM_USER), VA + 3 * PAGE, DATA + 3 * PAGE,
		   PAGE, MM_READ | MM_WRITE);
	assert_run(fault(VA + 4 * PAGE, MM_WRITE | MM_USER), VA + 3 * PAGE, DATA + 3 * PAGE,
		   2 * PAGE, MM_READ | MM_WRITE);
}

static void test_across_tables(void **unused)
{
	(void)unused;
	/* 1.5 MiB below and above a 2 MiB boundary: own block first, 2 MiB in all. */
	map_range(VA + 0x80000, DATA, 0x300000, USER);
	assert_run(fault(VA + 0x100000, MM_READ | MM_USER), VA + 0x80000, DATA, 0x200000,
		   MM_READ | MM_WRITE);
	assert_run(fault(VA + 0x200000, MM_READ | MM_USER), VA + 0x180000, DATA + 0x100000,
		   0x200000, MM_READ | MM_WRITE);
	/* A whole block goes as a block. */
	map_range(VA + 0x600000, DATA, 0x600000, USER);
	assert_run(fault(VA + 0x812345, MM_READ | MM_USER), VA + 0x800000, DATA + 0x200000,
		   0x200000, MM_READ | MM_WRITE);
}

static void test_large_leaves(void **unused)
{
	uint64_t va = LOL_DIRECT_MAP, i;
	struct mm_run run;

	(void)unused;
	/* The direct map of RAM and beyond: one run, cut where RAM ends. */
	for (i = 0; i < RAM_SIZE + 4 * MM_HUGE_SIZE; i += MM_HUGE_SIZE)
		table_map(ram, 0, &next, va + i, i | P | RW | A | D | PS | NX, 2);
	/* the tables' own upper entries have US; the leaf decides */
	assert_run(fault(va + 0x543210, MM_WRITE), va, 0, RAM_SIZE, MM_READ | MM_WRITE);
	ram.size -= 0x5000;
	assert_run(fault(va, MM_READ), va, 0, RAM_SIZE - 0x5000, MM_READ | MM_WRITE);
	ram.size += 0x5000;
	/* Text, read-only, in the middle. */
	table_map(ram, 0, &next, va + 0x400000, 0x400000 | P | A | PS, 2);
	assert_run(fault(va + 0x300000, MM_READ), va, 0, 0x400000, MM_READ | MM_WRITE);
	assert_run(fault(va + 0x500000, MM_EXEC), va + 0x400000, 0x400000, 0x200000,
		   MM_READ | MM_EXEC);
	/* 4 KiB leaves amid large ones do not break a run. */
	memset(ram_at(ram, next), 0, PAGE);
	for (i = 0; i < 512; i++)
		ram_at(ram, next)[i] = (0x800000 + i * PAGE) | P | RW | A | D | NX;
	table_map(ram, 0, &next, va + 0x800000, next | P | RW | A, 2);
	assert_run(fault(va + 0xa00000, MM_WRITE), va + 0x600000, 0x600000,
		   RAM_SIZE - 0x600000, MM_READ | MM_WRITE);
	/* A large leaf of user memory is one run, never two. */
	table_map(ram, 0, &next, VA, DATA | USER | PS, 2);
	table_map(ram, 0, &next, VA + MM_HUGE_SIZE, (DATA + MM_HUGE_SIZE) | USER | PS, 2);
	run = fault(VA + 0x2ff000, MM_READ | MM_USER);
	assert_run(run, VA + MM_HUGE_SIZE, DATA + MM_HUGE_SIZE, MM_HUGE_SIZE,
		   MM_READ | MM_WRITE);
}

static void test_borders(void **unused)
{
	uint64_t at = DATA;

	(void)unused;
	/* Contiguous across every border there is, user bit or not as needed. */
	map_range(LOL_USER_START - 8 * PAGE, at, 16 * PAGE, USER);
	assert_run(fault(LOL_USER_START, MM_READ | MM_USER), LOL_USER_START, at + 8 * PAGE,
		   8 * PAGE, MM_READ | MM_WRITE);
	map_range(LOL_USER_END - 8 * PAGE, at, 8 * PAGE, USER);
	map_range(LOL_USER_END, at + 8 * PAGE, 8 * PAGE, USER);
	assert_run(fault(LOL_USER_END - PAGE, MM_READ | MM_USER), LOL_USER_END - 8 * PAGE, at,
		   8 * PAGE, MM_READ | MM_WRITE);
	map_range(LOL_DIRECT_MAP_END - 8 * PAGE, at, 16 * PAGE, USER & ~US);
	assert_run(fault(LOL_VMALLOC_START, MM_READ), LOL_VMALLOC_START, at + 8 * PAGE,
		   8 * PAGE, MM_READ | MM_WRITE);
	map_range(LOL_NEAR_START - 8 * PAGE, at, 16 * PAGE, USER & ~US);
	assert_run(fault(LOL_NEAR_START - PAGE, MM_READ), LOL_NEAR_START - 8 * PAGE, at,
		   8 * PAGE, MM_READ | MM_WRITE);
	map_range(LOL_NEAR_END - 8 * PAGE, at, 16 * PAGE, USER & ~US);
	assert_run(fault(LOL_NEAR_END, MM_READ), LOL_NEAR_END, at + 8 * PAGE, 8 * PAGE,
		   MM_READ | MM_WRITE);
	map_range(LOL_KERNEL_END - 8 * PAGE, at, 16 * PAGE, USER & ~US);
	assert_run(fault(LOL_KERNEL_END - PAGE, MM_READ), LOL_KERNEL_END - 8 * PAGE, at,
		   8 * PAGE, MM_READ | MM_WRITE);
	/* RAM begins and ends inside a run. */
	map_range(VA, RAM_SIZE - 4 * PAGE, 8 * PAGE, USER);
	assert_run(fault(VA, MM_READ | MM_USER), VA, RAM_SIZE - 4 * PAGE, 4 * PAGE,
		   MM_READ | MM_WRITE);
	map(VA - PAGE, ((0 - PAGE) & ADDRESS) | USER);
	map_range(VA, 0, PAGE, USER);
	assert_run(fault(VA, MM_READ | MM_USER), VA, 0, PAGE, MM_READ | MM_WRITE);
}

static void test_window(void **unused)
{
	struct mm_run run;
	uint32_t code;

	(void)unused;
	map_range(VA, DATA, 0x200000, USER);
#define WITHIN(from, to) \
	assert_int_equal(mm_fault_within(&ram, gpa(0), gva(VA + 0x5123), MM_READ | MM_USER, \
					 (struct mm_range){ from, to }, &run, &code), MM_MAP)
	WITHIN(VA + 0x5000, VA + 0x6000);
	assert_run(run, VA + 0x5000, DATA + 0x5000, PAGE, MM_READ | MM_WRITE);
	WITHIN(VA + 0x3000, VA + 0x16000);
	assert_run(run, VA + 0x3000, DATA + 0x3000, 0x13000, MM_READ | MM_WRITE);
	WITHIN(0, ~0ULL);
	assert_run(run, VA, DATA, 0x200000, MM_READ | MM_WRITE);
}

static void test_fill(void **unused)
{
	struct mm_range range = { 0, LOL_USER_END };
	struct mm_run run;
	unsigned int n;

	(void)unused;
	map_range(VA, DATA, 0x300000, USER);
	map(VA + 5 * PAGE, (DATA + 5 * PAGE) | (USER & ~A));	/* old: left out */
	map(VA + 9 * PAGE, (DATA + 9 * PAGE) | (USER & ~D));	/* clean: read-only */
	map(VA + 12 * PAGE, (DATA + 12 * PAGE) | (USER & ~US));	/* not the user's */
	map_range(0x7ffff000, DATA, PAGE, USER & ~RW);
#define NEXT(at, size, protection) do {					\
	assert_int_equal(mm_fill(&ram, gpa(0), &range, &run), 1);	\
	assert_run(run, at, DATA + (at) - VA, size, protection);	\
	assert_int_equal(range.start, (at) + (size));			\
} while (0)
	NEXT(VA, 5 * PAGE, MM_READ | MM_WRITE);
	NEXT(VA + 6 * PAGE, 3 * PAGE, MM_READ | MM_WRITE);
	NEXT(VA + 9 * PAGE, PAGE, MM_READ);
	NEXT(VA + 10 * PAGE, 2 * PAGE, MM_READ | MM_WRITE);
	NEXT(VA + 13 * PAGE, MM_RUN_MAX, MM_READ | MM_WRITE);
	NEXT(VA + 13 * PAGE + MM_RUN_MAX, 0x100000 - 13 * PAGE, MM_READ | MM_WRITE);
	assert_int_equal(mm_fill(&ram, gpa(0), &range, &run), 1);
	assert_run(run, 0x7ffff000, DATA, PAGE, MM_READ);
	assert_int_equal(mm_fill(&ram, gpa(0), &range, &run), 0);
	assert_int_equal(range.start, range.end);
	/* A part of it: never beyond. */
	range = (struct mm_range){ VA + 0x1234, VA + 0x2234 };
	assert_int_equal(mm_fill(&ram, gpa(0), &range, &run), 1);
	assert_run(run, VA + PAGE, DATA + PAGE, 2 * PAGE, MM_READ | MM_WRITE);
	/* The cost of nothing is bounded: an endless sea of pages outside RAM. */
	for (n = 0; n < 512; n++)
		ram_at(ram, 0)[n] = ram_at(ram, DATA)[n] = DATA | P | US | RW;
	range = (struct mm_range){ LOL_USER_START, LOL_USER_END };
	for (n = 0; n < 100 && mm_fill(&ram, gpa(0), &range, &run); n++)
		;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_both_ways), T(test_neighbours), T(test_clean_page),
		T(test_across_tables), T(test_large_leaves), T(test_borders), T(test_window),
		T(test_fill),
	};

	return cmocka_run_group_tests_name("mm_run", tests, 0, 0);
}
