// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host spends: the count of page-table pages against one made from
 * scratch, its bound under pages far apart, the sum over spaces, and who goes.
 */
#include "tests/unit/mm_test.h"

#define SPACES	8
#define GIB	(1ULL << 30)

static struct mm_tlb *tlb;

static int setup(void **unused)
{
	(void)unused;
	tlb = calloc(1, sizeof(*tlb));
	return !tlb;
}

static int teardown(void **unused)
{
	(void)unused;
	free(tlb);
	return 0;
}

static uint32_t once(const struct mm_tlb *t, unsigned int shift)
{
	uint32_t i, j, n = 0;

	for (i = 0; i < t->fresh; i++) {
		if (!t->region[i].number)
			continue;
		for (j = 0; j < i; j++)
			if (t->region[j].number &&
			    (t->region[j].number - 1) >> shift == (t->region[i].number - 1) >> shift)
				break;
		n += j == i;
	}
	return n;
}

static uint64_t draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Some GiB in some TiB, so that neighbours on each level come and go. */
static uint64_t somewhere(uint64_t *seed)
{
	uint64_t r = draw(seed);

	return 0x100000000000ULL + (r % 3 << 39) + ((r >> 8) % 4 << 30) + ((r >> 16) % 20 << 21) + ((r >> 24) % 512 << 12);
}

static void test_count(void **unused)
{
	uint64_t seed = 42;
	int i;

	(void)unused;
	for (i = 0; i < 4000; i++) {
		uint64_t at = somewhere(&seed), length = PAGE << draw(&seed) % 10;
		struct mm_run run = { gva(at), gpa(PAGE * (i + 1)), length, MM_READ | MM_WRITE };

		if (draw(&seed) % 2)
			assert_true(mm_tlb_note_map(tlb, &run));
		else
			mm_tlb_note_unmap(tlb, (struct mm_range){ at, at + (length << draw(&seed) % 14) });
		if (i % 16 == 0)
			assert_int_equal(tlb->tables, once(tlb, 0) + once(tlb, 9) + once(tlb, 18));
	}
	mm_tlb_clear(tlb);
	assert_int_equal(tlb->tables, 0);
}

static void test_bound(void **unused)
{
	struct mm_range out[MM_TLB_EVICT];
	uint32_t most = 0;
	uint64_t i;

	(void)unused;
	for (i = 0; i < 50000; i++) {
		struct mm_run run = { gva(GIB + i * GIB), gpa(PAGE * i), PAGE, MM_READ };

		while (mm_tlb_must_evict(tlb))
			mm_tlb_evict(tlb, out);
		assert_true(mm_tlb_note_map(tlb, &run));
		assert_true(tlb->tables <= MM_TLB_TABLES);
		if (tlb->tables > most)
			most = tlb->tables;
	}
	assert_true(most > MM_TLB_TABLES * 9 / 10);
	assert_true(mm_tlb_cost(tlb) >= tlb->tables);
}

static void test_charge(void **unused)
{
	static struct lol_state state;
	static struct lol_space space[SPACES];

	(void)unused;
	state.budget = mm_budget(256ULL << 20);
	assert_int_equal(state.budget, 96 << 8);
	mm_charge(&state, &space[0], 5);
	mm_charge(&state, &space[1], 7);
	mm_charge(&state, &space[0], 3);
	assert_int_equal(state.cost, 10);
	assert_false(mm_budget_tight(&state));
	mm_charge(&state, &space[2], state.budget);
	assert_true(mm_budget_over(&state) && mm_budget_tight(&state));
	mm_charge(&state, &space[2], 0);
	mm_charge(&state, &space[1], 0);
	mm_charge(&state, &space[0], 0);
	assert_int_equal(state.cost, 0);
}

static void test_victim(void **unused)
{
	static struct lol_state state;
	static struct lol_space space[SPACES];
	uint32_t i;

	(void)unused;
	state.budget = 800;
	for (i = 0; i < SPACES; i++) {
		space[i].state = LOL_SPACE_BOUND;
		space[i].used = 100 - i;
		mm_charge(&state, &space[i], 100);
	}
	assert_true(mm_budget_victim(&state, space, SPACES, 0, 7) == &space[6]);
	/* a little one is not worth it */
	mm_charge(&state, &space[6], 10);
	mm_charge(&state, &space[1], 190);
	assert_true(mm_budget_victim(&state, space, SPACES, 0, 7) == &space[5]);
	/* what is on its way out is enough */
	space[1].state = LOL_SPACE_RETIRED;
	assert_null(mm_budget_victim(&state, space, SPACES, 0, 7));
	/* neither the caller, nor anybody else when the one that wants has most */
	space[1].state = LOL_SPACE_BOUND;
	assert_true(mm_budget_victim(&state, space, SPACES, 1, 7) != &space[1]);
	mm_charge(&state, &space[7], 401);
	assert_null(mm_budget_victim(&state, space, SPACES, 0, 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_count, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bound, setup, teardown),
		cmocka_unit_test(test_charge),
		cmocka_unit_test(test_victim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
