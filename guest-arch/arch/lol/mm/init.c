// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zones, the allocator's memory, and what protection a mapping's pages get.  There
 * is one zone: nothing on this machine addresses less than all RAM.
 */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <asm/sections.h>

/* Called by generic start-up code: sizes, then all free memory to the allocator. */
void __init mem_init(void)
{
	set_max_mapnr(max_pfn);
	memblock_free_all();
}

bool lol_virt_addr_valid(unsigned long addr)
{
	return addr >= PAGE_OFFSET && addr < LOL_DIRECT_MAP_END && pfn_valid(PHYS_PFN(__pa(addr)));
}
EXPORT_SYMBOL(lol_virt_addr_valid);

static const pgprot_t protection_map[16] = {
	[VM_NONE]					= PAGE_NONE,
	[VM_READ]					= PAGE_READONLY,
	[VM_WRITE]					= PAGE_READONLY,
	[VM_WRITE | VM_READ]				= PAGE_READONLY,
	[VM_EXEC]					= PAGE_READONLY_EXEC,
	[VM_EXEC | VM_READ]				= PAGE_READONLY_EXEC,
	[VM_EXEC | VM_WRITE]				= PAGE_READONLY_EXEC,
	[VM_EXEC | VM_WRITE | VM_READ]			= PAGE_READONLY_EXEC,
	[VM_SHARED]					= PAGE_NONE,
	[VM_SHARED | VM_READ]				= PAGE_READONLY,
	[VM_SHARED | VM_WRITE]				= PAGE_SHARED,
	[VM_SHARED | VM_WRITE | VM_READ]		= PAGE_SHARED,
	[VM_SHARED | VM_EXEC]				= PAGE_READONLY_EXEC,
	[VM_SHARED | VM_EXEC | VM_READ]			= PAGE_READONLY_EXEC,
	[VM_SHARED | VM_EXEC | VM_WRITE]		= PAGE_SHARED_EXEC,
	[VM_SHARED | VM_EXEC | VM_WRITE | VM_READ]	= PAGE_SHARED_EXEC,
};
DECLARE_VM_GET_PAGE_PROT
