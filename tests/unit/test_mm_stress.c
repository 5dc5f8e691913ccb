// SPDX-License-Identifier: GPL-2.0-only
/*
 * I6 on real mappings: two threads walk and map, two threads change entries and
 * flush, all in one host process, where any of them may run at any moment.
 * Each page of RAM holds its own number, so what a flusher reads at an address
 * after its flush tells whether a mapping of the old page is still there.
 *
 * The same with the generation ignored, or without waiting for walks, must find
 * stale mappings; otherwise the test would prove nothing.
 */
#include "tests/unit/mm_test.h"
#include <pthread.h>
#include <sched.h>
#include <sys/uio.h>
#include <unistd.h>

#define VA		0x500000000000ULL
#define PAGES		16U
#define SET(s)		((64 + (s) * PAGES) * PAGE)	/* RAM of set s */
#define RAM_SIZE	(128 * PAGE)
#define WALKERS		2
#define FLUSHERS	2

static struct {
	struct mm_ram ram;
	int fd;
	uint64_t *entry[PAGES];
	struct mm_section section[WALKERS];
	int check_generation, wait_for_walks;
	int stop;
	unsigned long trials, stale, retries, mapped;
} test;

static void dawdle(unsigned int *seed)
{
	int i = rand_r(seed) % 400;

	if (rand_r(seed) % 16 == 0)
		sched_yield();
	while (i--)
		__builtin_ia32_pause();
}

static void *walker(void *argument)
{
	struct mm_section *section = argument;
	unsigned int seed = (unsigned int)(section - test.section) + 1;

	while (!__atomic_load_n(&test.stop, __ATOMIC_RELAXED)) {
		uint64_t va = VA + (unsigned int)rand_r(&seed) % PAGES * PAGE;
		int stale;

		do {
			uint64_t g = mm_walk_begin(section);
			struct mm_run run;
			uint32_t code;

			stale = 0;
			if (mm_fault(&test.ram, gpa(0), gva(va), MM_READ | MM_USER, &run,
				     &code) == MM_MAP) {
				dawdle(&seed);
				if (mmap((void *)run.va.v, run.length, PROT_READ,
					 MAP_SHARED | MAP_FIXED, test.fd,
					 (off_t)run.gpa.v) == MAP_FAILED)
					abort();
				if (!test.wait_for_walks)
					sched_yield();	/* stale for longer: easier to find */
				stale = test.check_generation && mm_walk_stale(section, g);
				if (stale)
					munmap((void *)run.va.v, run.length);
				__atomic_add_fetch(stale ? &test.retries : &test.mapped, 1,
						   __ATOMIC_RELAXED);
			}
			mm_walk_end(section);
		} while (stale && !__atomic_load_n(&test.stop, __ATOMIC_RELAXED));
	}
	return 0;
}

/* What is at an address, without a signal where nothing is; 0: nothing. */
static uint64_t peek(uint64_t va)
{
	uint64_t value = 0;
	struct iovec to = { &value, 8 }, from = { (void *)va, 8 };

	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 8 ? value : 0;
}

static void *flusher(void *argument)
{
	unsigned long me = (unsigned long)argument, i;
	unsigned int seed = (unsigned int)me + 100;

	for (i = 0; i < test.trials / FLUSHERS; i++) {
		/* Each flusher has pages of its own: nobody else changes them. */
		unsigned int page = (unsigned int)rand_r(&seed) % (PAGES / FLUSHERS) * FLUSHERS +
				    (unsigned int)me;
		uint64_t old = __atomic_load_n(test.entry[page], __ATOMIC_RELAXED) & ADDRESS;
		uint64_t new = SET((unsigned int)rand_r(&seed) % 3) + page * PAGE;
		uint64_t va = VA + page * PAGE, seen[WALKERS], value;
		unsigned int w;

		if (new == old)
			new = 0;
		__atomic_store_n(test.entry[page], new ? new | P | US | A : 0, __ATOMIC_SEQ_CST);

		for (w = 0; w < WALKERS; w++)
			seen[w] = mm_flush_begin(&test.section[w]);
		munmap((void *)va, PAGE);
		for (w = 0; w < WALKERS && test.wait_for_walks; w++)
			while (!mm_walk_passed(&test.section[w], seen[w]))
				sched_yield();

		value = peek(va);
		if (old && value == old)
			__atomic_add_fetch(&test.stale, 1, __ATOMIC_RELAXED);
		dawdle(&seed);
	}
	return 0;
}

