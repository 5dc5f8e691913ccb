/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages and addresses.  RAM starts at guest-physical 0 and is seen twice: all of
 * it in the direct map, the kernel image in the kernel map as well.
 */
#ifndef _ASM_LOL_PAGE_H
#define _ASM_LOL_PAGE_H

#include <linux/const.h>
#include <linux/pfn.h>
#include <lol/layout.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	(_AC(1, UL) << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))

#define HPAGE_SHIFT	21
#define HPAGE_SIZE	(_AC(1, UL) << HPAGE_SHIFT)
#define HPAGE_MASK	(~(HPAGE_SIZE - 1))
#define HUGETLB_PAGE_ORDER (HPAGE_SHIFT - PAGE_SHIFT)

#define PAGE_OFFSET	_AC(LOL_DIRECT_MAP, UL)
#define KERNEL_MAP	_AC(LOL_KERNEL_MAP, UL)

#ifndef __ASSEMBLY__

#include <linux/types.h>

typedef struct { unsigned long pte; } pte_t;
typedef struct { unsigned long pmd; } pmd_t;
typedef struct { unsigned long pud; } pud_t;
typedef struct { unsigned long pgd; } pgd_t;
typedef struct { unsigned long pgprot; } pgprot_t;
typedef struct page *pgtable_t;

#define pte_val(x)	((x).pte)
#define pmd_val(x)	((x).pmd)
#define pud_val(x)	((x).pud)
#define pgd_val(x)	((x).pgd)
#define pgprot_val(x)	((x).pgprot)
#define __pte(x)	((pte_t) { (x) })
#define __pmd(x)	((pmd_t) { (x) })
#define __pud(x)	((pud_t) { (x) })
#define __pgd(x)	((pgd_t) { (x) })
#define __pgprot(x)	((pgprot_t) { (x) })

static __always_inline void clear_page(void *page)
{
	unsigned long count = PAGE_SIZE;

	asm volatile("rep stosb" : "+c" (count), "+D" (page) : "a" (0) : "memory");
}

static __always_inline void copy_page(void *to, void *from)
{
	unsigned long count = PAGE_SIZE;

	asm volatile("rep movsb" : "+c" (count), "+D" (to), "+S" (from) : : "memory");
}

#define clear_user_page(page, vaddr, pg)	clear_page(page)
#define copy_user_page(to, from, vaddr, pg)	copy_page(to, from)

#define vma_alloc_zeroed_movable_folio(vma, vaddr) \
	vma_alloc_folio(GFP_HIGHUSER_MOVABLE | __GFP_ZERO, 0, vma, vaddr, false)

static __always_inline unsigned long __phys_addr(unsigned long addr)
{
	return addr >= KERNEL_MAP ? addr - KERNEL_MAP : addr - PAGE_OFFSET;
}

#define __pa(x)			__phys_addr((unsigned long)(x))
#define __pa_symbol(x)		((unsigned long)(x) - KERNEL_MAP)
#define __va(x)			((void *)((unsigned long)(x) + PAGE_OFFSET))
#define virt_to_page(addr)	pfn_to_page(PHYS_PFN(__pa(addr)))
#define page_to_virt(page)	__va(PFN_PHYS(page_to_pfn(page)))

static inline void *pfn_to_kaddr(unsigned long pfn)
{
	return __va(pfn << PAGE_SHIFT);
}

/**
 * lol_virt_addr_valid() - is this an address of RAM in the direct map?
 * @addr: any value
 */
bool lol_virt_addr_valid(unsigned long addr);
#define virt_addr_valid(addr)	lol_virt_addr_valid((unsigned long)(addr))

#define VM_DATA_DEFAULT_FLAGS	VM_DATA_FLAGS_TSK_EXEC

#include <asm-generic/memory_model.h>
#include <asm-generic/getorder.h>

#endif /* !__ASSEMBLY__ */
#endif
