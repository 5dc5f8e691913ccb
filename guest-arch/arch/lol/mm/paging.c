// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own page tables.
 *
 * Two views of RAM are made: the direct map, never executable, and the kernel map
 * of the image.  Both use 2 MiB leaves where a whole block has one protection and
 * 4 KiB leaves elsewhere; the host maps runs whatever the leaves are, but it finds
 * a run of large leaves sooner.
 *
 *   view         text    rodata   init     data, bss   other RAM
 *   kernel map   R X *   R *      RWX **   RW          -
 *   direct map   RW      R *      RW       RW          RW
 *
 * (*) writable until mark_rodata_ro(); (**) unmapped by free_initmem().  Text stays
 * writable in the direct map: patching of static keys goes through there.
 *
 * All entries of the kernel half of the root that will ever be needed are made
 * now, so every address space can copy them and no two roots ever differ there.
 */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <asm/pgalloc.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <asm/service.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>
#include "mm_internal.h"

pgd_t swapper_pg_dir[PTRS_PER_PGD] __page_aligned_bss;
unsigned long empty_zero_page[PAGE_SIZE / sizeof(unsigned long)] __page_aligned_bss;
EXPORT_SYMBOL(empty_zero_page);

unsigned long lol_cr3_keep __ro_after_init;
EXPORT_SYMBOL(lol_cr3_keep);

static void *__init new_table(void)
{
	void *table = memblock_alloc(PAGE_SIZE, PAGE_SIZE);

	if (!table)
		panic("no memory for page tables");
	return table;
}

/* The table below an entry; made if there is none. */
static unsigned long *__init descend(unsigned long *entry)
{
	if (!*entry)
		*entry = __pa(new_table()) | _KERNPG_TABLE;
	return __va(*entry & PTE_PFN_MASK);
}

static unsigned long *__init pmd_entry(unsigned long addr)
{
	unsigned long *table = (unsigned long *)swapper_pg_dir;

	table = descend(&table[(addr >> PGDIR_SHIFT) & 511]);
	table = descend(&table[(addr >> PUD_SHIFT) & 511]);
	return &table[(addr >> PMD_SHIFT) & 511];
}

typedef pgprot_t (*protection_fn)(unsigned long phys);

static bool __init uniform(unsigned long phys, protection_fn protection)
{
	unsigned long prot = pgprot_val(protection(phys)), offset;

	for (offset = PAGE_SIZE; offset < PMD_SIZE; offset += PAGE_SIZE)
		if (pgprot_val(protection(phys + offset)) != prot)
			return false;
	return true;
}

/* Maps [phys, phys_end) at addr; protections are asked for page by page only near the image. */
static void __init map_range(unsigned long addr, unsigned long phys, unsigned long phys_end,
			     protection_fn protection)
{
	while (phys < phys_end) {
		unsigned long *pmd = pmd_entry(addr);
		unsigned long *pte;

		if (!*pmd && !((addr | phys) & ~PMD_MASK) && phys_end - phys >= PMD_SIZE &&
		    (phys >= __pa_symbol(__image_end) || uniform(phys, protection))) {
			*pmd = phys | pgprot_val(protection(phys)) | _PAGE_PSE;
			addr += PMD_SIZE;
			phys += PMD_SIZE;
			continue;
		}
		pte = descend(pmd);
		pte[(addr >> PAGE_SHIFT) & 511] = phys | pgprot_val(protection(phys));
		addr += PAGE_SIZE;
		phys += PAGE_SIZE;
	}
}

/* Which part of the image an address is in.  Kinds keep runs of one protection apart. */
static bool __init within(unsigned long phys, const void *from, const void *to)
{
	return phys >= __pa_symbol(from) && phys < __pa_symbol(to);
}

/*
 * Read-only parts are told apart by a software bit, so that no large leaf spans
 * two parts; mark_rodata_ro() then changes leaves as they are.
 */
static pgprot_t __init kernel_protection(unsigned long phys)
{
	if (within(phys, _text, _etext))
		return __pgprot(pgprot_val(PAGE_KERNEL_EXEC) | _PAGE_SPECIAL);
	if (within(phys, __start_rodata, __end_ro))
		return __pgprot(pgprot_val(PAGE_KERNEL) | _PAGE_SPECIAL);
	if (within(phys, __init_begin, __init_text_end))
		return PAGE_KERNEL_EXEC;
	if (within(phys, __init_text_end, __init_end))
		return __pgprot(pgprot_val(PAGE_KERNEL) | _PAGE_UFFD_WP);
	return PAGE_KERNEL;
}