static void run(unsigned long n, int check_generation, int wait_for_walks)
{
	pthread_t walk[WALKERS], flush[FLUSHERS];
	uint64_t next = PAGE, i;

	memset(&test, 0, sizeof(test));
	test.trials = n;
	test.check_generation = check_generation;
	test.wait_for_walks = wait_for_walks;
	test.fd = memfd_create("ram", MFD_CLOEXEC);
	assert_int_equal(ftruncate(test.fd, RAM_SIZE), 0);
	test.ram = (struct mm_ram){ mmap(0, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
					 test.fd, 0), RAM_SIZE };
	assert_true(test.ram.base != MAP_FAILED);
	for (i = 0; i < PAGES; i++)
		test.entry[i] = table_map(test.ram, 0, &next, VA + i * PAGE, 0, 1);
	for (i = 64; i < 128; i++)
		*ram_at(test.ram, i * PAGE) = i * PAGE;

	for (i = 0; i < WALKERS; i++)
		assert_int_equal(pthread_create(&walk[i], 0, walker, &test.section[i]), 0);
	for (i = 0; i < FLUSHERS; i++)
		assert_int_equal(pthread_create(&flush[i], 0, flusher, (void *)i), 0);
	for (i = 0; i < FLUSHERS; i++)
		pthread_join(flush[i], 0);
	__atomic_store_n(&test.stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < WALKERS; i++)
		pthread_join(walk[i], 0);
	munmap((void *)VA, PAGES * PAGE);
	munmap(test.ram.base, RAM_SIZE);
	close(test.fd);
	print_message("# %lu flushes, %lu mappings kept, %lu taken back, %lu stale\n", n,
		      test.mapped, test.retries, test.stale);
}

static void test_with_sections(void **unused)
{
	(void)unused;
	run(trials(20000), 1, 1);
	assert_int_equal(test.stale, 0);
	assert_true(test.mapped > 1000 && test.retries > 0);
}

/*
 * How often it shows depends on the host's scheduler.  Where it does not show in a
 * minute, nothing is said about the defence that was off: the test is skipped.
 */
static void run_until_stale(int check_generation, int wait_for_walks)
{
	time_t end = time(NULL) + 60;

	while (!test.stale && time(NULL) < end)
		run(trials(20000), check_generation, wait_for_walks);
	if (!test.stale)
		skip();
}

static void test_without_generation(void **unused)
{
	(void)unused;
	test.stale = 0;
	run_until_stale(0, 1);
	assert_true(test.stale > 0);
}

static void test_without_waiting(void **unused)
{
	(void)unused;
	test.stale = 0;
	run_until_stale(1, 0);
	assert_true(test.stale > 0);
}

static void test_abandon(void **unused)
{
	struct mm_section section = { 0, 0 };
	uint64_t g, seen;

	(void)unused;
	seen = mm_flush_begin(&section);
	assert_true(mm_walk_passed(&section, seen));
	g = mm_walk_begin(&section);
	assert_false(mm_walk_stale(&section, g));
	seen = mm_flush_begin(&section);
	assert_true(mm_walk_stale(&section, g));
	assert_false(mm_walk_passed(&section, seen));
	mm_walk_abandon(&section);
	assert_true(mm_walk_passed(&section, seen));
	mm_walk_abandon(&section);
	mm_walk_begin(&section);
	seen = mm_flush_begin(&section);
	mm_walk_end(&section);
	mm_walk_begin(&section);
	assert_true(mm_walk_passed(&section, seen));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_with_sections),
		cmocka_unit_test(test_without_generation),
		cmocka_unit_test(test_without_waiting),
		cmocka_unit_test(test_abandon),
	};

	return cmocka_run_group_tests_name("mm_stress", tests, 0, 0);
}
