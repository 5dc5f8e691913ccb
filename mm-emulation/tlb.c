// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one host process has mapped for the guest (I2).
 *
 * The host limits VMAs per process, and page-table memory is nowhere limited,
 * so both are counted here and old mappings dropped near the bound.  The record
 * is by 2 MiB regions, found by a hash of their number.  A region holds for
 * each of its 512 pages:
 *
 *	mapped		the page is mapped
 *	writable	and may be written
 *	start		a VMA of the host may start at this page
 *
 * Why the sum of start bits bounds the VMAs: a VMA starts where something was
 * mapped (start of the run), or where something that covered more was cut off
 * (end of a run mapped over it, of an unmapped range, of a protected range).
 * Each of these sets the bit; it is cleared only for pages that are not mapped,
 * for pages inside one mmap, and where the host is known to merge.
 *
 * For the last: each region remembers the extent of the run that was mapped in
 * it last (pages, distance from RAM, protection).  A run that continues an
 * extent merges with it in the host, so a process that touches pages one after
 * the other stays at one VMA here too.
 *
 * Direct map and kernel image are mapped in few and large runs: their VMAs are
 * counted by what was done to them (two per call at most), and one bit per 2 MiB
 * keeps a fault in a small hole from mapping a gigabyte again.
 *
 * Page tables of the host: one page for each region, for each 1 GiB and each
 * 512 GiB with a region in it.  The host frees them with the last mapping below
 * them (tests/probe/page-tables), and here they are counted likewise.
 *
 * Eviction takes regions in about the order in which they came into use: a hand
 * goes round the records.
 */
#include "mm-emulation/walk.h"

#define WORDS	8
#define PAGES	512
#define NOTHING	0xffffffffU

static __u64 number_of(__u64 va)
{
	return va >> 21;
}

/* Bits of word w that lie in pages [low, high). */
static __u64 word_mask(unsigned int w, unsigned int low, unsigned int high)
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

static int test_page(const __u64 *map, unsigned int page)
{
	return (map[page / 64] >> (page % 64)) & 1;
}

/* The first page at or after low whose bit has this value; high: none. */
static unsigned int find_page(const __u64 *map, unsigned int low, unsigned int high, int value)
{
	unsigned int w;

	for (w = low / 64; w < WORDS && w * 64 < high; w++) {
		__u64 word = (value ? map[w] : ~map[w]) & word_mask(w, low, high);

		if (word)
			return w * 64 + (unsigned int)__builtin_ctzll(word);
	}
	return high;
}

/* The last page below high, not below low, whose bit is set; high: none. */
static unsigned int find_last(const __u64 *map, unsigned int low, unsigned int high)
{
	unsigned int w;

	for (w = (high + 63) / 64; w-- > low / 64; ) {
		__u64 word = map[w] & word_mask(w, low, high);

		if (word)
			return w * 64 + 63 - (unsigned int)__builtin_clzll(word);
	}
	return high;
}

/* ---- finding, making and freeing regions ---- */

/* Neighbours share a cache line of the hash: blocks of 32 slots. */
static unsigned int hash_slot(__u64 number)
{
	__u32 block = ((__u32)(number >> 5) * 0x9e3779b1U) >> 22;

	return (block * 32 + (number & 31)) % MM_TLB_HASH;
}

static unsigned int find_slot(const struct mm_tlb *tlb, __u64 number)
{
	unsigned int slot = hash_slot(number);

	while (tlb->hash[slot] && tlb->region[tlb->hash[slot] - 1].number != number + 1)
		slot = (slot + 1) % MM_TLB_HASH;
	return slot;
}

static struct mm_tlb_region *find_region(const struct mm_tlb *tlb, __u64 number)
{
	unsigned int index = tlb->hash[find_slot(tlb, number)];

	return index ? (struct mm_tlb_region *)&tlb->region[index - 1] : 0;
}

/* Page-table pages of the host that a region needs: step 1, or does not any more: -1. */
static void count_tables(struct mm_tlb *tlb, __u64 number, int step)
{
	__u16 *large = &tlb->regions_in[number / MM_TLB_SPAN];
	__u16 *huge = &tlb->spans_in[number / MM_TLB_SPAN / MM_TLB_SPAN];
	int gains = step > 0 ? !*large : *large == 1;

	*large += step;
	tlb->tables += step;
	if (!gains)
		return;
	tlb->tables += step;
	gains = step > 0 ? !*huge : *huge == 1;
	*huge += step;
	if (gains)
		tlb->tables += step;
}

static struct mm_tlb_region *get_region(struct mm_tlb *tlb, __u64 number)
{
	unsigned int slot = find_slot(tlb, number);
	struct mm_tlb_region *region;
	unsigned int index = tlb->hash[slot];

