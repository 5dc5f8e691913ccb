/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables: four levels, x86-64 hardware format, 4 KiB and 2 MiB leaves.
 *
 * An entry that maps a page may gain Accessed and Dirty behind our back, so every
 * change of a live entry that must not lose them is atomic.  Giving permission
 * needs no flush: an access that the host still refuses is looked up again.
 */
#ifndef _ASM_LOL_PGTABLE_H
#define _ASM_LOL_PGTABLE_H

#include <asm/pgtable_types.h>
#include <asm-generic/pgtable-nop4d.h>

#define PGDIR_SHIFT	39
#define PGDIR_SIZE	(_AC(1, UL) << PGDIR_SHIFT)
#define PGDIR_MASK	(~(PGDIR_SIZE - 1))
#define PUD_SHIFT	30
#define PUD_SIZE	(_AC(1, UL) << PUD_SHIFT)
#define PUD_MASK	(~(PUD_SIZE - 1))
#define PMD_SHIFT	21
#define PMD_SIZE	(_AC(1, UL) << PMD_SHIFT)
#define PMD_MASK	(~(PMD_SIZE - 1))
#define PFN_PTE_SHIFT	PAGE_SHIFT

#define PTRS_PER_PGD	512
#define PTRS_PER_PUD	512
#define PTRS_PER_PMD	512
#define PTRS_PER_PTE	512

/* 47 bits: 256 entries, of which the upper quarter is the kernel's. */
#define USER_PTRS_PER_PGD	(LOL_USER_END >> PGDIR_SHIFT)
#define KERNEL_PGD_BOUNDARY	192
#define KERNEL_PGD_PTRS		64

#ifndef __ASSEMBLY__

#include <linux/mm_types.h>
#include <linux/mmdebug.h>
#include <asm/fixmap.h>
#include <asm/vmalloc.h>
#include <asm/cmpxchg.h>
#include <asm/service.h>

extern pgd_t swapper_pg_dir[PTRS_PER_PGD];
void paging_init(void);

extern unsigned long empty_zero_page[PAGE_SIZE / sizeof(unsigned long)];
#define ZERO_PAGE(vaddr)	pfn_to_page(PHYS_PFN(__pa_symbol(empty_zero_page)))

#define pte_ERROR(e)	pr_err("%s:%d: bad pte %016lx\n", __FILE__, __LINE__, pte_val(e))
#define pmd_ERROR(e)	pr_err("%s:%d: bad pmd %016lx\n", __FILE__, __LINE__, pmd_val(e))
#define pud_ERROR(e)	pr_err("%s:%d: bad pud %016lx\n", __FILE__, __LINE__, pud_val(e))
#define pgd_ERROR(e)	pr_err("%s:%d: bad pgd %016lx\n", __FILE__, __LINE__, pgd_val(e))

/* --- upper levels --- */

static inline int p4d_none(p4d_t p4d)		{ return !p4d_val(p4d); }
static inline int p4d_present(p4d_t p4d)	{ return p4d_val(p4d) & _PAGE_PRESENT; }
static inline int p4d_bad(p4d_t p4d)
{
	return (p4d_val(p4d) & ~(PTE_PFN_MASK | _PAGE_USER)) != (_KERNPG_TABLE);
}
static inline void set_p4d(p4d_t *p4dp, p4d_t p4d) { WRITE_ONCE(*p4dp, p4d); }
static inline void p4d_clear(p4d_t *p4dp)	{ set_p4d(p4dp, __p4d(0)); }
static inline pud_t *p4d_pgtable(p4d_t p4d)	{ return __va(p4d_val(p4d) & PTE_PFN_MASK); }
#define p4d_page(p4d)		pfn_to_page(PHYS_PFN(p4d_val(p4d) & PTE_PFN_MASK))

static inline int pud_none(pud_t pud)		{ return !pud_val(pud); }
static inline int pud_present(pud_t pud)	{ return pud_val(pud) & _PAGE_PRESENT; }
static inline int pud_bad(pud_t pud)
{
	return (pud_val(pud) & ~(PTE_PFN_MASK | _PAGE_USER)) != (_KERNPG_TABLE);
}
static inline void set_pud(pud_t *pudp, pud_t pud) { WRITE_ONCE(*pudp, pud); }
static inline void pud_clear(pud_t *pudp)	{ set_pud(pudp, __pud(0)); }
static inline pmd_t *pud_pgtable(pud_t pud)	{ return __va(pud_val(pud) & PTE_PFN_MASK); }
#define pud_page(pud)		pfn_to_page(PHYS_PFN(pud_val(pud) & PTE_PFN_MASK))

