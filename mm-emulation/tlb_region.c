// SPDX-License-Identifier: GPL-2.0-only
/* The regions of a struct mm_tlb: an open hash of records, and the page tables they need. */
#include "mm-emulation/tlb.h"

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

struct mm_tlb_region *tlb_get(struct mm_tlb *tlb, __u64 number)
{
	unsigned int slot = tlb_slot(tlb, number);
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
void tlb_put(struct mm_tlb *tlb, struct mm_tlb_region *region)
{
	unsigned int slot = tlb_slot(tlb, region->number - 1);
	unsigned int hole = slot;

	/* Close the gap, so that no chain of the open hash is cut. */
	for (;;) {
		unsigned int home;

		slot = (slot + 1) % MM_TLB_HASH;
		if (!tlb->hash[slot])
			break;
		home = tlb_hash(tlb->region[tlb->hash[slot] - 1].number - 1);
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
