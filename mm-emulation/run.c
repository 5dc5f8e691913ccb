// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs: the largest piece around a fault that one mmap can map.
 *
 * Contiguity decides speed, so a run grows over its neighbours as long as they
 * follow in address and in RAM and would be mapped with exactly the same
 * protection as they are, no bit of theirs being changed (I3).  Exactly: a
 * neighbour that allows more is left for a run of its own, since mapping it
 * with less would cost a second fault.
 *
 * A run grows first within its naturally aligned block (2 MiB; 1 GiB in the
 * direct map and the image), where it shares page-table pages of the host,
 * then beyond.  It stays within one area: no run crosses from user to kernel
 * half, over the near range or into the wedge.
 *
 *	      block                 block
 *	|....rrrrFRRRRRRR|RRRR.........|	F fault, R then r: order of growth
 */
#include "mm-emulation/walk.h"

/* Entries looked at for one run, and for one call of mm_fill(). */
#define MM_RUN_STEPS	2048
#define MM_FILL_STEPS	8192

static const struct mm_range mm_areas[] = {
	{ LOL_USER_START, LOL_USER_END },
	{ LOL_DIRECT_MAP, LOL_DIRECT_MAP_END },
	{ LOL_VMALLOC_START, LOL_NEAR_START },
	{ LOL_KERNEL_MAP, LOL_KERNEL_MAP + LOL_KERNEL_MAP_SIZE },
	{ LOL_MODULES_START, LOL_KERNEL_END },
#ifdef LOL_WEAK_AREA	/* for tests/attack/defences: the wedge's part, too */
	{ LOL_WEDGE_START, LOL_WEDGE_END },
#endif
};

#define MM_AREAS (sizeof(mm_areas) / sizeof(mm_areas[0]))

_Static_assert(LOL_USER_END == LOL_KERNEL_START, "halves meet");
_Static_assert(LOL_DIRECT_MAP_END == LOL_VMALLOC_START, "no gap between areas");
_Static_assert(LOL_NEAR_END == LOL_KERNEL_MAP, "the image follows the near range");
_Static_assert(LOL_KERNEL_MAP + LOL_KERNEL_MAP_SIZE == LOL_MODULES_START, "modules follow");
_Static_assert(LOL_KERNEL_END <= LOL_WEDGE_START, "the wedge lies above the guest");

struct mm_range mm_area(__u64 va)
{
	unsigned int i;

	for (i = 0; i < MM_AREAS; i++)
		if (va >= mm_areas[i].start && va < mm_areas[i].end)
			return mm_areas[i];
	return (struct mm_range){ 0, 0 };
}

unsigned int mm_mappable(struct mm_range range, struct mm_range out[MM_PARTS])
{
	static const struct mm_range part[MM_PARTS] = {
		{ LOL_USER_START, LOL_USER_END },
		{ LOL_KERNEL_START, LOL_NEAR_START },
		{ LOL_NEAR_END, LOL_KERNEL_END },
	};
	unsigned int i, n = 0;

	range.start &= MM_PAGE_MASK;
	if (range.end <= MM_PAGE_MASK)
		range.end = (range.end + MM_PAGE_SIZE - 1) & MM_PAGE_MASK;
	for (i = 0; i < MM_PARTS; i++) {
		__u64 start = range.start > part[i].start ? range.start : part[i].start;
		__u64 end = range.end < part[i].end ? range.end : part[i].end;

		if (start < end)
			out[n++] = (struct mm_range){ start, end };
	}
	return n;
}

static __u64 mm_run_max(__u64 va)
{
	return mm_area_is_large(va) ? MM_RUN_MAX_KERNEL : MM_RUN_MAX;
}

static int mm_joins(const struct mm_walk *walk, const struct mm_run *run)
{
	return walk->young && mm_walk_prot(walk) == run->prot &&
	       walk->user == (run->va.v < LOL_USER_END);
}

/* Grow towards higher addresses, up to end at most. */
static void mm_grow_up(struct mm_walk *walk, struct mm_run *run, __u64 end, int *steps)
{
	while (run->va.v + run->length < end && (*steps)-- > 0) {
		__u64 va = run->va.v + run->length;
		__u64 stop, more;

		if (mm_walk_to(walk, va) != MM_STEP_LEAF || !mm_joins(walk, run) ||
		    walk->gpa.v != run->gpa.v + run->length ||
		    walk->gpa.v >= walk->ram->size)
			return;
		stop = walk->end < end ? walk->end : end;
		more = stop - va;
		if (more > walk->ram->size - walk->gpa.v)
			more = walk->ram->size - walk->gpa.v;
		run->length += more;
	}
}

