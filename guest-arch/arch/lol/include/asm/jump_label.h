/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: x86-64 instructions, always of five bytes. */
#ifndef _ASM_LOL_JUMP_LABEL_H
#define _ASM_LOL_JUMP_LABEL_H

/*
 * A static branch is five bytes: the NOP 0f 1f 44 00 00 or jmp rel32.  Both are
 * written as bytes, so the assembler can never choose a two-byte jump.  The
 * table holds relative addresses (HAVE_ARCH_JUMP_LABEL_RELATIVE), because text
 * and data of a position independent kernel have no other constant relation.
 */

#define HAVE_JUMP_LABEL_BATCH
#define JUMP_LABEL_NOP_SIZE	5

#ifndef __ASSEMBLY__

#include <linux/types.h>

#define LOL_JUMP_TABLE_ENTRY				\
	".pushsection __jump_table, \"aw\"\n\t"		\
	".balign 8\n\t"					\
	".long 1b - .\n\t"				\
	".long %l[l_yes] - .\n\t"			\
	".quad %c0 + %c1 - .\n\t"			\
	".popsection\n\t"

static __always_inline bool arch_static_branch(struct static_key * const key,
					       const bool branch)
{
	asm goto("1:\n\t"
		 ".byte 0x0f, 0x1f, 0x44, 0x00, 0x00\n\t"
		 LOL_JUMP_TABLE_ENTRY
		 : : "i" (key), "i" (branch) : : l_yes);
	return false;
l_yes:
	return true;
}

static __always_inline bool arch_static_branch_jump(struct static_key * const key,
						    const bool branch)
{
	asm goto("1:\n\t"
		 ".byte 0xe9\n\t"
		 ".long %l[l_yes] - . - 4\n\t"
		 LOL_JUMP_TABLE_ENTRY
		 : : "i" (key), "i" (branch) : : l_yes);
	return false;
l_yes:
	return true;
}

#endif /* !__ASSEMBLY__ */
#endif