static pgprot_t __init direct_protection(unsigned long phys)
{
	if (within(phys, __start_rodata, __end_ro))
		return __pgprot(pgprot_val(PAGE_KERNEL) | _PAGE_SPECIAL);
	return PAGE_KERNEL;
}

static void __init prepopulate(unsigned long start, unsigned long end)
{
	for (; start < end; start += PGDIR_SIZE)
		descend((unsigned long *)&swapper_pg_dir[(start >> PGDIR_SHIFT) & 511]);
}

/* With PCID a root load keeps what the TLB knows of that root, if it says so. */
static void __init keep_translations(void)
{
	u32 a, b, c, d;

	native_cpuid(1, 0, &a, &b, &c, &d);
	if (!(c & BIT(17)))
		return;
	native_write_cr4(native_read_cr4() | X86_CR4_PCIDE);
	lol_cr3_keep = BIT(63);
}

/**
 * paging_init() - make the kernel's page tables and use them
 *
 * Context: boot CPU, memblock knows RAM and what of it is taken.
 */
void __init paging_init(void)
{
	unsigned long max_zone_pfns[MAX_NR_ZONES] = { 0 };
	phys_addr_t start, end;
	u64 i;

	for_each_mem_range(i, &start, &end)
		map_range(PAGE_OFFSET + start, start, end, direct_protection);
	map_range((unsigned long)_text, __pa_symbol(_text), __pa_symbol(__image_end),
		  kernel_protection);
	prepopulate(VMALLOC_START, VMALLOC_END);
	prepopulate(KERNEL_MAP, MODULES_END);
	/* Two levels down as well: this much of the module area is always in use. */
	pmd_entry(MODULES_VADDR);

	native_write_cr3(__pa_symbol(swapper_pg_dir));
	keep_translations();

	max_zone_pfns[ZONE_NORMAL] = max_low_pfn;
	free_area_init(max_zone_pfns);
}

/* Applies a change to every leaf of [start, end), which begins and ends with leaves. */
static void change_leaves(unsigned long start, unsigned long end,
			  unsigned long set, unsigned long clear, bool unmap)
{
	unsigned long addr = start;

	while (addr < end) {
		unsigned long *pmd = (unsigned long *)pmd_off_k(addr);
		bool large = *pmd & _PAGE_PSE;
		unsigned long *leaf = large ? pmd : (unsigned long *)pte_offset_kernel((pmd_t *)pmd, addr);

		WARN_ON_ONCE(large && ((addr & ~PMD_MASK) || end - addr < PMD_SIZE));
		WRITE_ONCE(*leaf, unmap ? 0 : (*leaf & ~clear) | set);
		addr += large ? PMD_SIZE : PAGE_SIZE;
	}
	flush_tlb_kernel_range(start, end);
}

#ifdef CONFIG_STRICT_KERNEL_RWX
/* Both views of read-only data, and text where it is executed. */
void mark_rodata_ro(void)
{
	unsigned long text = (unsigned long)_text, text_end = PAGE_ALIGN((unsigned long)_etext);
	unsigned long ro = (unsigned long)__start_rodata, ro_end = (unsigned long)__end_ro;

	change_leaves(text, text_end, 0, _PAGE_RW, false);
	change_leaves(ro, ro_end, 0, _PAGE_RW, false);
	change_leaves((unsigned long)__va(__pa(ro)), (unsigned long)__va(__pa(ro_end)),
		      0, _PAGE_RW, false);
	pr_info("Write protecting the kernel read-only data: %luk\n",
		(text_end - text + ro_end - ro) >> 10);
}
#endif

/*
 * Init memory goes back to the allocator through the direct map.  Its view in the
 * kernel map ends first, and so do its site records: whatever comes to lie in
 * these frames later must not match them.
 */
void free_initmem(void)
{
	unsigned long begin = (unsigned long)__init_begin, end = (unsigned long)__init_end;

	lol_sites_remove(__init_begin, __init_text_end - __init_begin);
	change_leaves(begin, end, 0, 0, true);
	free_reserved_area(__va(__pa(begin)), __va(__pa(end)), -1, "unused kernel image (initmem)");
}
