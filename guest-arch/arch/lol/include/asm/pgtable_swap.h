/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries that are neither empty nor a page; part of <asm/pgtable.h>.
 *
 *   bit 0 present: 0    1 exclusive    2 userfaultfd write protection
 *   bit 7 leaf: 0       8 PROT_NONE: 0
 *   bits 9..13 type     14..63 offset
 *
 * The same at both levels, so that a 2 MiB page can be a migration entry.
 */
#ifndef _ASM_LOL_PGTABLE_SWAP_H
#define _ASM_LOL_PGTABLE_SWAP_H

#define _PAGE_SWP_EXCLUSIVE	_AC(0x002, UL)
#define _PAGE_SWP_UFFD_WP	_AC(0x004, UL)
#define LOL_SWP_TYPE_SHIFT	9
#define LOL_SWP_TYPE_BITS	5
#define LOL_SWP_OFFSET_SHIFT	14

#define MAX_SWAPFILES_CHECK()	BUILD_BUG_ON(MAX_SWAPFILES_SHIFT > LOL_SWP_TYPE_BITS)

#define __swp_type(x)	(((x).val >> LOL_SWP_TYPE_SHIFT) & ((1UL << LOL_SWP_TYPE_BITS) - 1))
#define __swp_offset(x)	((x).val >> LOL_SWP_OFFSET_SHIFT)
#define __swp_entry(type, offset) ((swp_entry_t) {			\
	((unsigned long)(type) << LOL_SWP_TYPE_SHIFT) |			\
	((unsigned long)(offset) << LOL_SWP_OFFSET_SHIFT) })
#define __pte_to_swp_entry(pte)	((swp_entry_t) { pte_val(pte) })
#define __swp_entry_to_pte(swp)	__pte((swp).val)
#define __pmd_to_swp_entry(pmd)	((swp_entry_t) { pmd_val(pmd) })
#define __swp_entry_to_pmd(swp)	__pmd((swp).val)

static inline int pte_swp_exclusive(pte_t pte)	{ return !!(pte_val(pte) & _PAGE_SWP_EXCLUSIVE); }
LOL_PTE_SET(swp_mkexclusive, _PAGE_SWP_EXCLUSIVE)
LOL_PTE_CLEAR(swp_clear_exclusive, _PAGE_SWP_EXCLUSIVE)

#ifdef CONFIG_HAVE_ARCH_USERFAULTFD_WP
static inline int pte_uffd_wp(pte_t pte)	{ return !!(pte_val(pte) & _PAGE_UFFD_WP); }
static inline int pmd_uffd_wp(pmd_t pmd)	{ return !!(pmd_val(pmd) & _PAGE_UFFD_WP); }
static inline pte_t pte_mkuffd_wp(pte_t pte)	{ return pte_wrprotect(__pte(pte_val(pte) | _PAGE_UFFD_WP)); }
static inline pmd_t pmd_mkuffd_wp(pmd_t pmd)	{ return pmd_wrprotect(__pmd(pmd_val(pmd) | _PAGE_UFFD_WP)); }
LOL_PTE_CLEAR(clear_uffd_wp, _PAGE_UFFD_WP)
static inline int pte_swp_uffd_wp(pte_t pte)	{ return !!(pte_val(pte) & _PAGE_SWP_UFFD_WP); }
static inline int pmd_swp_uffd_wp(pmd_t pmd)	{ return !!(pmd_val(pmd) & _PAGE_SWP_UFFD_WP); }
LOL_PTE_SET(swp_mkuffd_wp, _PAGE_SWP_UFFD_WP)
LOL_PTE_CLEAR(swp_clear_uffd_wp, _PAGE_SWP_UFFD_WP)
#endif

#endif