/*
 * Grow towards lower addresses, down to start at least.  What comes before RAM
 * in RAM is RAM: only its beginning has to be watched.
 */
static void mm_grow_down(struct mm_walk *walk, struct mm_run *run, __u64 start, int *steps)
{
	while (run->va.v > start && run->gpa.v >= MM_PAGE_SIZE && (*steps)-- > 0) {
		__u64 stop, more;

		if (mm_walk_to(walk, run->va.v - MM_PAGE_SIZE) != MM_STEP_LEAF ||
		    !mm_joins(walk, run) ||
		    walk->gpa.v != run->gpa.v - MM_PAGE_SIZE)
			return;
		stop = walk->start > start ? walk->start : start;
		more = run->va.v - stop;
		run->va.v -= more;
		run->gpa.v -= more;
		run->length += more;
	}
}

static void mm_run_grow(struct mm_walk *walk, struct mm_run *run, struct mm_range window)
{
	struct mm_range area = mm_area(run->va.v);
	__u64 max = mm_run_max(run->va.v);
	__u64 low = run->va.v & ~(max - 1), high = low + max;
	int steps = MM_RUN_STEPS;

	if (window.start > area.start)
		area.start = window.start & MM_PAGE_MASK;
	if (window.end < area.end)
		area.end = window.end & MM_PAGE_MASK;
	if (low < area.start)
		low = area.start;
	if (high > area.end)
		high = area.end;
	mm_grow_up(walk, run, high, &steps);
	mm_grow_down(walk, run, low, &steps);

	/* Beyond the block: the rest that the length allows. */
	high = run->va.v + max;
	if (high > area.end)
		high = area.end;
	mm_grow_up(walk, run, high, &steps);
	low = run->va.v - (max - run->length);
	if (low < area.start || low > run->va.v)
		low = area.start;
	mm_grow_down(walk, run, low, &steps);
}

enum mm_result mm_fault_within(const struct mm_ram *ram, gpa_t root, gva_t va,
			       unsigned int access, struct mm_range window,
			       struct mm_run *run, __u32 *pf_error)
{
	struct mm_walk walk;
	enum mm_result result;

	mm_walk_init(&walk, ram, root);
	result = mm_resolve(&walk, va, access, pf_error);
	if (result != MM_MAP && result != MM_DEVICE)
		return result;
	run->va = gva(va.v & MM_PAGE_MASK);
	run->gpa = walk.gpa;
	run->length = MM_PAGE_SIZE;
	run->prot = mm_walk_prot(&walk);
	if (result == MM_MAP)
		mm_run_grow(&walk, run, window);
	return result;
}

enum mm_result mm_fault(const struct mm_ram *ram, gpa_t root, gva_t va,
			unsigned int access, struct mm_run *run, __u32 *pf_error)
{
	const struct mm_range everything = { 0, ~0ULL };

	return mm_fault_within(ram, root, va, access, everything, run, pf_error);
}

/* A page at which mm_fill() may begin a run. */
static int mm_fillable(const struct mm_walk *walk, __u64 va)
{
	return walk->young && walk->user == (va < LOL_USER_END) &&
	       mm_host(walk->ram, walk->gpa, MM_PAGE_SIZE);
}

int mm_fill(const struct mm_ram *ram, gpa_t root, struct mm_range *range,
	    struct mm_run *run)
{
	struct mm_range part[MM_PARTS];
	unsigned int i, n = mm_mappable(*range, part);
	int steps = MM_FILL_STEPS;
	struct mm_walk walk;

	mm_walk_init(&walk, ram, root);
	for (i = 0; i < n; i++) {
		__u64 va = part[i].start;

		while (va < part[i].end && steps-- > 0) {
			struct mm_range area = mm_area(va);
			__u64 end;

			if (mm_walk_to(&walk, va) != MM_STEP_LEAF) {
				/* Nothing up to where the next entry of this level begins. */
				end = mm_level_size(walk.level);
				va = (va & ~(end - 1)) + end;
				continue;
			}
			if (!mm_fillable(&walk, va)) {
				va += MM_PAGE_SIZE;
				continue;
			}
			run->va = gva(va);
			run->gpa = walk.gpa;
			run->length = MM_PAGE_SIZE;
			run->prot = mm_walk_prot(&walk);
			end = va + mm_run_max(va);
			if (end > area.end)
				end = area.end;
			if (end > part[i].end)
				end = part[i].end;
			mm_grow_up(&walk, run, end, &steps);
			range->start = va + run->length;
			return 1;
		}
	}
	range->start = range->end;
	return 0;
}
