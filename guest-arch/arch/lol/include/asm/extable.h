/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Own header: the build tool that sorts the table knows one layout for a file of
 * machine EM_X86_64, and it is this one.  All fields are relative to themselves.
 */
#ifndef _ASM_LOL_EXTABLE_H
#define _ASM_LOL_EXTABLE_H

#define EX_TYPE_NONE		0
#define EX_TYPE_DEFAULT		1	/* go on at fixup */
#define EX_TYPE_EFAULT_REG	2	/* the same, with -EFAULT in rax */
#define EX_TYPE_UNSAFE_MSR	3	/* the same, edx:eax cleared and -EIO in rcx */

#ifdef __ASSEMBLY__

.macro _ASM_EXTABLE_TYPE from:req, to:req, type:req
	.pushsection "__ex_table", "a"
	.balign 4
	.long \from - .
	.long \to - .
	.long \type
	.popsection
.endm

#define _ASM_EXTABLE(from, to) _ASM_EXTABLE_TYPE from, to, EX_TYPE_DEFAULT

#else

#include <linux/stringify.h>

struct pt_regs;

struct exception_table_entry {
	int insn, fixup, data;
};

#define _ASM_EXTABLE_TYPE(from, to, type)			\
	" .pushsection \"__ex_table\", \"a\"\n"			\
	" .balign 4\n"						\
	" .long " #from " - .\n"				\
	" .long " #to " - .\n"					\
	" .long " __stringify(type) "\n"			\
	" .popsection\n"

#define _ASM_EXTABLE(from, to)	_ASM_EXTABLE_TYPE(from, to, EX_TYPE_DEFAULT)

#define ARCH_HAS_RELATIVE_EXTABLE

#define swap_ex_entry_fixup(a, b, tmp, delta)			\
	do {							\
		(a)->fixup = (b)->fixup + (delta);		\
		(b)->fixup = (tmp).fixup - (delta);		\
		(a)->data = (b)->data;				\
		(b)->data = (tmp).data;				\
	} while (0)

/**
 * fixup_exception() - look for a way around a fault in the kernel
 * @regs: of the fault
 *
 * Return: true if @regs now continue at a fixup.  Any context.
 */
bool fixup_exception(struct pt_regs *regs);

#endif /* !__ASSEMBLY__ */
#endif
