// SPDX-License-Identifier: GPL-2.0-only
/* What the host has been told to map, to unmap and to protect, noted in a struct mm_tlb. */
#include "mm-emulation/tlb.h"

static void clear_starts(struct mm_tlb *tlb, struct mm_tlb_region *region,
			 unsigned int low, unsigned int high)
{
	unsigned int w;

	for (w = low / 64; w < TLB_WORDS; w++) {
		__u64 mask = tlb_mask(w, low, high) & region->start[w];
		unsigned int n = 0;

		region->start[w] &= ~mask;
		for (; mask; mask &= mask - 1)
			n++;
		region->starts -= n;
		tlb->vmas -= n;
	}
}

/* A VMA may start at va from now on, if something is mapped there. */
void tlb_mark_start(struct mm_tlb *tlb, __u64 va)
{
	struct mm_tlb_region *region = tlb_find(tlb, tlb_number(va));
	unsigned int page = (va >> 12) % TLB_PAGES;

	if (!region || !tlb_test(region->mapped, page) || tlb_test(region->start, page))
		return;
	region->start[page / 64] |= 1ULL << (page % 64);
	region->starts++;
	tlb->vmas++;
}

/* Is the page at va mapped to va + delta with this protection, for certain? */
static int continues(const struct mm_tlb *tlb, __u64 va, __u64 delta, __u32 prot)
{
	const struct mm_tlb_region *region = tlb_find(tlb, tlb_number(va));
	unsigned int page = (va >> 12) % TLB_PAGES;

	return region && page >= region->extent_low && page < region->extent_high &&
	       region->extent_delta == delta && region->extent_prot == prot;
}

/* What is known to be one mapping loses [low, high). */
static void cut_extent(struct mm_tlb_region *region, unsigned int low, unsigned int high)
{
	if (high <= region->extent_low || low >= region->extent_high)
		return;
	if (low <= region->extent_low && high < region->extent_high)
		region->extent_low = (__u16)high;
	else if (high >= region->extent_high && low > region->extent_low)
		region->extent_high = (__u16)low;
	else
		region->extent_low = region->extent_high = 0;
}

static void note_extent(struct mm_tlb_region *region, unsigned int low, unsigned int high,
			__u64 delta, __u32 prot)
{
	if (region->extent_delta == delta && region->extent_prot == prot &&
	    region->extent_low < region->extent_high &&
	    low <= region->extent_high && high >= region->extent_low) {
		if (low < region->extent_low)
			region->extent_low = (__u16)low;
		if (high > region->extent_high)
			region->extent_high = (__u16)high;
		return;
	}
	region->extent_low = (__u16)low;
	region->extent_high = (__u16)high;
	region->extent_delta = delta;
	region->extent_prot = prot;
}

int mm_tlb_note_map(struct mm_tlb *tlb, const struct mm_run *run)
{
	__u64 start = run->va.v, end = start + run->length, n;
	__u64 delta = run->gpa.v - start;
	int joins_below, joins_above;

	if (mm_area_is_large(start))
		return tlb_large_map(tlb, start, end);
	if (tlb->regions + 2 > MM_TLB_REGIONS || tlb->vmas + 3 > MM_TLB_VMAS ||
	    tlb->tables + 6 > MM_TLB_TABLES)
		return 0;

	joins_below = continues(tlb, start - MM_PAGE_SIZE, delta, run->prot);
	joins_above = continues(tlb, end, delta, run->prot);
	for (n = tlb_number(start); n <= tlb_number(end - 1); n++) {
		struct mm_tlb_region *region = tlb_get(tlb, n);
		unsigned int w, low, high;

		if (!region)
			return 0;
		tlb_pages(n, start, end, &low, &high);
		for (w = low / 64; w < TLB_WORDS; w++) {
			__u64 mask = tlb_mask(w, low, high);

			region->mapped[w] |= mask;
			if (run->prot & MM_WRITE)
				region->writable[w] |= mask;
			else
				region->writable[w] &= ~mask;
		}
		clear_starts(tlb, region, low, high);
		note_extent(region, low, high, delta, run->prot);
	}
	if (!joins_below)
		tlb_mark_start(tlb, start);
	if (!joins_above)
		tlb_mark_start(tlb, end);
	else
		clear_starts(tlb, tlb_find(tlb, tlb_number(end)),
			     (end >> 12) % TLB_PAGES, (end >> 12) % TLB_PAGES + 1);
	return 1;
}

void tlb_unmap(struct mm_tlb *tlb, struct mm_tlb_region *region,
			 __u64 start, __u64 end)
{
	unsigned int w, low, high;
	__u64 left = 0;

	tlb_pages(region->number - 1, start, end, &low, &high);
	clear_starts(tlb, region, low, high);
	cut_extent(region, low, high);
	for (w = 0; w < TLB_WORDS; w++) {
		__u64 mask = tlb_mask(w, low, high);

		region->mapped[w] &= ~mask;
		region->writable[w] &= ~mask;
		left |= region->mapped[w];
	}
	if (!left)
		tlb_put(tlb, region);
}

static void protect_region(struct mm_tlb_region *region, __u64 start, __u64 end)
{
	unsigned int w, low, high;

	tlb_pages(region->number - 1, start, end, &low, &high);
	cut_extent(region, low, high);
	for (w = 0; w < TLB_WORDS; w++)
		region->writable[w] &= ~tlb_mask(w, low, high);
}

static void note_change(struct mm_tlb *tlb, struct mm_range range, int unmap)
{
	__u64 first, last;
	__u32 i;

	range.start &= MM_PAGE_MASK;
	if (range.end > MM_PAGE_MASK)
		range.end = MM_PAGE_MASK;
	range.end = (range.end + MM_PAGE_SIZE - 1) & MM_PAGE_MASK;
	if (range.start >= range.end)
		return;
	tlb_large_note(tlb, range, unmap);

	first = tlb_number(range.start);
	last = tlb_number(range.end - 1);
	if (last - first < tlb->regions) {
		for (; first <= last; first++) {
			struct mm_tlb_region *region = tlb_find(tlb, first);

			if (region && unmap)
				tlb_unmap(tlb, region, range.start, range.end);
			else if (region)
				protect_region(region, range.start, range.end);
		}
	} else {
		for (i = 0; i < tlb->fresh; i++) {
			struct mm_tlb_region *region = &tlb->region[i];

			if (region->number <= first || region->number - 1 > last)
				continue;
			if (unmap)
				tlb_unmap(tlb, region, range.start, range.end);
			else
				protect_region(region, range.start, range.end);
		}
	}
	if (!unmap)
		tlb_mark_start(tlb, range.start);
	tlb_mark_start(tlb, range.end);
}

void mm_tlb_note_unmap(struct mm_tlb *tlb, struct mm_range range)
{
	note_change(tlb, range, 1);
}

void mm_tlb_note_protect(struct mm_tlb *tlb, struct mm_range range)
{
	note_change(tlb, range, 0);
}
