// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults in the kernel that were expected.  A fault inside a rewritten site is
 * reported at the site's first byte, so entries match there as well.
 */
#include <linux/extable.h>
#include <linux/uaccess.h>
#include <asm/extable.h>
#include <asm/ptrace.h>

bool fixup_exception(struct pt_regs *regs)
{
	const struct exception_table_entry *e = search_exception_tables(regs->ip);

	if (!e)
		return false;
	switch (e->data) {
	case EX_TYPE_EFAULT_REG:
		regs->ax = -EFAULT;
		break;
	case EX_TYPE_UNSAFE_MSR:
		regs->ax = 0;
		regs->dx = 0;
		regs->cx = -EIO;
		break;
	}
	regs->ip = (unsigned long)&e->fixup + e->fixup;
	return true;
}