	if (index)
		return &tlb->region[index - 1];
	index = tlb->free_list;
	if (index)
		tlb->free_list = tlb->region[index - 1].next_free;
	else if (tlb->fresh < MM_TLB_REGIONS)
		index = ++tlb->fresh;
	else
		return 0;
	tlb->hash[slot] = (__u16)index;
	tlb->regions++;
	count_tables(tlb, number, 1);
	region = &tlb->region[index - 1];
	region->number = number + 1;
	region->starts = 0;
	region->extent_low = region->extent_high = 0;
	return region;
}

/* The bitmaps of a region that is put back are all zero. */
static void put_region(struct mm_tlb *tlb, struct mm_tlb_region *region)
{
	unsigned int slot = find_slot(tlb, region->number - 1);
	unsigned int hole = slot;

	/* Close the gap, so that no chain of the open hash is cut. */
	for (;;) {
		unsigned int home;

		slot = (slot + 1) % MM_TLB_HASH;
		if (!tlb->hash[slot])
			break;
		home = hash_slot(tlb->region[tlb->hash[slot] - 1].number - 1);
		if ((slot - home) % MM_TLB_HASH >= (slot - hole) % MM_TLB_HASH) {
			tlb->hash[hole] = tlb->hash[slot];
			hole = slot;
		}
	}
	tlb->hash[hole] = 0;
	count_tables(tlb, region->number - 1, -1);
	region->number = 0;
	region->next_free = tlb->free_list;
	tlb->free_list = (__u32)(region - tlb->region) + 1;
	tlb->regions--;
}

/* ---- bits ---- */

static void clear_starts(struct mm_tlb *tlb, struct mm_tlb_region *region,
			 unsigned int low, unsigned int high)
{
	unsigned int w;

	for (w = low / 64; w < WORDS; w++) {
		__u64 mask = word_mask(w, low, high) & region->start[w];
		unsigned int n = 0;

		region->start[w] &= ~mask;
		for (; mask; mask &= mask - 1)
			n++;
		region->starts -= n;
		tlb->vmas -= n;
	}
}

/* A VMA may start at va from now on, if something is mapped there. */
static void mark_start(struct mm_tlb *tlb, __u64 va)
{
	struct mm_tlb_region *region = find_region(tlb, number_of(va));
	unsigned int page = (va >> 12) % PAGES;

	if (!region || !test_page(region->mapped, page) || test_page(region->start, page))
		return;
	region->start[page / 64] |= 1ULL << (page % 64);
	region->starts++;
	tlb->vmas++;
}

