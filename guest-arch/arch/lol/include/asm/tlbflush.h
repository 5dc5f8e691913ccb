/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TLB is the set of host mappings in the spaces of a root.  A flush is a
 * service which returns when no space on any vCPU uses the old translations; what
 * is left to do here is to wait for copies through the page tables that other
 * vCPUs have under way (see mm/uaccess.c).
 */
#ifndef _ASM_LOL_TLBFLUSH_H
#define _ASM_LOL_TLBFLUSH_H

#include <linux/mm_types.h>
#include <asm/service.h>

/**
 * lol_flush_mm() - flush user translations of an address space everywhere
 * @mm: the address space
 * @start: first address
 * @end: behind the last, above @start
 * @level: LOL_FLUSH_ALL or LOL_FLUSH_WRITE
 *
 * Context: any in which the page tables may be changed; does not sleep.
 */
void lol_flush_mm(struct mm_struct *mm, unsigned long start, unsigned long end, u32 level);

void flush_tlb_all(void);
void flush_tlb_mm(struct mm_struct *mm);
void flush_tlb_kernel_range(unsigned long start, unsigned long end);

static inline void flush_tlb_range(struct vm_area_struct *vma, unsigned long start,
				   unsigned long end)
{
	if (start < end)
		lol_flush_mm(vma->vm_mm, start, end, LOL_FLUSH_ALL);
}

static inline void flush_tlb_page(struct vm_area_struct *vma, unsigned long addr)
{
	addr &= PAGE_MASK;
	lol_flush_mm(vma->vm_mm, addr, addr + PAGE_SIZE, LOL_FLUSH_ALL);
}

/* Protections that only became wider need no flush here. */
#define pte_needs_flush pte_needs_flush
static inline bool pte_needs_flush(pte_t oldpte, pte_t newpte)
{
	const unsigned long may = _PAGE_PRESENT | _PAGE_RW | _PAGE_USER;
	unsigned long old = pte_val(oldpte), new = pte_val(newpte);

	if (!(old & _PAGE_PRESENT))
		return false;
	return (old & ~new & may) || (new & ~old & _PAGE_NX) ||
	       (old & ~new & (_PAGE_DIRTY | _PAGE_ACCESSED)) || ((old ^ new) & PTE_PFN_MASK);
}

#define huge_pmd_needs_flush huge_pmd_needs_flush
static inline bool huge_pmd_needs_flush(pmd_t oldpmd, pmd_t newpmd)
{
	return pte_needs_flush(__pte(pmd_val(oldpmd)), __pte(pmd_val(newpmd)));
}

#endif
