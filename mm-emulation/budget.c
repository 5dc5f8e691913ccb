// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest costs the host besides its RAM, over all its processes (I2).
 *
 * Page tables, VMAs and our own records of them are kernel or private memory of
 * the host that no limit of the host's covers.  Each process says what it costs
 * at most (mm_tlb_cost()), in its slot; the sum is kept beside it.  Two marks:
 *
 *	tight	7/8 of the budget: the space that ran longest ago goes, unless the
 *		one that wants more has half of the budget itself
 *	over	the budget: who wants more drops its own oldest mappings first, but
 *		for a few regions, without which no instruction might complete
 *
 * So the sum stays below  budget + spaces * what MM_TLB_LEAST regions cost.
 * A process that dies takes its part along: the monitor takes it off.
 */
#include "mm-emulation/mm.h"

__u32 mm_budget(__u64 ram_size)
{
	return (__u32)((ram_size / 4 + MM_BUDGET_BASE) / MM_PAGE_SIZE);
}

#ifdef LOL_WEAK_BUDGET	/* for tests/attack/costs: what would happen without */
#define BUDGET(state)	(~0U)
#else
#define BUDGET(state)	((state)->budget)
#endif

void mm_charge(struct lol_state *state, struct lol_space *space, __u32 cost)
{
	__u32 before;

	if (__atomic_load_n(&space->cost, __ATOMIC_RELAXED) == cost)
		return;
	before = __atomic_exchange_n(&space->cost, cost, __ATOMIC_RELAXED);
	__atomic_add_fetch(&state->cost, cost - before, __ATOMIC_RELAXED);
}

int mm_budget_over(const struct lol_state *state)
{
	return __atomic_load_n(&state->cost, __ATOMIC_RELAXED) > BUDGET(state);
}

int mm_budget_tight(const struct lol_state *state)
{
	return __atomic_load_n(&state->cost, __ATOMIC_RELAXED) > BUDGET(state) - BUDGET(state) / 8;
}

struct lol_space *mm_budget_victim(const struct lol_state *state, struct lol_space *space,
				   __u32 nr_spaces, __u32 self, __u32 wants)
{
	__u64 others = 0, leaving = 0;
	struct lol_space *oldest = 0;
	__u32 slot, bound = 0, s;

	if (space[wants].cost > state->budget / 2)
		return 0;
	for (slot = 0; slot < nr_spaces; slot++) {
		s = __atomic_load_n(&space[slot].state, __ATOMIC_RELAXED);
		if (s == LOL_SPACE_RETIRED || s == LOL_SPACE_DYING)
			leaving += space[slot].cost;
		if (slot == self || slot == wants || s != LOL_SPACE_BOUND)
			continue;
		others += space[slot].cost;
		bound++;
	}
	/* what is on its way out will do */
	if (!bound || state->cost - leaving <= state->budget - state->budget / 8)
		return 0;
	/* the little ones would go for nothing */
	for (slot = 0; slot < nr_spaces; slot++) {
		if (slot == self || slot == wants || space[slot].cost < others / bound ||
		    __atomic_load_n(&space[slot].state, __ATOMIC_RELAXED) != LOL_SPACE_BOUND)
			continue;
		if (!oldest || space[slot].used < oldest->used)
			oldest = &space[slot];
	}
	return oldest;
}
