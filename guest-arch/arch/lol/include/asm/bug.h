/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: BUG() and WARN() are ud2 and an entry of the bug table. */
#ifndef _ASM_LOL_BUG_H
#define _ASM_LOL_BUG_H

#include <linux/instrumentation.h>
#include <linux/stringify.h>

#define LOL_INSN_UD2		0x0b0f
#define LOL_UD2_LENGTH		2

#ifdef CONFIG_GENERIC_BUG

#ifdef CONFIG_DEBUG_BUGVERBOSE
#define __LOL_BUG_PLACE		"	.long	%c[file] - .\n"		\
				"	.short	%c[line]\n"
#else
#define __LOL_BUG_PLACE
#endif

#define __LOL_BUG(bug_flags)						\
	asm_inline volatile("771:	ud2\n"				\
			    "	.pushsection __bug_table, \"aw\"\n"	\
			    "	.balign	4\n"				\
			    "772:	.long	771b - .\n"		\
			    __LOL_BUG_PLACE				\
			    "	.short	%c[flags]\n"			\
			    "	.org	772b + %c[size]\n"		\
			    "	.popsection"				\
			    : : [file] "i" (__FILE__), [line] "i" (__LINE__), \
				[flags] "i" (bug_flags),		\
				[size] "i" (sizeof(struct bug_entry)))
#else
#define __LOL_BUG(bug_flags)	asm volatile("ud2")
#endif

#define HAVE_ARCH_BUG
#define BUG()								\
do {									\
	instrumentation_begin();					\
	__LOL_BUG(0);							\
	__builtin_unreachable();					\
} while (0)

#define __WARN_FLAGS(bug_flags)						\
do {									\
	instrumentation_begin();					\
	__LOL_BUG(BUGFLAG_WARNING | (bug_flags));			\
	instrumentation_end();						\
} while (0)

#include <asm-generic/bug.h>

#endif
