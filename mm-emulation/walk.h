/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_MM_WALK_H
#define LOL_MM_WALK_H

/* Between walk.c and run.c only. */

#include "mm-emulation/mm.h"

#define MM_LEVELS	4

/* How a walk ended. */
enum mm_step {
	MM_STEP_LEAF,		/* at a present leaf */
	MM_STEP_ABSENT,		/* at an entry that is not present */
	MM_STEP_RESERVED,	/* at an entry with a reserved bit set */
	MM_STEP_OUTSIDE,	/* at a table that is not all in RAM */
};

/*
 * A walk and where it stands.  Entries are read once and kept: what is decided
 * is decided on these values, whatever becomes of the memory meanwhile.
 */
struct mm_walk {
	const struct mm_ram *ram;
	gpa_t root;
	__u64 *slot[MM_LEVELS + 1];	/* by level, 1 to 4: where the entry is */
	__u64 entry[MM_LEVELS + 1];	/* and what was read there */
	int level;		/* of the last entry read */
	__u64 block;		/* va / 2 MiB + 1 of what pages maps; 0: nothing */
	__u64 *pages;		/* the page-table page that slot[1] points into */
	/* of a leaf: all levels taken together */
	gpa_t gpa;		/* of the 4 KiB page asked for */
	__u64 start, end;	/* guest-virtual, of the leaf */
	__u8 writable;
	__u8 user;
	__u8 executable;
	__u8 young;		/* accessed bit set at each level */
	__u8 dirty;		/* of the leaf alone */
	/* the same of levels 2 to 4, for the next step within pages */
	__u8 above_writable, above_user, above_executable, above_young;
};

void mm_walk_init(struct mm_walk *walk, const struct mm_ram *ram, gpa_t root);
enum mm_step mm_walk_to(struct mm_walk *walk, __u64 va);
enum mm_result mm_resolve(struct mm_walk *walk, gva_t va, unsigned int access,
			  __u32 *pf_error);

/* The address range around va that one run may cover; empty: never mapped. */
struct mm_range mm_area(__u64 va);

/* Few, large and only counted by the TLB: see tlb.c. */
static inline int mm_area_is_large(__u64 va)
{
	return (va >= LOL_DIRECT_MAP && va < LOL_DIRECT_MAP_END) ||
	       (va >= LOL_KERNEL_MAP && va < LOL_KERNEL_MAP + LOL_KERNEL_MAP_SIZE);
}

/* Bytes that one entry of this level maps. */
static inline __u64 mm_level_size(int level)
{
	return MM_PAGE_SIZE << (9 * (level - 1));
}

/* Protection with which a leaf is mapped without changing its bits. */
static inline __u32 mm_walk_prot(const struct mm_walk *walk)
{
	return MM_READ | (walk->writable && walk->dirty ? MM_WRITE : 0) |
	       (walk->executable ? MM_EXEC : 0);
}

#endif
