// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct map and kernel image in a struct mm_tlb: few and large runs, whose VMAs are
 * counted by what is done to them, and one bit for each 2 MiB.
 */
#include "mm-emulation/tlb.h"

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

void tlb_large_clear(struct mm_tlb *tlb)
{
	__u32 i;

	for (i = 0; i < tlb->large_end; i++)
		__atomic_store_n(&tlb->large_mapped[i], 0, __ATOMIC_RELAXED);
	tlb->large_end = 0;
	tlb->large_vmas[0] = tlb->large_vmas[1] = 0;
	tlb->large = 0;
}

/* va's own block, and on both sides the blocks in which nothing is mapped. */
struct mm_range tlb_large_window(const struct mm_tlb *tlb, __u64 va)
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

int tlb_large_map(struct mm_tlb *tlb, __u64 start, __u64 end)
{
	if (tlb->large + 2 > MM_TLB_LARGE)
		return 0;
	tlb->large_vmas[start >= LOL_KERNEL_MAP] += 2;
	tlb->large += 2;
	large_set(tlb, start, end, 1);
	return 1;
}

/* Both edges of a range may cut VMAs of the areas that are only counted. */
void tlb_large_note(struct mm_tlb *tlb, struct mm_range range, int unmap)
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
