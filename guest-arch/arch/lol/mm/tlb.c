// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flushes and hints.  The monitor's side finds the spaces of a root and waits for
 * those that run; this side adds the wait for walks of other CPUs.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <asm/pgtable.h>
#include <asm/service.h>
#include <asm/tlbflush.h>
#include "mm_internal.h"

void lol_flush_mm(struct mm_struct *mm, unsigned long start, unsigned long end, u32 level)
{
	if (end > LOL_USER_END)
		end = LOL_USER_END;
	if (start >= end)
		return;
	lol_service4(LOL_SERVICE_FLUSH, __pa(mm->pgd), start, end, level);
	lol_wait_walks();
}

/*
 * fork flushes the parent after it has taken write permission from its pages and
 * done nothing else; arch_dup_mmap() has left a note that the next flush of this
 * task is that one.
 */
void flush_tlb_mm(struct mm_struct *mm)
{
	u32 level = LOL_FLUSH_ALL;

	if (mm->context.forking == current) {
		mm->context.forking = NULL;
		level = LOL_FLUSH_WRITE;
	}
	lol_flush_mm(mm, 0, LOL_USER_END, level);
}

/* User walks never use kernel entries, so there is nothing to wait for here. */
void flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	if (start < LOL_KERNEL_START)
		start = LOL_KERNEL_START;
	if (end > LOL_KERNEL_END)
		end = LOL_KERNEL_END;
	if (start < end)
		lol_service4(LOL_SERVICE_FLUSH, 0, start, end, LOL_FLUSH_ALL);
}

void flush_tlb_all(void)
{
	flush_tlb_kernel_range(LOL_KERNEL_START, LOL_KERNEL_END);
}

/*
 * A fault makes the page it is about and, of files and large folios, those around
 * it.  They lie within a window that is aligned to its size.
 */
#define FILL_WINDOW	SZ_64K

void lol_announce(struct mm_struct *mm, unsigned long address)
{
	unsigned long start = address & ~(FILL_WINDOW - 1);

	lol_service4(LOL_SERVICE_FILL, __pa(mm->pgd), start, start + FILL_WINDOW, address);
}
