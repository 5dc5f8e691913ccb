/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: walking kernel stacks by frame pointers. */
#ifndef _ASM_LOL_STACKTRACE_H
#define _ASM_LOL_STACKTRACE_H

#include <linux/types.h>

struct pt_regs;
struct task_struct;

/*
 * A walk.  Functions keep the chain rbp -> { caller's rbp, return address };
 * entry code marks a register frame by pointing rbp one byte into it.
 */
struct lol_unwind {
	struct task_struct *task;
	unsigned long fp;		/* next link, or register frame + 1 */
	unsigned long ip;		/* where the present frame executes; 0: done */
	struct pt_regs *regs;		/* the frame is one of registers */
};

void lol_unwind_start(struct lol_unwind *unwind, struct task_struct *task,
		      struct pt_regs *regs);
bool lol_unwind_next(struct lol_unwind *unwind);

/* Rough lower bound for stacks: any kernel address. */
bool on_task_stack(struct task_struct *task, unsigned long addr, unsigned long size);

#endif