/* --- 2 MiB --- */

static inline int pmd_none(pmd_t pmd)		{ return !pmd_val(pmd); }

/* A leaf made invalid for a moment keeps PSE and still counts as a page. */
static inline int pmd_present(pmd_t pmd)
{
	return pmd_val(pmd) & (_PAGE_PRESENT | _PAGE_PROTNONE | _PAGE_PSE);
}

#define pmd_leaf pmd_leaf
static inline bool pmd_leaf(pmd_t pmd)		{ return pmd_val(pmd) & _PAGE_PSE; }

static inline int pmd_bad(pmd_t pmd)
{
	return (pmd_val(pmd) & ~(PTE_PFN_MASK | _PAGE_USER)) != (_KERNPG_TABLE);
}

static inline void set_pmd(pmd_t *pmdp, pmd_t pmd) { WRITE_ONCE(*pmdp, pmd); }
static inline void pmd_clear(pmd_t *pmdp)	{ set_pmd(pmdp, __pmd(0)); }
static inline void set_pmd_at(struct mm_struct *mm, unsigned long addr, pmd_t *pmdp, pmd_t pmd)
{
	set_pmd(pmdp, pmd);
}

static inline unsigned long pmd_pfn(pmd_t pmd)
{
	return (pmd_val(pmd) & (pmd_leaf(pmd) ? PMD_PFN_MASK : PTE_PFN_MASK)) >> PAGE_SHIFT;
}
#define pmd_page(pmd)		pfn_to_page(pmd_pfn(pmd))
static inline unsigned long pmd_page_vaddr(pmd_t pmd)
{
	return (unsigned long)__va(pmd_val(pmd) & PTE_PFN_MASK);
}

/* --- 4 KiB --- */

static inline int pte_none(pte_t pte)		{ return !pte_val(pte); }
static inline int pte_present(pte_t pte)	{ return pte_val(pte) & (_PAGE_PRESENT | _PAGE_PROTNONE); }
static inline int pte_write(pte_t pte)		{ return !!(pte_val(pte) & _PAGE_RW); }
static inline int pte_dirty(pte_t pte)		{ return !!(pte_val(pte) & _PAGE_DIRTY); }
static inline int pte_young(pte_t pte)		{ return !!(pte_val(pte) & _PAGE_ACCESSED); }
static inline int pte_exec(pte_t pte)		{ return !(pte_val(pte) & _PAGE_NX); }
static inline int pte_special(pte_t pte)	{ return !!(pte_val(pte) & _PAGE_SPECIAL); }

#define pte_accessible pte_accessible
static inline bool pte_accessible(struct mm_struct *mm, pte_t pte)
{
	return pte_val(pte) & _PAGE_PRESENT ||
	       (pte_val(pte) & _PAGE_PROTNONE && atomic_read(&mm->tlb_flush_pending));
}

static inline unsigned long pte_pfn(pte_t pte)	{ return (pte_val(pte) & PTE_PFN_MASK) >> PAGE_SHIFT; }
#define pte_page(pte)		pfn_to_page(pte_pfn(pte))

static inline pte_t pfn_pte(unsigned long pfn, pgprot_t prot)
{
	return __pte((pfn << PAGE_SHIFT) | pgprot_val(prot));
}
#define mk_pte(page, prot)	pfn_pte(page_to_pfn(page), (prot))

#define LOL_PTE_SET(fn, bits)						\
static inline pte_t pte_##fn(pte_t pte) { return __pte(pte_val(pte) | (bits)); } \
static inline pmd_t pmd_##fn(pmd_t pmd) { return __pmd(pmd_val(pmd) | (bits)); }
#define LOL_PTE_CLEAR(fn, bits)						\
static inline pte_t pte_##fn(pte_t pte) { return __pte(pte_val(pte) & ~(bits)); } \
static inline pmd_t pmd_##fn(pmd_t pmd) { return __pmd(pmd_val(pmd) & ~(bits)); }

