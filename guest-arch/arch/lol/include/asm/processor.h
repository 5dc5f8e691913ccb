/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: every port has to say what a thread's CPU state is. */
#ifndef _ASM_LOL_PROCESSOR_H
#define _ASM_LOL_PROCESSOR_H

#include <lol/layout.h>

#include <asm/page.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>

#define TASK_SIZE		LOL_USER_END
#define TASK_SIZE_MAX		TASK_SIZE
#define DEFAULT_MAP_WINDOW	TASK_SIZE
#define STACK_TOP		TASK_SIZE
#define STACK_TOP_MAX		TASK_SIZE
#define TASK_UNMAPPED_BASE	PAGE_ALIGN(TASK_SIZE / 3)

#ifndef __ASSEMBLY__

#include <linux/cache.h>
#include <linux/types.h>
#include <asm/current.h>
#include <asm/fpu.h>
#include <asm/ptrace.h>
#include <vdso/processor.h>

struct task_struct;

/*
 * What a task keeps while it is not running.  The user's FP registers and
 * segment bases may be in the CPU instead: TIF_NEED_FPU_LOAD says which, and
 * fpu.c explains.
 */
struct thread_struct {
	unsigned long sp;		/* kernel stack pointer of a task that is switched out */
	unsigned long fsbase;
	unsigned long gsbase;
	unsigned long cr2;		/* of the last user fault, for signal frames */
	unsigned long trap_nr;
	unsigned long error_code;
	struct fpu fpu;
};

#define INIT_THREAD {						\
	.sp = sizeof(init_stack) + (unsigned long)&init_stack,	\
	.fpu = { .last_cpu = -1 },				\
}

/* The FP state lies behind task_struct and wants to be aligned, see fpu.h. */
#define ARCH_MIN_TASKALIGN	LOL_XSAVE_ALIGN

#define task_top_of_stack(task)						\
	((unsigned long)task_stack_page(task) + THREAD_SIZE)
#define task_pt_regs(task)	((struct pt_regs *)task_top_of_stack(task) - 1)

#define KSTK_EIP(task)		(task_pt_regs(task)->ip)
#define KSTK_ESP(task)		(task_pt_regs(task)->sp)

#define on_thread_stack()						\
	(current_top_of_stack() - current_stack_pointer < THREAD_SIZE)

void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp);
unsigned long __get_wchan(struct task_struct *p);

/**
 * lol_prepare_cpu_task() - say which task a CPU that is about to start begins with
 * @cpu: not running yet
 * @idle: its idle task
 *
 * Context: the starting CPU needs current and its stack before it runs C.
 */
void lol_prepare_cpu_task(unsigned int cpu, struct task_struct *idle);

/**
 * cpu_init() - descriptor tables, system call entry and exceptions of this CPU
 *
 * Context: once per CPU, with GS base set; on the boot CPU again by trap_init()
 * once its per-CPU area exists.
 */
void cpu_init(void);

/* Self-modifying code is serialised by the exception return that leads to it. */
static inline void sync_core(void)
{
}

#endif /* !__ASSEMBLY__ */
#endif
