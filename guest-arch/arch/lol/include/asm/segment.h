/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: selectors, for C and assembler. */
#ifndef _ASM_LOL_SEGMENT_H
#define _ASM_LOL_SEGMENT_H

#include <lol/layout.h>

#define __KERNEL_CS		LOL_KERNEL_CS
#define __KERNEL_DS		LOL_KERNEL_DS
#define __USER32_CS		0x23
#define __USER_DS		LOL_USER_DS
#define __USER_CS		LOL_USER_CS

#define GDT_ENTRY_TSS		8
#define GDT_ENTRIES		10
#define LOL_TSS_SELECTOR	(GDT_ENTRY_TSS * 8)

#define SEGMENT_RPL_MASK	0x3
#define USER_RPL		0x3

/* Interrupt stack table entries, counted from 1 as the manuals do. */
#define LOL_IST_DF		1

#endif
