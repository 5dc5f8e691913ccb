// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks: making them, switching between them, starting programs in them.
 *
 * A task that is switched out keeps its callee-saved registers on its kernel
 * stack and the stack pointer in thread.sp.  A new task is made to look as if it
 * had been switched out just before ret_from_fork_asm(), with struct pt_regs
 * behind it at the top of the stack.  User FP state and segment bases are moved
 * by fpu.c, before switch_mm() and again on the way to user mode, so that
 * switching between kernel threads does not touch them.
 */
#include <linux/entry-common.h>
#include <linux/export.h>
#include <linux/init_task.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/personality.h>
#include <linux/prctl.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <asm/desc.h>
#include <asm/exec.h>
#include <asm/fpu.h>
#include <asm/processor.h>
#include <asm/stacktrace.h>
#include <asm/switch_to.h>
#include <asm/traps.h>

DEFINE_PER_CPU(struct task_struct *, current_task) = &init_task;
EXPORT_PER_CPU_SYMBOL(current_task);
DEFINE_PER_CPU(unsigned long, cpu_stack_top);
EXPORT_PER_CPU_SYMBOL(cpu_stack_top);

/* Where a system call leaves the user's stack pointer until it has a stack. */
DEFINE_PER_CPU(unsigned long, entry_user_sp);

void lol_prepare_cpu_task(unsigned int cpu, struct task_struct *idle)
{
	per_cpu(current_task, cpu) = idle;
	per_cpu(cpu_stack_top, cpu) = task_top_of_stack(idle);
}

/* Called from __switch_to_asm() on next's stack, interrupts off. */
__visible __notrace_funcgraph struct task_struct *
__switch_to(struct task_struct *prev, struct task_struct *next)
{
	unsigned long top = task_top_of_stack(next);

	this_cpu_write(current_task, next);
	this_cpu_write(cpu_stack_top, top);
	lol_set_sp0(top);

	return prev;
}

int arch_dup_task_struct(struct task_struct *dst, struct task_struct *src)
{
	/* The FP state behind it is copied by copy_thread(), from the CPU if need be. */
	*dst = *src;
	return 0;
}

int copy_thread(struct task_struct *p, const struct kernel_clone_args *args)
{
	struct pt_regs *regs = task_pt_regs(p);
	struct inactive_task_frame *frame = (struct inactive_task_frame *)regs - 1;

	memset(frame, 0, sizeof(*frame));
	frame->ret_addr = (unsigned long)ret_from_fork_asm;
	frame->bp = (unsigned long)regs + 1;
	frame->bx = (unsigned long)args->fn;
	frame->r12 = (unsigned long)args->fn_arg;
	p->thread.sp = (unsigned long)frame;

	lol_fpu_clone(p);

	if (unlikely(p->flags & PF_KTHREAD)) {
		memset(regs, 0, sizeof(*regs));
		return 0;
	}

	*regs = *current_pt_regs();
	regs->ax = 0;
	if (args->stack)
		regs->sp = args->stack;

	/* A user task that runs a kernel function: it has no place in user code. */
	if (unlikely(args->fn)) {
		regs->sp = 0;
		regs->ip = 0;
		return 0;
	}

	if (args->flags & CLONE_SETTLS) {
		if (args->tls >= TASK_SIZE_MAX)
			return -EPERM;
		p->thread.fsbase = args->tls;
	}
	return 0;
}

asmlinkage __visible void ret_from_fork(struct task_struct *prev, struct pt_regs *regs,
					int (*fn)(void *), void *arg)
{
	schedule_tail(prev);

	if (unlikely(fn)) {
		fn(arg);
		/* Only one that has become a program by kernel_execve() returns. */
		regs->ax = 0;
	}
	syscall_exit_to_user_mode(regs);
}

void exit_thread(struct task_struct *tsk)
{
}

void flush_thread(void)
{
	/* In this order: then what is in memory counts. */
	lol_fpu_reset();
	current->thread.fsbase = 0;
	current->thread.gsbase = 0;
}

void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp)
{
	regs->ip = ip;
	regs->sp = sp;
	regs->cs = __USER_CS;
	regs->ss = __USER_DS;
	regs->flags = X86_EFLAGS_IF | X86_EFLAGS_FIXED;
}
EXPORT_SYMBOL_GPL(start_thread);

unsigned long __get_wchan(struct task_struct *p)
{
	struct lol_unwind unwind;
	unsigned long ip = 0;

	if (!try_get_task_stack(p))
		return 0;
	for (lol_unwind_start(&unwind, p, NULL); unwind.ip; lol_unwind_next(&unwind)) {
		if (in_sched_functions(unwind.ip))
			continue;
		ip = unwind.ip;
		break;
	}
	put_task_stack(p);
	return ip;
}

unsigned long arch_align_stack(unsigned long sp)
{
	if (!(current->personality & ADDR_NO_RANDOMIZE) && randomize_va_space)
		sp -= get_random_u32_below(8192);
	return sp & ~0xfUL;
}
