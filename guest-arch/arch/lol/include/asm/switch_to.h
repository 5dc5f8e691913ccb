/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: every port switches tasks in its own way. */
#ifndef _ASM_LOL_SWITCH_TO_H
#define _ASM_LOL_SWITCH_TO_H

#include <asm/fpu.h>

struct task_struct;

struct task_struct *__switch_to_asm(struct task_struct *prev, struct task_struct *next,
				    unsigned long *prev_sp, unsigned long next_sp);
struct task_struct *__switch_to(struct task_struct *prev, struct task_struct *next);
asmlinkage void ret_from_fork_asm(void);

/* What __switch_to_asm() leaves on the stack of a task that is switched out. */
struct inactive_task_frame {
	unsigned long r15;
	unsigned long r14;
	unsigned long r13;
	unsigned long r12;
	unsigned long bx;
	unsigned long bp;
	unsigned long ret_addr;
};

/* Before switch_mm(), which may move us to another host process. */
#define prepare_arch_switch(next)	lol_user_state_leave()

#define switch_to(prev, next, last)					\
do {									\
	((last) = __switch_to_asm((prev), (next), &(prev)->thread.sp,	\
				  (next)->thread.sp));			\
} while (0)

#endif