/* Is the page at va mapped to va + delta with this protection, for certain? */
static int continues(const struct mm_tlb *tlb, __u64 va, __u64 delta, __u32 prot)
{
	const struct mm_tlb_region *region = find_region(tlb, number_of(va));
	unsigned int page = (va >> 12) % PAGES;

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

/* The part of [start, end) in the region with this number, as pages. */
static void pages_in(__u64 number, __u64 start, __u64 end, unsigned int *low, unsigned int *high)
{
	__u64 first = number << 21, last = first + MM_HUGE_SIZE;

	*low = start > first ? (start >> 12) % PAGES : 0;
	*high = end < last ? (end >> 12) % PAGES : PAGES;
}

/* ---- direct map and image ---- */

/* The block of 2 MiB as a bit of large_mapped[]; MM_TLB_LARGE_BLOCKS: none. */
static __u32 large_block(__u64 va)
{
	if (va >= LOL_KERNEL_MAP)
		return (__u32)((va - LOL_KERNEL_MAP) / MM_HUGE_SIZE);
	if (va - LOL_DIRECT_MAP >= LOL_RAM_MAX)
		return MM_TLB_LARGE_BLOCKS;
	return (__u32)((va - LOL_DIRECT_MAP + LOL_KERNEL_MAP_SIZE) / MM_HUGE_SIZE);
}

static int large_test(const struct mm_tlb *tlb, __u64 va)
{
	__u32 block = large_block(va);

	return block / 64 < tlb->large_end &&
	       ((tlb->large_mapped[block / 64] >> (block % 64)) & 1);
}

static void large_set(struct mm_tlb *tlb, __u64 start, __u64 end, int mapped)
{
	__u64 va;

	for (va = start; va < end; va = (va | (MM_HUGE_SIZE - 1)) + 1) {
		__u32 block = large_block(va);

		if (block >= MM_TLB_LARGE_BLOCKS)
			return;
		if (mapped) {
			if (block / 64 >= tlb->large_end)
				tlb->large_end = block / 64 + 1;
			tlb->large_mapped[block / 64] |= 1ULL << (block % 64);
		} else if (block / 64 < tlb->large_end) {
			tlb->large_mapped[block / 64] &= ~(1ULL << (block % 64));
		} else {
			return;
		}
	}
}

static void large_clear(struct mm_tlb *tlb)
{
	__u32 i;

	for (i = 0; i < tlb->large_end; i++)
		__atomic_store_n(&tlb->large_mapped[i], 0, __ATOMIC_RELAXED);
	tlb->large_end = 0;
	tlb->large_vmas[0] = tlb->large_vmas[1] = 0;
	tlb->large = 0;
}

/* va's own block, and on both sides the blocks in which nothing is mapped. */
static struct mm_range large_window(const struct mm_tlb *tlb, __u64 va)
{
	__u64 low = va & ~(MM_HUGE_SIZE - 1), high = low + MM_HUGE_SIZE;
	__u64 start = low - MM_RUN_MAX_KERNEL, end = high + MM_RUN_MAX_KERNEL;
	struct mm_range area = mm_area(va);

	if (start < area.start)
		start = area.start;
	if (end > area.end)
		end = area.end;
	while (low > start && !large_test(tlb, low - 1))
		low -= MM_HUGE_SIZE;
	while (high < end && !large_test(tlb, high))
		high += MM_HUGE_SIZE;
	return (struct mm_range){ low, high };
}

/* ---- noting ---- */

int mm_tlb_note_map(struct mm_tlb *tlb, const struct mm_run *run)
{
	__u64 start = run->va.v, end = start + run->length, n;
	__u64 delta = run->gpa.v - start;
	int joins_below, joins_above;

	if (mm_area_is_large(start)) {
		if (tlb->large + 2 > MM_TLB_LARGE)
			return 0;
		tlb->large_vmas[start >= LOL_KERNEL_MAP] += 2;
		tlb->large += 2;
		large_set(tlb, start, end, 1);
		return 1;
	}
	if (tlb->regions + 2 > MM_TLB_REGIONS || tlb->vmas + 3 > MM_TLB_VMAS ||
	    tlb->tables + 6 > MM_TLB_TABLES)
		return 0;

	joins_below = continues(tlb, start - MM_PAGE_SIZE, delta, run->prot);
	joins_above = continues(tlb, end, delta, run->prot);
	for (n = number_of(start); n <= number_of(end - 1); n++) {
		struct mm_tlb_region *region = get_region(tlb, n);
		unsigned int w, low, high;

		if (!region)
			return 0;
		pages_in(n, start, end, &low, &high);
		for (w = low / 64; w < WORDS; w++) {
			__u64 mask = word_mask(w, low, high);

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
		mark_start(tlb, start);
	if (!joins_above)
		mark_start(tlb, end);
	else
		clear_starts(tlb, find_region(tlb, number_of(end)),
			     (end >> 12) % PAGES, (end >> 12) % PAGES + 1);
	return 1;
}

static void unmap_region(struct mm_tlb *tlb, struct mm_tlb_region *region,
			 __u64 start, __u64 end)
{
	unsigned int w, low, high;
	__u64 left = 0;

	pages_in(region->number - 1, start, end, &low, &high);
	clear_starts(tlb, region, low, high);
	cut_extent(region, low, high);
	for (w = 0; w < WORDS; w++) {
		__u64 mask = word_mask(w, low, high);

		region->mapped[w] &= ~mask;
		region->writable[w] &= ~mask;
		left |= region->mapped[w];
	}
	if (!left)
		put_region(tlb, region);
}

static void protect_region(struct mm_tlb_region *region, __u64 start, __u64 end)
{
	unsigned int w, low, high;

	pages_in(region->number - 1, start, end, &low, &high);
	cut_extent(region, low, high);
	for (w = 0; w < WORDS; w++)
		region->writable[w] &= ~word_mask(w, low, high);
}

/* Both edges of a range may cut VMAs of the areas that are only counted. */
static void note_large(struct mm_tlb *tlb, struct mm_range range, int unmap)
{
	static const struct mm_range large[] = {
		{ LOL_DIRECT_MAP, LOL_DIRECT_MAP_END },
		{ LOL_KERNEL_MAP, LOL_KERNEL_MAP + LOL_KERNEL_MAP_SIZE },
	};
	unsigned int i;

	for (i = 0; i < 2 && tlb->large; i++) {
		__u64 start = range.start > large[i].start ? range.start : large[i].start;
		__u64 end = range.end < large[i].end ? range.end : large[i].end;

		if (start >= end)
			continue;
		if (unmap)
			large_set(tlb, start, end, 0);
		if (unmap && start == large[i].start && end == large[i].end) {
			tlb->large -= tlb->large_vmas[i];
			tlb->large_vmas[i] = 0;
		} else if (tlb->large_vmas[i]) {
			tlb->large_vmas[i] += 2;
			tlb->large += 2;
		}
	}
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
	note_large(tlb, range, unmap);

	first = number_of(range.start);
	last = number_of(range.end - 1);
	if (last - first < tlb->regions) {
		for (; first <= last; first++) {
			struct mm_tlb_region *region = find_region(tlb, first);

			if (region && unmap)
				unmap_region(tlb, region, range.start, range.end);
			else if (region)
				protect_region(region, range.start, range.end);
		}
	} else {
		for (i = 0; i < tlb->fresh; i++) {
			struct mm_tlb_region *region = &tlb->region[i];

			if (region->number <= first || region->number - 1 > last)
				continue;
			if (unmap)
				unmap_region(tlb, region, range.start, range.end);
			else
				protect_region(region, range.start, range.end);
		}
	}
	if (!unmap)
		mark_start(tlb, range.start);
	mark_start(tlb, range.end);
}

void mm_tlb_note_unmap(struct mm_tlb *tlb, struct mm_range range)
{
	note_change(tlb, range, 1);
}

void mm_tlb_note_protect(struct mm_tlb *tlb, struct mm_range range)
{
	note_change(tlb, range, 0);
}

/* ---- asking ---- */

/*
 * The pages of a region that are mapped as a run of this protection wants them;
 * 0: none.  Areas that are only counted have no regions.
 */
static const __u64 *covered(const struct mm_tlb *tlb, __u64 number, __u32 prot)
{
	const struct mm_tlb_region *region = find_region(tlb, number);

	if (!region)
		return 0;
	return prot & MM_WRITE ? region->writable : region->mapped;
}

struct mm_range mm_tlb_window(const struct mm_tlb *tlb, gva_t va, unsigned int access)
{
	__u64 page = va.v & MM_PAGE_MASK, next = page + MM_PAGE_SIZE;
	struct mm_range window = { page, next }, area = mm_area(page);
	__u64 n = number_of(page);
	int i;

	if (area.start >= area.end)
		return window;
	if (mm_area_is_large(page))
		return large_window(tlb, page);

	/* Up to the first covered page above, down to the last one below. */
	window.start = page > area.start + MM_RUN_MAX ? page - MM_RUN_MAX : area.start;
	window.end = next + MM_RUN_MAX < area.end ? next + MM_RUN_MAX : area.end;
	for (i = 0; i < 3; i++) {
		const __u64 *map = covered(tlb, n + i, access);
		unsigned int low, high, found;

		if ((n + i) << 21 >= window.end)
			break;
		pages_in(n + i, next, window.end, &low, &high);
		if (!map || (n + i + 1) << 21 <= next)
			continue;
		found = find_page(map, low, high, 1);
		if (found < high) {
			window.end = ((n + i) << 21) + found * MM_PAGE_SIZE;
			break;
		}
	}
	for (i = 0; i < 2; i++) {
		const __u64 *map = covered(tlb, n - i, access);
		unsigned int low, high, found;

		if ((n - i + 1) << 21 <= window.start)
			break;
		pages_in(n - i, window.start, page, &low, &high);
		if (!map || (n - i) << 21 >= page)
			continue;
		found = find_last(map, low, high);
		if (found < high) {
			window.start = ((n - i) << 21) + (found + 1) * MM_PAGE_SIZE;
			break;
		}
	}
	return window;
}

void mm_tlb_trim(const struct mm_tlb *tlb, gva_t va, struct mm_run *run)
{
	struct mm_range window = mm_tlb_window(tlb, va, run->prot);
	__u64 end = run->va.v + run->length;

	if (window.end < end)
		end = window.end;
	if (window.start > run->va.v) {
		run->gpa.v += window.start - run->va.v;
		run->va.v = window.start;
	}
	run->length = end - run->va.v;
}

int mm_tlb_covers(const struct mm_tlb *tlb, const struct mm_run *run)
{
	__u64 start = run->va.v, end = start + run->length, n;

	for (n = number_of(start); n <= number_of(end - 1); n++) {
		const __u64 *map = covered(tlb, n, run->prot);
		unsigned int low, high;

		pages_in(n, start, end, &low, &high);
		if (!map || find_page(map, low, high, 0) < high)
			return 0;
	}
	return 1;
}

int mm_tlb_missing(const struct mm_tlb *tlb, const struct mm_run *run,
		   struct mm_range *left, struct mm_run *piece)
{
	__u64 end = left->end, va = left->start, n;
	int found = 0;

	*piece = *run;
	for (n = number_of(va); va < end; n++) {
		const __u64 *map = covered(tlb, n, run->prot);
		unsigned int low, high, page;

		pages_in(n, va, end, &low, &high);
		if (!found) {
			page = map ? find_page(map, low, high, 0) : low;
			va = (n << 21) + page * MM_PAGE_SIZE;
			if (page == high)
				continue;
			found = 1;
			piece->va = gva(va);
			piece->gpa = gpa(run->gpa.v + (va - run->va.v));
			low = page;
		}
		page = map ? find_page(map, low, high, 1) : high;
		va = (n << 21) + page * MM_PAGE_SIZE;
		if (page < high)
			break;
	}
	left->start = va;
	if (found)
		piece->length = va - piece->va.v;
	return found;
}

/* The least number of a region in use at or above this one. */
static __u64 next_number(const struct mm_tlb *tlb, __u64 number)
{
	__u64 best = NOTHING;
	__u32 i;

	for (i = 0; i < 32; i++)
		if (find_region(tlb, number + i))
			return number + i;
	for (i = 0; i < tlb->fresh; i++)
		if (tlb->region[i].number > number && tlb->region[i].number - 1 < best)
			best = tlb->region[i].number - 1;
	return best;
}

int mm_tlb_next(const struct mm_tlb *tlb, unsigned int want,
		struct mm_range *range, struct mm_range *out)
{
	__u64 va = range->start & MM_PAGE_MASK;
	int found = 0;

	while (va < range->end) {
		const struct mm_tlb_region *region = find_region(tlb, number_of(va));
		unsigned int low, high, page;
		__u64 first;

		if (!region) {
			if (found)
				break;
			first = next_number(tlb, number_of(va));
			if (first == NOTHING)
				break;
			va = first << 21;
			continue;
		}
		first = number_of(va) << 21;
		pages_in(number_of(va), va, range->end, &low, &high);
		page = find_page(want & MM_WRITE ? region->writable : region->mapped,
				 low, high, !found);
		va = first + page * MM_PAGE_SIZE;
		if (!found && page < high) {
			out->start = va;
			found = 1;
		} else if (found && page < high) {
			break;
		}
	}
	if (found)
		out->end = va < range->end ? va : range->end;
	range->start = va < range->end && found ? va : range->end;
	return found;
}

/* ---- evicting ---- */

int mm_tlb_must_evict(const struct mm_tlb *tlb)
{
	return tlb->regions + 8 > MM_TLB_REGIONS || tlb->vmas + 8 > MM_TLB_VMAS ||
	       tlb->tables + 16 > MM_TLB_TABLES || tlb->large + 4 > MM_TLB_LARGE;
}

__u32 mm_tlb_cost(const struct mm_tlb *tlb)
{
	return tlb->tables + (tlb->vmas + tlb->large) / MM_VMAS_PER_PAGE +
	       tlb->fresh / (__u32)(MM_PAGE_SIZE / sizeof(struct mm_tlb_region));
}

unsigned int mm_tlb_evict(struct mm_tlb *tlb, struct mm_range out[MM_TLB_EVICT])
{
	unsigned int n = 0;
	__u32 looked;

	if (tlb->large + 4 > MM_TLB_LARGE) {
		out[n++] = (struct mm_range){ LOL_DIRECT_MAP, LOL_DIRECT_MAP_END };
		out[n++] = (struct mm_range){ LOL_KERNEL_MAP,
					      LOL_KERNEL_MAP + LOL_KERNEL_MAP_SIZE };
		large_clear(tlb);
		return n;
	}
	for (looked = 0; looked < tlb->fresh && n < MM_TLB_EVICT; looked++) {
		struct mm_tlb_region *region;

		if (tlb->hand >= tlb->fresh)
			tlb->hand = 0;
		region = &tlb->region[tlb->hand++];
		if (!region->number)
			continue;
		out[n].start = (region->number - 1) << 21;
		out[n].end = out[n].start + MM_HUGE_SIZE;
		unmap_region(tlb, region, out[n].start, out[n].end);
		mark_start(tlb, out[n].end);
		n++;
	}
	return n;
}

void mm_tlb_clear(struct mm_tlb *tlb)
{
	__u32 i;

	for (i = 0; i < tlb->fresh; i++) {
		struct mm_tlb_region *region = &tlb->region[i];

		if (region->number)
			unmap_region(tlb, region, (region->number - 1) << 21,
				     region->number << 21);
	}
	large_clear(tlb);
	tlb->hand = 0;
}
