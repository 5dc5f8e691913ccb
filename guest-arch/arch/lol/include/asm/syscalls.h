/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: system calls of x86-64 that the generic kernel does not know. */
#ifndef _ASM_LOL_SYSCALLS_H
#define _ASM_LOL_SYSCALLS_H

#include <linux/linkage.h>
#include <linux/types.h>

struct pt_regs;

asmlinkage long sys_mmap(unsigned long addr, unsigned long len, unsigned long prot,
			 unsigned long flags, unsigned long fd, unsigned long off);
asmlinkage long sys_rt_sigreturn(void);
asmlinkage long sys_arch_prctl(int option, unsigned long arg2);
asmlinkage long sys_iopl(unsigned int level);
asmlinkage long sys_ioperm(unsigned long from, unsigned long num, int on);
asmlinkage long sys_modify_ldt(int func, void __user *ptr, unsigned long bytecount);

bool lol_emulate_vsyscall(struct pt_regs *regs, unsigned long address);

#endif