LOL_PTE_SET(mkwrite_novma, _PAGE_RW)
LOL_PTE_SET(mkdirty, _PAGE_DIRTY)
LOL_PTE_SET(mkyoung, _PAGE_ACCESSED)
static inline pte_t pte_mkspecial(pte_t pte)	{ return __pte(pte_val(pte) | _PAGE_SPECIAL); }
LOL_PTE_CLEAR(wrprotect, _PAGE_RW)
LOL_PTE_CLEAR(mkclean, _PAGE_DIRTY)
LOL_PTE_CLEAR(mkold, _PAGE_ACCESSED)

static inline pte_t pte_modify(pte_t pte, pgprot_t newprot)
{
	return __pte((pte_val(pte) & _PAGE_CHG_MASK) | (pgprot_val(newprot) & ~_PAGE_CHG_MASK));
}

#define pte_pgprot pte_pgprot
static inline pgprot_t pte_pgprot(pte_t pte)
{
	return __pgprot(pte_val(pte) & ~PTE_PFN_MASK);
}

#define pgprot_noncached(prot)	__pgprot(pgprot_val(prot) | _PAGE_PCD | _PAGE_PWT)
#define pgprot_writecombine	pgprot_noncached
#define pgprot_nx(prot)		__pgprot(pgprot_val(prot) | _PAGE_NX)

static inline void set_pte(pte_t *ptep, pte_t pte) { WRITE_ONCE(*ptep, pte); }
static inline void pte_clear(struct mm_struct *mm, unsigned long addr, pte_t *ptep)
{
	set_pte(ptep, __pte(0));
}

#define __HAVE_ARCH_PTEP_GET_AND_CLEAR
static inline pte_t ptep_get_and_clear(struct mm_struct *mm, unsigned long addr, pte_t *ptep)
{
	return __pte(arch_xchg(&ptep->pte, 0));
}

/* Nobody runs in this address space any more, so nobody sets bits in it. */
#define __HAVE_ARCH_PTEP_GET_AND_CLEAR_FULL
static inline pte_t ptep_get_and_clear_full(struct mm_struct *mm, unsigned long addr,
					    pte_t *ptep, int full)
{
	pte_t pte;

	if (!full)
		return ptep_get_and_clear(mm, addr, ptep);
	pte = READ_ONCE(*ptep);
	set_pte(ptep, __pte(0));
	return pte;
}

#define __HAVE_ARCH_PTEP_SET_WRPROTECT
static inline void ptep_set_wrprotect(struct mm_struct *mm, unsigned long addr, pte_t *ptep)
{
	asm volatile(LOCK_PREFIX "andq %1, %0"
		     : "+m" (ptep->pte) : "er" (~_PAGE_RW) : "memory", "cc");
}

#define __HAVE_ARCH_PTEP_TEST_AND_CLEAR_YOUNG
static inline int ptep_test_and_clear_young(struct vm_area_struct *vma, unsigned long addr,
					    pte_t *ptep)
{
	bool young;

	asm volatile(LOCK_PREFIX "btrq $5, %0"
		     : "+m" (ptep->pte), "=@ccc" (young) : : "memory");
	return young;
}

#define __HAVE_ARCH_PTEP_SET_ACCESS_FLAGS
static inline int ptep_set_access_flags(struct vm_area_struct *vma, unsigned long addr,
					pte_t *ptep, pte_t entry, int dirty)
{
	if (pte_val(READ_ONCE(*ptep)) == pte_val(entry))
		return 0;
	set_pte(ptep, entry);
	return 1;
}

#define __HAVE_ARCH_PTE_SAME
static inline int pte_same(pte_t a, pte_t b)	{ return pte_val(a) == pte_val(b); }

/* New translations are announced once per fault, together: see mm/fault.c. */
#define update_mmu_cache_range(vmf, vma, addr, ptep, nr)	do { } while (0)
#define update_mmu_cache(vma, addr, ptep)	do { } while (0)
#define update_mmu_cache_pmd(vma, addr, pmdp)	do { } while (0)
#define flush_tlb_fix_spurious_fault(vma, addr, ptep)	do { } while (0)
#define flush_tlb_fix_spurious_fault_pmd(vma, addr, pmdp) do { } while (0)

#include <asm/pgtable_huge.h>
#include <asm/pgtable_swap.h>

#define HAVE_ARCH_UNMAPPED_AREA
#define HAVE_ARCH_UNMAPPED_AREA_TOPDOWN

#endif /* !__ASSEMBLY__ */
#endif
