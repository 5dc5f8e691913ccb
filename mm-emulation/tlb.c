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
#include "mm-emulation/tlb.h"

#define NOTHING	0xffffffffU

/*
 * The pages of a region that are mapped as a run of this protection wants them;
 * 0: none.  Areas that are only counted have no regions.
 */
static const __u64 *covered(const struct mm_tlb *tlb, __u64 number, __u32 prot)
{
	const struct mm_tlb_region *region = tlb_find(tlb, number);

	if (!region)
		return 0;
	return prot & MM_WRITE ? region->writable : region->mapped;
}

struct mm_range mm_tlb_window(const struct mm_tlb *tlb, gva_t va, unsigned int access)
{
	__u64 page = va.v & MM_PAGE_MASK, next = page + MM_PAGE_SIZE;
	struct mm_range window = { page, next }, area = mm_area(page);
	__u64 n = tlb_number(page);
	int i;

	if (area.start >= area.end)
		return window;
	if (mm_area_is_large(page))
		return tlb_large_window(tlb, page);

	/* Up to the first covered page above, down to the last one below. */
	window.start = page > area.start + MM_RUN_MAX ? page - MM_RUN_MAX : area.start;
	window.end = next + MM_RUN_MAX < area.end ? next + MM_RUN_MAX : area.end;
	for (i = 0; i < 3; i++) {
		const __u64 *map = covered(tlb, n + i, access);
		unsigned int low, high, found;

		if ((n + i) << 21 >= window.end)
			break;
		tlb_pages(n + i, next, window.end, &low, &high);
		if (!map || (n + i + 1) << 21 <= next)
			continue;
		found = tlb_first(map, low, high, 1);
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
		tlb_pages(n - i, window.start, page, &low, &high);
		if (!map || (n - i) << 21 >= page)
			continue;
		found = tlb_last(map, low, high);
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

	for (n = tlb_number(start); n <= tlb_number(end - 1); n++) {
		const __u64 *map = covered(tlb, n, run->prot);
		unsigned int low, high;

		tlb_pages(n, start, end, &low, &high);
		if (!map || tlb_first(map, low, high, 0) < high)
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
	for (n = tlb_number(va); va < end; n++) {
		const __u64 *map = covered(tlb, n, run->prot);
		unsigned int low, high, page;

		tlb_pages(n, va, end, &low, &high);
		if (!found) {
			page = map ? tlb_first(map, low, high, 0) : low;
			va = (n << 21) + page * MM_PAGE_SIZE;
			if (page == high)
				continue;
			found = 1;
			piece->va = gva(va);
			piece->gpa = gpa(run->gpa.v + (va - run->va.v));
			low = page;
		}
		page = map ? tlb_first(map, low, high, 1) : high;
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
		if (tlb_find(tlb, number + i))
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
		const struct mm_tlb_region *region = tlb_find(tlb, tlb_number(va));
		unsigned int low, high, page;
		__u64 first;

		if (!region) {
			if (found)
				break;
			first = next_number(tlb, tlb_number(va));
			if (first == NOTHING)
				break;
			va = first << 21;
			continue;
		}
		first = tlb_number(va) << 21;
		tlb_pages(tlb_number(va), va, range->end, &low, &high);
		page = tlb_first(want & MM_WRITE ? region->writable : region->mapped,
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
		tlb_large_clear(tlb);
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
		if (out[n].start < LOL_USER_START)	/* the wedge's lies there */
			out[n].start = LOL_USER_START;
		tlb_unmap(tlb, region, out[n].start, out[n].end);
		tlb_mark_start(tlb, out[n].end);
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
			tlb_unmap(tlb, region, (region->number - 1) << 21,
				     region->number << 21);
	}
	tlb_large_clear(tlb);
	tlb->hand = 0;
}
