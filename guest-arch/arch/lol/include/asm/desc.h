/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: the descriptor tables that the machine still looks at. */
#ifndef _ASM_LOL_DESC_H
#define _ASM_LOL_DESC_H

#include <linux/types.h>
#include <asm/segment.h>

/* 64-bit TSS: Intel SDM volume 3, figure 8-11.  Only rsp0 and ist are used. */
struct lol_tss {
	u32 reserved1;
	u64 sp0;
	u64 sp1;
	u64 sp2;
	u64 reserved2;
	u64 ist[7];
	u32 reserved3;
	u32 reserved4;
	u16 reserved5;
	u16 io_bitmap_base;
} __packed __aligned(64);

/* 64-bit gate: SDM volume 3, figure 6-8. */
struct lol_gate {
	u16 offset_low;
	u16 segment;
	u8 ist;
	u8 type;		/* P, DPL, type */
	u16 offset_middle;
	u32 offset_high;
	u32 reserved;
} __packed;

#define LOL_GATE_INTERRUPT	0x8e	/* present, DPL 0 */
#define LOL_GATE_DPL3		0x60

struct lol_desc_ptr {
	u16 limit;
	u64 base;
} __packed;

static inline void load_gdt(const struct lol_desc_ptr *ptr)
{
	asm volatile("lgdt %0" : : "m" (*ptr));
}

static inline void load_idt(const struct lol_desc_ptr *ptr)
{
	asm volatile("lidt %0" : : "m" (*ptr));
}

static inline void load_tr(u16 selector)
{
	asm volatile("ltr %w0" : : "r" (selector) : "memory");
}

/* Where the CPU goes when user mode is interrupted. */
void lol_set_sp0(unsigned long top);

#endif
