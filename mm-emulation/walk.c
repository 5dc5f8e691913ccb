// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page-table walk: four levels of x86-64 tables in guest RAM, leaves of
 * 4 KiB and 2 MiB.
 *
 * Nothing in the tables is trusted.  A table that is not all in RAM ends the
 * walk; tables may be cyclic, since a walk is never longer than four steps;
 * entries may change at any time, so each is read once, by one 8-byte load.
 * Accessed and dirty bits are set by compare-and-swap against the value that
 * the decision was made on: if an entry has changed, the whole walk starts
 * again, so that no bit is ever set in an entry that does not allow the access.
 * The leaf comes last: once it is marked, the guest cannot mistake the page for
 * one that is clean or unused.
 */
#include "mm-emulation/walk.h"
#include <lol/boot.h>

#define PTE_PRESENT	(1ULL << 0)
#define PTE_WRITABLE	(1ULL << 1)
#define PTE_USER	(1ULL << 2)
#define PTE_ACCESSED	(1ULL << 5)
#define PTE_DIRTY	(1ULL << 6)
#define PTE_LARGE	(1ULL << 7)	/* at level 2; reserved above, PAT below */
#define PTE_NX		(1ULL << 63)
#define PTE_ADDRESS	0x000ffffffffff000ULL
#define PTE_LARGE_RESERVED 0x1fe000ULL	/* address bits below 2 MiB; bit 12 is PAT */

/* Attempts to mark entries that somebody else keeps changing. */
#define MM_TRIES	64

void mm_walk_init(struct mm_walk *walk, const struct mm_ram *ram, gpa_t root)
{
	walk->ram = ram;
	walk->root = gpa(root.v & PTE_ADDRESS);
	walk->block = 0;
}

static __u64 *mm_slot(const struct mm_ram *ram, __u64 table, __u64 va, int level)
{
	/* The whole table must be RAM, not only the entry: as strict for all. */
	__u64 *entries = mm_host(ram, gpa(table), MM_PAGE_SIZE);
#ifdef LOL_WEAK_OUTSIDE	/* for tests/attack/defences: wherever it is */
	entries = (__u64 *)(ram->base + table);
#endif

	if (!entries)
		return 0;
	return entries + ((va >> (12 + 9 * (level - 1))) & 511);
}

static enum mm_step mm_walk_leaf(struct mm_walk *walk, __u64 va, int level)
{
	__u64 entry = walk->entry[level];
	__u64 size = mm_level_size(level);

	walk->level = level;
	if (!(entry & PTE_PRESENT))
		return MM_STEP_ABSENT;
	if (level == 2 && (entry & PTE_LARGE_RESERVED))
		return MM_STEP_RESERVED;
	walk->start = va & ~(size - 1);
	walk->end = walk->start + size;
	walk->gpa = gpa((entry & PTE_ADDRESS & ~(size - 1)) +
			(va & (size - 1) & MM_PAGE_MASK));
	walk->writable = walk->above_writable && (entry & PTE_WRITABLE);
	walk->user = walk->above_user && (entry & PTE_USER);
	walk->executable = walk->above_executable && !(entry & PTE_NX);
	walk->young = walk->above_young && (entry & PTE_ACCESSED);
	walk->dirty = !!(entry & PTE_DIRTY);
	return MM_STEP_LEAF;
}

/**
 * mm_walk_to - walk to the leaf of an address
 * @walk: keeps the way from one call to the next: neighbours are one load
 * @va: below 2^48 (higher bits are ignored)
 *
 * Sets no bits.  The fields of @walk that describe a leaf are valid on
 * MM_STEP_LEAF only; level is always that of the last entry read.
 */
enum mm_step mm_walk_to(struct mm_walk *walk, __u64 va)
{
	__u64 table = walk->root.v;
	__u64 block = (va >> 21) + 1;
	int level;

	if (walk->block == block) {
		/* The same page-table page: what lies above it is known. */
		walk->slot[1] = walk->pages + ((va >> 12) & 511);
		walk->entry[1] = __atomic_load_n(walk->slot[1], __ATOMIC_RELAXED);
		return mm_walk_leaf(walk, va, 1);
	}

