/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: the ranges of the layout. */
#ifndef _ASM_LOL_VMALLOC_H
#define _ASM_LOL_VMALLOC_H

#include <linux/const.h>
#include <lol/layout.h>

#define VMALLOC_START	_AC(LOL_VMALLOC_START, UL)
#define VMALLOC_END	_AC(LOL_VMALLOC_END, UL)
#define MODULES_VADDR	_AC(LOL_MODULES_START, UL)
#define MODULES_END	_AC(LOL_MODULES_END, UL)

#endif
