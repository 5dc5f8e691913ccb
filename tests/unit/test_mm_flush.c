// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flush queues: whatever was put in comes out, to everybody it concerns, also
 * when there is too much of it, when a holder of a lock is killed, and when the
 * shared words are nonsense.
 */
#include "tests/unit/mm_test.h"
#include <pthread.h>
#include <sched.h>

static void *state_memory;
static struct lol_state *state;

static int setup(void **unused)
{
	(void)unused;
	state_memory = mmap(0, LOL_STATE_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	state = state_memory;
	return state_memory == MAP_FAILED;
}

static int teardown(void **unused)
{
	(void)unused;
	return munmap(state_memory, LOL_STATE_SIZE);
}

static int in_ranges(const struct mm_range *r, int n, struct mm_range want)
{
	int i;

	for (i = 0; i < n; i++)
		if (r[i].start <= want.start && r[i].end >= want.end)
			return 1;
	return n == MM_FLUSH_ALL;
}

static void test_queue(void **unused)
{
	struct lol_space *space = lol_state_space(state_memory, 3);
	struct mm_range out[LOL_SPACE_FLUSHES], in[200];
	unsigned long i, all = 0;

	(void)unused;
	assert_int_equal(mm_flush_take(space, 1, out), 0);
	for (i = 0; i < trials(5000); i++) {
		unsigned int j, n = (unsigned int)below(120);
		int k, l, got;

		for (j = 0; j < n; j++) {
			in[j].start = below(i % 2 ? 100 : 100000) * PAGE;
			in[j].end = in[j].start + (1 + below(5)) * PAGE;
			assert_int_equal(mm_flush_queue(space, 1, in[j]), 0);
		}
		assert_int_equal(mm_flush_pending(state, space), n != 0);
		got = mm_flush_take(space, 1, out);
		assert_false(mm_flush_pending(state, space));
		all += got == MM_FLUSH_ALL;
		for (j = 0; j < n; j++)
			assert_true(in_ranges(out, got, in[j]));
		for (k = 0; k < got; k++)	/* nothing touches: all was merged */
			for (l = 0; l < k; l++)
				assert_true(out[k].start > out[l].end || out[l].start > out[k].end);
		assert_int_equal(space->lock, 0);
	}
	assert_true(all > 0);
	assert_int_equal(mm_flush_queue(space, 1, (struct mm_range){ 5, 5 }), 0);
	assert_false(mm_flush_pending(state, space));
	/* Nonsense in the shared words. */
	space->nr_flushes = 0xfffffff0;
	assert_int_equal(mm_flush_queue(space, 1, (struct mm_range){ 0, PAGE }), 0);
	assert_int_equal(mm_flush_take(space, 1, out), MM_FLUSH_ALL);
}

static void test_kernel(void **unused)
{
	struct lol_space *slow = lol_state_space(state_memory, 0);
	struct lol_space *fast = lol_state_space(state_memory, 1);
	struct mm_range out[LOL_KERNEL_FLUSHES], in[200];
	unsigned long i;

	(void)unused;
	for (i = 0; i < trials(5000); i++) {
		unsigned int j, n = (unsigned int)below(100);
		int got;

		for (j = 0; j < n; j++) {
			in[j].start = LOL_DIRECT_MAP + below(10000) * PAGE;
			in[j].end = in[j].start + (1 + below(5)) * PAGE;
			assert_int_equal(mm_kernel_flush_add(state, 1, in[j]), 0);
			if (chance(2))
				continue;
			got = mm_kernel_flush_take(state, fast, 1, out);
			assert_true(in_ranges(out, got, in[j]));
		}
		got = mm_kernel_flush_take(state, slow, 1, out);
		assert_true(got == MM_FLUSH_ALL ? n > LOL_KERNEL_FLUSHES : (unsigned int)got <= n);
		for (j = 0; j < n; j++)
			assert_true(in_ranges(out, got, in[j]));
		assert_int_equal(mm_kernel_flush_take(state, slow, 1, out), 0);
		mm_kernel_flush_take(state, fast, 1, out);
	}
	/* A generation from nowhere: everything. */
	slow->kernel_generation = state->kernel_generation + 5;
	assert_int_equal(mm_kernel_flush_take(state, slow, 1, out), MM_FLUSH_ALL);
	slow->kernel_generation = rng();
	assert_int_equal(mm_flush_reset(state, slow, 1), 0);
	assert_false(mm_flush_pending(state, slow));
}

static void test_dead_holder(void **unused)
{
	struct lol_space *space = lol_state_space(state_memory, 7);
	struct mm_range out[64], range = { PAGE, 2 * PAGE };

	(void)unused;
	space->lock = 77;
	space->nr_flushes = 2;
	state->kernel_lock = 77;
	assert_int_equal(mm_flush_queue(space, 1, range), MM_BUSY);
	assert_int_equal(mm_flush_take(space, 1, out), MM_BUSY);
	assert_int_equal(mm_kernel_flush_add(state, 1, range), MM_BUSY);
	mm_flush_owner_died(state, LOL_MAX_SPACES + 5, 76);
	assert_int_equal(mm_flush_queue(space, 1, range), MM_BUSY);
	mm_flush_owner_died(state, LOL_MAX_SPACES, 77);
	assert_int_equal(mm_flush_take(space, 1, out), MM_FLUSH_ALL);
	assert_int_equal(mm_kernel_flush_take(state, space, 1, out), MM_FLUSH_ALL);
	assert_int_equal(mm_kernel_flush_add(state, 1, range), 0);
}

/* Producers and a consumer at once: each range comes out after it went in. */
#define WRITERS 3
static struct {
	uint64_t put[WRITERS];		/* ranges put so far: page number */
	uint64_t kernel_put;
	int done;
} shared;

static void *writer(void *argument)
{
	unsigned long me = (unsigned long)argument, i, j, n = trials(20000);
	struct lol_space *space = lol_state_space(state_memory, 0);

	for (i = 1; i <= n; i++) {
		uint64_t start = ((me << 32) + i) * 2 * PAGE;
		struct mm_range r = { start, start + PAGE };

		while (mm_flush_queue(space, (uint32_t)me + 1, r) == MM_BUSY)
			sched_yield();
		__atomic_store_n(&shared.put[me], i, __ATOMIC_SEQ_CST);
		/* Mostly leave the reader room, so that ranges come out one by one. */
		for (j = 0; i % 8 == 0 && i % 4096 && j < 1000 &&
		     __atomic_load_n(&space->nr_flushes, __ATOMIC_RELAXED) > 20; j++)
			sched_yield();
	}
	__atomic_add_fetch(&shared.done, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static void test_threads(void **unused)
{
	struct lol_space *space = lol_state_space(state_memory, 0);
	uint64_t checked[WRITERS] = { 0 }, counted = 0, all = 0, j;
	struct mm_range out[LOL_SPACE_FLUSHES];
	pthread_t thread[WRITERS];
	uint8_t *out_of[WRITERS];	/* has this range come out? */
	unsigned long w;
	int done;

	(void)unused;
	memset(&shared, 0, sizeof(shared));
	for (w = 0; w < WRITERS; w++) {
		out_of[w] = calloc(1, trials(20000) + 2);
		assert_int_equal(pthread_create(&thread[w], 0, writer, (void *)w), 0);
	}
	do {
		uint64_t put[WRITERS];
		int i, n;

		done = __atomic_load_n(&shared.done, __ATOMIC_SEQ_CST);
		for (w = 0; w < WRITERS; w++)
			put[w] = __atomic_load_n(&shared.put[w], __ATOMIC_SEQ_CST);
		while ((n = mm_flush_take(space, 9, out)) == MM_BUSY)
			sched_yield();
		for (w = 0; w < WRITERS && n == MM_FLUSH_ALL; w++) {
			/* What was put since is out as well; one may be half put. */
			uint64_t last = __atomic_load_n(&shared.put[w], __ATOMIC_SEQ_CST) + 1;

			for (j = checked[w]; j <= last && j <= trials(20000); j++)
				out_of[w][j] = 1;
		}
		all += n == MM_FLUSH_ALL;
		for (i = 0; i < n; i++) {
			uint64_t number = out[i].start / PAGE / 2;

			counted++;
			w = number >> 32;
			assert_true(w < WRITERS && out[i].end == out[i].start + PAGE);
			out_of[w][(uint32_t)number] = 1;
		}
		for (w = 0; w < WRITERS; w++)	/* all that was put before is out */
			for (; checked[w] < put[w]; checked[w]++)
				assert_true(out_of[w][checked[w] + 1]);
	} while (done < WRITERS);
	for (w = 0; w < WRITERS; w++)
		pthread_join(thread[w], 0);
	for (w = 0; w < WRITERS; w++)
		free(out_of[w]);
	print_message("# %lu ranges one by one, %lu times everything\n",
		      (unsigned long)counted, (unsigned long)all);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_queue), T(test_kernel), T(test_dead_holder), T(test_threads),
	};

	return cmocka_run_group_tests_name("mm_flush", tests, 0, 0);
}
