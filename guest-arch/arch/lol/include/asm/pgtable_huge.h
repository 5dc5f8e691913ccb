/* SPDX-License-Identifier: GPL-2.0-only */
/* 2 MiB pages of user memory; part of <asm/pgtable.h>. */
#ifndef _ASM_LOL_PGTABLE_HUGE_H
#define _ASM_LOL_PGTABLE_HUGE_H

static inline int pmd_write(pmd_t pmd)		{ return !!(pmd_val(pmd) & _PAGE_RW); }
#define pmd_write pmd_write
static inline int pmd_dirty(pmd_t pmd)		{ return !!(pmd_val(pmd) & _PAGE_DIRTY); }
#define pmd_dirty pmd_dirty
static inline int pmd_young(pmd_t pmd)		{ return !!(pmd_val(pmd) & _PAGE_ACCESSED); }
#define pmd_young pmd_young
static inline pmd_t pmd_mkhuge(pmd_t pmd)	{ return __pmd(pmd_val(pmd) | _PAGE_PSE); }

static inline pmd_t pfn_pmd(unsigned long pfn, pgprot_t prot)
{
	return __pmd((pfn << PAGE_SHIFT) | pgprot_val(prot));
}
#define mk_pmd(page, prot)	pfn_pmd(page_to_pfn(page), (prot))

static inline pmd_t pmd_modify(pmd_t pmd, pgprot_t newprot)
{
	return __pmd((pmd_val(pmd) & _HPAGE_CHG_MASK) | (pgprot_val(newprot) & ~_HPAGE_CHG_MASK));
}

static inline pte_t pmd_pte(pmd_t pmd)		{ return __pte(pmd_val(pmd)); }
static inline pmd_t pte_pmd(pte_t pte)		{ return __pmd(pte_val(pte)); }
#define pmd_pgprot pmd_pgprot
static inline pgprot_t pmd_pgprot(pmd_t pmd)	{ return __pgprot(pmd_val(pmd) & ~PTE_PFN_MASK); }

static inline pmd_t pmd_mkinvalid(pmd_t pmd)
{
	return __pmd(pmd_val(pmd) & ~(_PAGE_PRESENT | _PAGE_PROTNONE));
}

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
static inline int pmd_trans_huge(pmd_t pmd)	{ return pmd_leaf(pmd); }
static inline int has_transparent_hugepage(void) { return 1; }
#define has_transparent_hugepage has_transparent_hugepage

#define __HAVE_ARCH_PMDP_HUGE_GET_AND_CLEAR
static inline pmd_t pmdp_huge_get_and_clear(struct mm_struct *mm, unsigned long addr, pmd_t *pmdp)
{
	return __pmd(arch_xchg(&pmdp->pmd, 0));
}

#define pmdp_establish pmdp_establish
static inline pmd_t pmdp_establish(struct vm_area_struct *vma, unsigned long addr,
				   pmd_t *pmdp, pmd_t pmd)
{
	return __pmd(arch_xchg(&pmdp->pmd, pmd_val(pmd)));
}

#define __HAVE_ARCH_PMDP_SET_WRPROTECT
static inline void pmdp_set_wrprotect(struct mm_struct *mm, unsigned long addr, pmd_t *pmdp)
{
	asm volatile(LOCK_PREFIX "andq %1, %0"
		     : "+m" (pmdp->pmd) : "er" (~_PAGE_RW) : "memory", "cc");
}

#define __HAVE_ARCH_PMDP_TEST_AND_CLEAR_YOUNG
static inline int pmdp_test_and_clear_young(struct vm_area_struct *vma, unsigned long addr,
					    pmd_t *pmdp)
{
	bool young;

	asm volatile(LOCK_PREFIX "btrq $5, %0"
		     : "+m" (pmdp->pmd), "=@ccc" (young) : : "memory");
	return young;
}

#define __HAVE_ARCH_PMDP_SET_ACCESS_FLAGS
static inline int pmdp_set_access_flags(struct vm_area_struct *vma, unsigned long addr,
					pmd_t *pmdp, pmd_t entry, int dirty)
{
	if (pmd_val(READ_ONCE(*pmdp)) == pmd_val(entry))
		return 0;
	set_pmd(pmdp, entry);
	return 1;
}
#endif /* CONFIG_TRANSPARENT_HUGEPAGE */

#endif
