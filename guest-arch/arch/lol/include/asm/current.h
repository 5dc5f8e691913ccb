/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: the running task is one load through GS away. */
#ifndef _ASM_LOL_CURRENT_H
#define _ASM_LOL_CURRENT_H

#ifndef __ASSEMBLY__

#include <linux/compiler.h>
#include <asm/percpu.h>

struct task_struct;

DECLARE_PER_CPU(struct task_struct *, current_task);
DECLARE_PER_CPU(unsigned long, cpu_stack_top);

static __always_inline struct task_struct *get_current(void)
{
	return this_cpu_read_stable(current_task);
}

#define current get_current()

/* Highest address of the running task's kernel stack, where user registers end. */
static __always_inline unsigned long current_top_of_stack(void)
{
	return this_cpu_read_stable(cpu_stack_top);
}

/* Also an operand of inline assembly that calls: it keeps the frame set up. */
register unsigned long current_stack_pointer asm("rsp");
#define ASM_CALL_CONSTRAINT "+r" (current_stack_pointer)

#endif /* !__ASSEMBLY__ */
#endif
