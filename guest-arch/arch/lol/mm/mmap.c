// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where user mappings may lie.  The first 128 KiB belong to the host and the
 * wedge whatever the mmap_min_addr sysctl says (arch_mmap_check), and MAP_32BIT
 * means what it means on x86-64.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>
#include <linux/security.h>

#define MAP_32BIT_START	0x40000000UL
#define MAP_32BIT_END	0x80000000UL

static unsigned long low_area(struct file *file, unsigned long addr, unsigned long len)
{
	struct vm_unmapped_area_info info = {
		.length		= len,
		.low_limit	= MAP_32BIT_START,
		.high_limit	= MAP_32BIT_END,
	};
	struct vm_area_struct *vma;

	if (len > MAP_32BIT_END - MAP_32BIT_START)
		return -ENOMEM;
	addr = PAGE_ALIGN(addr);
	if (addr && addr >= mmap_min_addr && addr <= MAP_32BIT_END - len) {
		vma = find_vma(current->mm, addr);
		if (!vma || addr + len <= vm_start_gap(vma))
			return addr;
	}
	return vm_unmapped_area(&info);
}

unsigned long arch_get_unmapped_area(struct file *file, unsigned long addr, unsigned long len,
				     unsigned long pgoff, unsigned long flags, vm_flags_t vm_flags)
{
	if ((flags & (MAP_32BIT | MAP_FIXED)) == MAP_32BIT)
		return low_area(file, addr, len);
	return generic_get_unmapped_area(file, addr, len, pgoff, flags, vm_flags);
}

unsigned long arch_get_unmapped_area_topdown(struct file *file, unsigned long addr,
					     unsigned long len, unsigned long pgoff,
					     unsigned long flags, vm_flags_t vm_flags)
{
	if ((flags & (MAP_32BIT | MAP_FIXED)) == MAP_32BIT)
		return low_area(file, addr, len);
	return generic_get_unmapped_area_topdown(file, addr, len, pgoff, flags, vm_flags);
}
