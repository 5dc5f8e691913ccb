// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protections of vmalloc and module memory, which is mapped by 4 KiB leaves of its
 * own.  The direct map's view of the same frames stays as it is: writable, never
 * executable.
 */
#include <linux/mm.h>
#include <linux/set_memory.h>
#include <asm/pgtable.h>
#include <asm/tlbflush.h>

struct change {
	unsigned long set;
	unsigned long clear;
};

static int change_one(pte_t *ptep, unsigned long addr, void *data)
{
	const struct change *change = data;

	set_pte(ptep, __pte((pte_val(ptep_get(ptep)) & ~change->clear) | change->set));
	return 0;
}

static int change_memory(unsigned long addr, int numpages, unsigned long set, unsigned long clear)
{
	struct change change = { .set = set, .clear = clear };
	unsigned long start = addr & PAGE_MASK, end = start + numpages * PAGE_SIZE;
	int err;

	if (!numpages)
		return 0;
	if (!(start >= VMALLOC_START && end <= VMALLOC_END) &&
	    !(start >= MODULES_VADDR && end <= MODULES_END))
		return -EINVAL;
	err = apply_to_existing_page_range(&init_mm, start, end - start, change_one, &change);
	flush_tlb_kernel_range(start, end);
	return err;
}

int set_memory_ro(unsigned long addr, int numpages)
{
	return change_memory(addr, numpages, 0, _PAGE_RW);
}

int set_memory_rw(unsigned long addr, int numpages)
{
	return change_memory(addr, numpages, _PAGE_RW, 0);
}

int set_memory_x(unsigned long addr, int numpages)
{
	return change_memory(addr, numpages, 0, _PAGE_NX);
}

int set_memory_nx(unsigned long addr, int numpages)
{
	return change_memory(addr, numpages, _PAGE_NX, 0);
}

int set_memory_rox(unsigned long addr, int numpages)
{
	return change_memory(addr, numpages, 0, _PAGE_RW | _PAGE_NX);
}
