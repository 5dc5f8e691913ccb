// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls: x86-64's numbers, from x86's own table.  x32's (bit 30) are just
 * too large.
 */
#include <linux/entry-common.h>
#include <linux/linkage.h>
#include <linux/nospec.h>
#include <linux/syscalls.h>
#include <asm/processor.h>
#include <asm/syscall.h>
#include <asm/syscalls.h>
#include <asm/unistd.h>

#define __SYSCALL(nr, entry)		[nr] = entry,
#define __SYSCALL_NORETURN(nr, entry)	[nr] = entry,

void * const sys_call_table[NR_syscalls] = {
#include <asm/syscall_table_64.h>
};

/* sysretq loads rip from rcx, flags from r11, fixed selectors, and cannot do TF or RF. */
static __always_inline bool sysret_will_do(struct pt_regs *regs)
{
	return regs->cx == regs->ip && regs->r11 == regs->flags &&
	       regs->cs == __USER_CS && regs->ss == __USER_DS &&
	       regs->ip < TASK_SIZE_MAX &&
	       !(regs->flags & (X86_EFLAGS_RF | X86_EFLAGS_TF));
}

/**
 * do_syscall_64() - C entry of system calls
 * @regs: the user's; ax is -ENOSYS
 * @nr: low half of rax
 *
 * Return: true if sysretq restores what @regs say.
 * Context: interrupts off; so they are on return.
 */
__visible noinstr bool do_syscall_64(struct pt_regs *regs, int nr)
{
	unsigned int index;

	nr = syscall_enter_from_user_mode(regs, nr);
	instrumentation_begin();
	index = nr;
	if (likely(index < NR_syscalls)) {
		index = array_index_nospec(index, NR_syscalls);
		regs->ax = ((sys_call_ptr_t)sys_call_table[index])(regs->di, regs->si, regs->dx,
								  regs->r10, regs->r8,
								  regs->r9);
	} else if (nr != -1) {
		regs->ax = -ENOSYS;
	}
	instrumentation_end();
	syscall_exit_to_user_mode(regs);

	return sysret_will_do(regs);
}
