/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef AFTERBURN_KINDS_H
#define AFTERBURN_KINDS_H

#include <lol/site.h>

/**
 * site_kind_length() - bytes that a site of this kind occupies
 * @kind: enum lol_site_kind
 *
 * The afterburner pads to this, the checker demands it, and the rewriter refuses
 * a record that says otherwise.  Every kind is longer than the longest x86
 * instruction (15), so padding is never negative.
 */
static inline unsigned int site_kind_length(unsigned int kind)
{
	switch (kind) {
	case LOL_SITE_STI:
		return LOL_SITE_LENGTH_STI;
	case LOL_SITE_PUSHF:
		return LOL_SITE_LENGTH_PUSHF;
	case LOL_SITE_SWAPGS:
		return LOL_SITE_LENGTH_SWAPGS;
	default:
		return LOL_SITE_LENGTH_GENERIC;
	}
}

/**
 * site_kind_name() - lower-case name of a kind, for messages
 * @kind: enum lol_site_kind, or anything else
 */
static inline const char *site_kind_name(unsigned int kind)
{
	static const char * const names[LOL_SITE_KINDS] = {
		[LOL_SITE_NONE] = "none",
		[LOL_SITE_CLI] = "cli",
		[LOL_SITE_STI] = "sti",
		[LOL_SITE_PUSHF] = "pushf",
		[LOL_SITE_POPF] = "popf",
		[LOL_SITE_HLT] = "hlt",
		[LOL_SITE_IRET] = "iret",
		[LOL_SITE_SYSRET] = "sysret",
		[LOL_SITE_SWAPGS] = "swapgs",
		[LOL_SITE_READ_CR] = "read-cr",
		[LOL_SITE_WRITE_CR] = "write-cr",
		[LOL_SITE_READ_DR] = "read-dr",
		[LOL_SITE_WRITE_DR] = "write-dr",
		[LOL_SITE_CLTS] = "clts",
		[LOL_SITE_LMSW] = "lmsw",
		[LOL_SITE_SMSW] = "smsw",
		[LOL_SITE_XSETBV] = "xsetbv",
		[LOL_SITE_RDMSR] = "rdmsr",
		[LOL_SITE_WRMSR] = "wrmsr",
		[LOL_SITE_INVLPG] = "invlpg",
		[LOL_SITE_INVPCID] = "invpcid",
		[LOL_SITE_LGDT] = "lgdt",
		[LOL_SITE_LIDT] = "lidt",
		[LOL_SITE_LLDT] = "lldt",
		[LOL_SITE_LTR] = "ltr",
		[LOL_SITE_SGDT] = "sgdt",
		[LOL_SITE_SIDT] = "sidt",
		[LOL_SITE_SLDT] = "sldt",
		[LOL_SITE_STR] = "str",
		[LOL_SITE_LAR] = "lar",
		[LOL_SITE_LSL] = "lsl",
		[LOL_SITE_READ_SEG] = "read-seg",
		[LOL_SITE_XSAVE] = "xsave",
		[LOL_SITE_XRSTOR] = "xrstor",
		[LOL_SITE_RDFSBASE] = "rdfsbase",
		[LOL_SITE_WRFSBASE] = "wrfsbase",
		[LOL_SITE_RDGSBASE] = "rdgsbase",
		[LOL_SITE_WRGSBASE] = "wrgsbase",
		[LOL_SITE_CPUID] = "cpuid",
		[LOL_SITE_RDPID] = "rdpid",
		[LOL_SITE_RDTSCP] = "rdtscp",
		[LOL_SITE_IN] = "in",
		[LOL_SITE_OUT] = "out",
		[LOL_SITE_MMIO] = "mmio",
		[LOL_SITE_STAC] = "stac",
		[LOL_SITE_CLAC] = "clac",
		[LOL_SITE_VMCALL] = "vmcall",
		[LOL_SITE_INVD] = "invd",
	};

	return kind < LOL_SITE_KINDS ? names[kind] : "invalid";
}

#endif
