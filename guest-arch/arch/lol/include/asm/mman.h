/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: the first 128 KiB are never a guest's. */
#ifndef _ASM_LOL_MMAN_H
#define _ASM_LOL_MMAN_H

#include <linux/errno.h>
#include <lol/layout.h>
#include_next <asm/mman.h>

static inline int lol_mmap_check(unsigned long addr, unsigned long flags)
{
	return (flags & MAP_FIXED) && addr < LOL_USER_START ? -EPERM : 0;
}
#define arch_mmap_check(addr, len, flags)	lol_mmap_check((addr), (flags))

#endif
