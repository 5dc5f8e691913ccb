/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bits of a page table entry: x86-64's.  The virtual MMU reads and, for Accessed
 * and Dirty, writes the tables of the guest at any time, as hardware would.
 */
#ifndef _ASM_LOL_PGTABLE_TYPES_H
#define _ASM_LOL_PGTABLE_TYPES_H

#include <linux/const.h>
#include <asm/page.h>

#define _PAGE_PRESENT	_AC(0x001, UL)
#define _PAGE_RW	_AC(0x002, UL)
#define _PAGE_USER	_AC(0x004, UL)
#define _PAGE_PWT	_AC(0x008, UL)
#define _PAGE_PCD	_AC(0x010, UL)
#define _PAGE_ACCESSED	_AC(0x020, UL)
#define _PAGE_DIRTY	_AC(0x040, UL)
#define _PAGE_PSE	_AC(0x080, UL)	/* 2 MiB leaf */
#define _PAGE_GLOBAL	_AC(0x100, UL)
#define _PAGE_SPECIAL	_AC(0x200, UL)	/* software from here on */
#define _PAGE_UFFD_WP	_AC(0x400, UL)
#define _PAGE_NX	(_AC(1, UL) << 63)

/* Not present for the MMU, but a page all the same: PROT_NONE.  Only where P is clear. */
#define _PAGE_PROTNONE	_PAGE_GLOBAL

#define PTE_PFN_MASK	_AC(0x000ffffffffff000, UL)
#define PMD_PFN_MASK	_AC(0x000fffffffe00000, UL)

#define _PAGE_TABLE	(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY)
#define _KERNPG_TABLE	(_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY)

/* What a change of protection leaves alone. */
#define _PAGE_CHG_MASK	(PTE_PFN_MASK | _PAGE_PCD | _PAGE_PWT | _PAGE_SPECIAL | \
			 _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_UFFD_WP)
#define _HPAGE_CHG_MASK	(_PAGE_CHG_MASK | _PAGE_PSE)

#define __LOL_USER	(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED)
#define __LOL_KERNEL	(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_DIRTY)

#define PAGE_NONE		__pgprot(_PAGE_PROTNONE | _PAGE_ACCESSED)
#define PAGE_READONLY		__pgprot(__LOL_USER | _PAGE_NX)
#define PAGE_READONLY_EXEC	__pgprot(__LOL_USER)
#define PAGE_SHARED		__pgprot(__LOL_USER | _PAGE_RW | _PAGE_NX)
#define PAGE_SHARED_EXEC	__pgprot(__LOL_USER | _PAGE_RW)

#define PAGE_KERNEL		__pgprot(__LOL_KERNEL | _PAGE_RW | _PAGE_NX)
#define PAGE_KERNEL_RO		__pgprot(__LOL_KERNEL | _PAGE_NX)
#define PAGE_KERNEL_ROX		__pgprot(__LOL_KERNEL)
#define PAGE_KERNEL_EXEC	__pgprot(__LOL_KERNEL | _PAGE_RW)
#define PAGE_KERNEL_NOCACHE	__pgprot(__LOL_KERNEL | _PAGE_RW | _PAGE_NX | _PAGE_PCD | _PAGE_PWT)
#define _PAGE_IOREMAP		pgprot_val(PAGE_KERNEL_NOCACHE)

#endif
