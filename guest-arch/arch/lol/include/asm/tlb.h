/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: ranges, and no flush of an address space that is going away. */
#ifndef _ASM_LOL_TLB_H
#define _ASM_LOL_TLB_H

#include <linux/mm_types.h>
#include <linux/swap.h>

struct mmu_gather;
static void tlb_flush(struct mmu_gather *tlb);
#define tlb_flush tlb_flush

#include <asm-generic/tlb.h>
#include <asm/tlbflush.h>

/*
 * A whole address space is torn down only when no thread has it any more.  What
 * its space still maps is out of reach: user code does not run there again, and
 * the kernel never uses user addresses.  The space goes with the root.
 */
static inline void tlb_flush(struct mmu_gather *tlb)
{
	if (tlb->fullmm)
		return;
	if (tlb->need_flush_all)
		lol_flush_mm(tlb->mm, 0, LOL_USER_END, LOL_FLUSH_ALL);
	else
		lol_flush_mm(tlb->mm, tlb->start, tlb->end, LOL_FLUSH_ALL);
}

static inline void __tlb_remove_table(void *table)
{
	free_page_and_swap_cache(table);
}

#endif
