/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MM_EMULATION_TLB_H
#define MM_EMULATION_TLB_H

/* Inside of struct mm_tlb (mm.h): how it works says tlb.c. */
#include "mm-emulation/walk.h"

#define TLB_WORDS	8	/* of a bitmap with a bit for */
#define TLB_PAGES	512	/* pages of a region */

static inline __u64 tlb_number(__u64 va)
{
	return va >> 21;
}

/* Bits of word w that lie in pages [low, high). */
static inline __u64 tlb_mask(unsigned int w, unsigned int low, unsigned int high)
{
	unsigned int first = w * 64, last = first + 64;
	__u64 mask = ~0ULL;

	if (low >= last || high <= first)
		return 0;
	if (low > first)
		mask &= ~0ULL << (low - first);
	if (high < last)
		mask &= ~0ULL >> (last - high);
	return mask;
}

static inline int tlb_test(const __u64 *map, unsigned int page)
{
	return (map[page / 64] >> (page % 64)) & 1;
}

/* The first page at or after low whose bit has this value; high: none. */
static inline unsigned int tlb_first(const __u64 *map, unsigned int low, unsigned int high, int value)
{
	unsigned int w;

	for (w = low / 64; w < TLB_WORDS && w * 64 < high; w++) {
		__u64 word = (value ? map[w] : ~map[w]) & tlb_mask(w, low, high);

		if (word)
			return w * 64 + (unsigned int)__builtin_ctzll(word);
	}
	return high;
}

/* The last page below high, not below low, whose bit is set; high: none. */
static inline unsigned int tlb_last(const __u64 *map, unsigned int low, unsigned int high)
{
	unsigned int w;

	for (w = (high + 63) / 64; w-- > low / 64; ) {
		__u64 word = map[w] & tlb_mask(w, low, high);

		if (word)
			return w * 64 + 63 - (unsigned int)__builtin_clzll(word);
	}
	return high;
}

/* The part of [start, end) in the region with this number, as pages. */
static inline void tlb_pages(__u64 number, __u64 start, __u64 end, unsigned int *low, unsigned int *high)
{
	__u64 first = number << 21, last = first + MM_HUGE_SIZE;

	*low = start > first ? (start >> 12) % TLB_PAGES : 0;
	*high = end < last ? (end >> 12) % TLB_PAGES : TLB_PAGES;
}

/* Neighbours share a cache line of the hash: blocks of 32 slots. */
static inline unsigned int tlb_hash(__u64 number)
{
	__u32 block = ((__u32)(number >> 5) * 0x9e3779b1U) >> 22;

	return (block * 32 + (number & 31)) % MM_TLB_HASH;
}

static inline unsigned int tlb_slot(const struct mm_tlb *tlb, __u64 number)
{
	unsigned int slot = tlb_hash(number);

	while (tlb->hash[slot] && tlb->region[tlb->hash[slot] - 1].number != number + 1)
		slot = (slot + 1) % MM_TLB_HASH;
	return slot;
}

static inline struct mm_tlb_region *tlb_find(const struct mm_tlb *tlb, __u64 number)
{
	unsigned int index = tlb->hash[tlb_slot(tlb, number)];

	return index ? (struct mm_tlb_region *)&tlb->region[index - 1] : 0;
}

/* tlb_region.c */
struct mm_tlb_region *tlb_get(struct mm_tlb *tlb, __u64 number);	/* 0: no record is left */
void tlb_put(struct mm_tlb *tlb, struct mm_tlb_region *region);

/* tlb_large.c: direct map and image */
int tlb_large_map(struct mm_tlb *tlb, __u64 start, __u64 end);	/* 0: too many */
void tlb_large_note(struct mm_tlb *tlb, struct mm_range range, int unmap);
void tlb_large_clear(struct mm_tlb *tlb);
struct mm_range tlb_large_window(const struct mm_tlb *tlb, __u64 va);

/* tlb_note.c */
void tlb_mark_start(struct mm_tlb *tlb, __u64 va);
void tlb_unmap(struct mm_tlb *tlb, struct mm_tlb_region *region, __u64 start, __u64 end);

#endif
