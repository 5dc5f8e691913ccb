/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_SITE_H
#define LOL_SITE_H

#include <linux/types.h>

/*
 * Site records.  The afterburner emits one for every sensitive instruction into
 * the section .lol.sites and pads the instruction with NOPs to the length that
 * the longest replacement of its kind needs.  Padding follows the instruction,
 * so an unmodified site runs as written on hardware.  Operands are not
 * recorded: whoever acts on a site decodes them from the instruction's bytes.
 */
struct lol_site {
	__s32 offset;		/* first byte of the site, relative to this field */
	__u8 length;		/* of the site: instruction and padding */
	__u8 insn_length;	/* of the instruction alone */
	__u8 kind;		/* enum lol_site_kind */
	__u8 flags;		/* LOL_SITE_* */
};

/*
 * Arithmetic flags may be changed by the replacement.  Asserted in the source
 * by the text "lol:cc" in a comment behind the instruction, which inline asm of
 * a compiler that assumes clobbered flags may use.  The stack below rsp may be
 * used as well (no red zone, a kernel stack).
 */
#define LOL_SITE_CC	0x01

enum lol_site_kind {
	LOL_SITE_NONE,
	/* interrupt flag */
	LOL_SITE_CLI,
	LOL_SITE_STI,
	LOL_SITE_PUSHF,
	LOL_SITE_POPF,
	LOL_SITE_HLT,
	/* returns and entry */
	LOL_SITE_IRET,
	LOL_SITE_SYSRET,
	LOL_SITE_SWAPGS,
	/* control and debug registers */
	LOL_SITE_READ_CR,
	LOL_SITE_WRITE_CR,
	LOL_SITE_READ_DR,
	LOL_SITE_WRITE_DR,
	LOL_SITE_CLTS,
	LOL_SITE_LMSW,
	LOL_SITE_SMSW,
	LOL_SITE_XSETBV,
	/* model specific registers */
	LOL_SITE_RDMSR,
	LOL_SITE_WRMSR,
	/* TLB */
	LOL_SITE_INVLPG,
	LOL_SITE_INVPCID,
	/* descriptor tables and selectors */
	LOL_SITE_LGDT,
	LOL_SITE_LIDT,
	LOL_SITE_LLDT,
	LOL_SITE_LTR,
	LOL_SITE_SGDT,
	LOL_SITE_SIDT,
	LOL_SITE_SLDT,
	LOL_SITE_STR,
	LOL_SITE_LAR,
	LOL_SITE_LSL,
	LOL_SITE_READ_SEG,	/* mov from cs, ss */
	/* the user's floating point state and segment bases */
	LOL_SITE_XSAVE,		/* any save of the xsave and fxsave families */
	LOL_SITE_XRSTOR,	/* any restore of them */
	LOL_SITE_RDFSBASE,
	LOL_SITE_WRFSBASE,
	LOL_SITE_RDGSBASE,
	LOL_SITE_WRGSBASE,
	/* identification */
	LOL_SITE_CPUID,
	LOL_SITE_RDPID,
	LOL_SITE_RDTSCP,
	/* ports, device registers */
	LOL_SITE_IN,
	LOL_SITE_OUT,
	LOL_SITE_MMIO,		/* a mov marked "lol:mmio": register window access */
	/* always undefined on this machine */
	LOL_SITE_STAC,
	LOL_SITE_CLAC,
	LOL_SITE_VMCALL,	/* vmcall, vmmcall and their kin */
	LOL_SITE_INVD,		/* invd, wbinvd: no effect */
	LOL_SITE_KINDS
};

/*
 * Length of a site by kind: what its longest replacement needs.  The generic
 * replacement is  movl $index, site(%rip); jmp *slot(%rip) : 10 + 6 bytes.
 */
#define LOL_SITE_LENGTH_GENERIC	16
#define LOL_SITE_LENGTH_STI	22
#define LOL_SITE_LENGTH_PUSHF	16
#define LOL_SITE_LENGTH_SWAPGS	31
#define LOL_SITE_MAX		31

#endif
