/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_MM_WALK_H
#define LOL_MM_WALK_H

#include <linux/irqflags.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <asm/pgtable.h>

/*
 * Walk sections: see uaccess.c.  The counter of a CPU is odd inside one.
 */
DECLARE_PER_CPU(unsigned int, lol_walk_count);

/* The locked increment orders the count before the reads of the tables. */
static __always_inline unsigned long walk_begin(void)
{
	unsigned long flags;

	local_irq_save(flags);
	asm volatile(LOCK_PREFIX "incl %%gs:%0" : "+m" (lol_walk_count) : : "memory", "cc");
	return flags;
}

/* Loads and stores before are not delayed past the store: that is x86's order. */
static __always_inline void walk_end(unsigned long flags)
{
	barrier();
	raw_cpu_add(lol_walk_count, 1);
	local_irq_restore(flags);
}

void *lol_walk_slow(unsigned long *entry, unsigned long value, unsigned long page_mask,
		    unsigned long addr, bool write);

/*
 * Where the byte at a user address is in the direct map, for as long as the
 * section lasts.  NULL: the access has to fault first.
 */
static __always_inline void *walk(struct mm_struct *mm, unsigned long addr, bool write)
{
	unsigned long need = _PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED |
			     (write ? _PAGE_RW | _PAGE_DIRTY : 0);
	unsigned long *entry, value, mask = ~PAGE_MASK;

	value = READ_ONCE(*(unsigned long *)&mm->pgd[(addr >> PGDIR_SHIFT) & 511]);
	if (!(value & _PAGE_PRESENT))
		return NULL;
	value = READ_ONCE(((unsigned long *)__va(value & PTE_PFN_MASK))[(addr >> PUD_SHIFT) & 511]);
	if (!(value & _PAGE_PRESENT))
		return NULL;
	entry = (unsigned long *)__va(value & PTE_PFN_MASK) + ((addr >> PMD_SHIFT) & 511);
	value = READ_ONCE(*entry);
	if (!(value & _PAGE_PRESENT))
		return NULL;
	if (likely(!(value & _PAGE_PSE))) {
		entry = (unsigned long *)__va(value & PTE_PFN_MASK) + ((addr >> PAGE_SHIFT) & 511);
		value = READ_ONCE(*entry);
	} else {
		mask = ~PMD_MASK;
	}
	if (unlikely((value & need) != need || (value & PTE_PFN_MASK) >= PFN_PHYS(max_pfn)))
		return lol_walk_slow(entry, value, mask, addr, write);
	return __va((value & PTE_PFN_MASK & ~mask) | (addr & mask));
}

/**
 * lol_fault_in() - have the page of a user address made, as after a fault
 * @addr: any value
 * @write: for writing
 *
 * Context: outside of walk sections.  Sleeps unless page faults are disabled.
 * Return: true if the access should be tried again, false for -EFAULT.
 */
bool lol_fault_in(unsigned long addr, bool write);

/* Not one byte beyond user space, whatever the caller has checked. */
static __always_inline bool user_range(unsigned long addr, unsigned long n)
{
	return n <= LOL_USER_END && addr <= LOL_USER_END - n;
}

#endif