	walk->block = 0;
	walk->above_writable = walk->above_user = 1;
	walk->above_executable = walk->above_young = 1;
	for (level = MM_LEVELS; ; level--) {
		__u64 entry;

		walk->level = level;
		walk->slot[level] = mm_slot(walk->ram, table, va, level);
		if (!walk->slot[level])
			return MM_STEP_OUTSIDE;
		/* Acquire: what the guest wrote before it linked the table in. */
		entry = __atomic_load_n(walk->slot[level], __ATOMIC_ACQUIRE);
		walk->entry[level] = entry;
		if (level == 1) {
			walk->block = block;
			walk->pages = walk->slot[1] - ((va >> 12) & 511);
			return mm_walk_leaf(walk, va, 1);
		}
		if (!(entry & PTE_PRESENT))
			return MM_STEP_ABSENT;
		if (entry & PTE_LARGE)
			return level == 2 ? mm_walk_leaf(walk, va, 2) : MM_STEP_RESERVED;
		walk->above_writable &= !!(entry & PTE_WRITABLE);
		walk->above_user &= !!(entry & PTE_USER);
		walk->above_executable &= !(entry & PTE_NX);
		walk->above_young &= !!(entry & PTE_ACCESSED);
		table = entry & PTE_ADDRESS;
	}
}

/* Mark the way as the access would.  0: an entry has changed since it was read. */
static int mm_walk_mark(struct mm_walk *walk, int write)
{
	int level;

	for (level = MM_LEVELS; level >= walk->level; level--) {
		__u64 want = PTE_ACCESSED;

		if (level == walk->level && write)
			want |= PTE_DIRTY;
		if ((walk->entry[level] & want) == want)
			continue;
		if (!__atomic_compare_exchange_n(walk->slot[level], &walk->entry[level],
						 walk->entry[level] | want, 0,
						 __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			return 0;
		walk->entry[level] |= want;
	}
	walk->young = walk->above_young = 1;
	walk->dirty = !!(walk->entry[walk->level] & PTE_DIRTY);
	return 1;
}

static int mm_access_denied(const struct mm_walk *walk, __u64 va, unsigned int access)
{
	if (access & MM_USER) {
		if (va >= LOL_USER_END || !walk->user)
			return 1;
	} else if (va < LOL_USER_END || walk->user) {
		return 1;
	}
	return ((access & MM_WRITE) && !walk->writable) ||
	       ((access & MM_EXEC) && !walk->executable);
}

static int mm_is_device(gpa_t at)
{
	return at.v >= LOL_GPA_DEVICES &&
	       at.v < LOL_GPA_DEVICES + LOL_BOOT_MAX_DEVICES * MM_PAGE_SIZE;
}

/**
 * mm_resolve - walk, check, mark
 *
 * The common part of mm_translate() and mm_fault(), whose rules it implements.
 * On MM_MAP and MM_DEVICE @walk stands at the leaf, marked.
 */
enum mm_result mm_resolve(struct mm_walk *walk, gva_t va, unsigned int access,
			  __u32 *pf_error)
{
	__u32 code = (access & MM_WRITE ? MM_PF_WRITE : 0) |
		     (access & MM_USER ? MM_PF_USER : 0) |
		     (access & MM_EXEC ? MM_PF_FETCH : 0);
	struct mm_range area = mm_area(va.v);
	int tries;

	*pf_error = code;
	/* Bits 63 to 47 are all equal in a canonical address. */
	if (va.v >> 47 && va.v >> 47 != 0x1ffff)
		return MM_IMPOSSIBLE;

	for (tries = 0; tries < MM_TRIES; tries++) {
		int device;

		walk->block = 0;
		switch (mm_walk_to(walk, va.v)) {
		case MM_STEP_LEAF:
			break;
		case MM_STEP_ABSENT:
			return MM_FAULT;
		case MM_STEP_RESERVED:
			*pf_error = code | MM_PF_PRESENT | MM_PF_RESERVED;
			return MM_FAULT;
		case MM_STEP_OUTSIDE:
			return MM_IMPOSSIBLE;
		}
		if (mm_access_denied(walk, va.v, access)) {
			*pf_error = code | MM_PF_PRESENT;
			return MM_FAULT;
		}
		if (area.start >= area.end)
			return MM_IMPOSSIBLE;
		device = !mm_host(walk->ram, walk->gpa, MM_PAGE_SIZE);
#ifdef LOL_WEAK_WINDOW	/* for tests/attack/defences: as if it were RAM */
		device &= !mm_is_device(walk->gpa);
#endif
		if (device && ((access & (MM_USER | MM_EXEC)) || !mm_is_device(walk->gpa)))
			return MM_IMPOSSIBLE;
		if (mm_walk_mark(walk, !!(access & MM_WRITE)))
			return device ? MM_DEVICE : MM_MAP;
	}
	return MM_AGAIN;
}

enum mm_result mm_translate(const struct mm_ram *ram, gpa_t root, gva_t va,
			    unsigned int access, gpa_t *at, __u32 *pf_error)
{
	struct mm_walk walk;
	enum mm_result result;

	mm_walk_init(&walk, ram, root);
	result = mm_resolve(&walk, va, access, pf_error);
	if (result == MM_MAP || result == MM_DEVICE)
		*at = gpa(walk.gpa.v + (va.v & ~MM_PAGE_MASK));
	return result;
}
