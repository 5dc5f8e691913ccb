/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: exceptions. */
#ifndef _ASM_LOL_TRAPS_H
#define _ASM_LOL_TRAPS_H

#include <asm/trapnr.h>

/* entry.S: stubs of LOL_ENTRY_STRIDE bytes, one per vector. */
#define LOL_ENTRY_STRIDE	16

#ifndef __ASSEMBLY__

#include <linux/linkage.h>
#include <linux/types.h>

struct pt_regs;
struct task_struct;

extern const char lol_exception_entries[];
extern const char lol_irq_entries[];
extern const char lol_iret_user[];
asmlinkage void lol_syscall_entry(void);

asmlinkage void lol_exception(struct pt_regs *regs, unsigned int vector,
			      unsigned long error_code);
asmlinkage struct pt_regs *fixup_bad_iret(struct pt_regs *bad_regs);
asmlinkage void ret_from_fork(struct task_struct *prev, struct pt_regs *regs,
			      int (*fn)(void *), void *arg);

/* mm/fault.c */
void do_page_fault(struct pt_regs *regs, unsigned long error_code, unsigned long address);

/* dumpstack.c */
void die(const char *what, struct pt_regs *regs, long error_code);
void show_opcodes(struct pt_regs *regs, const char *loglvl);

/* idt.c */
void lol_early_traps(void);

extern int show_unhandled_signals;

#endif /* !__ASSEMBLY__ */
#endif
