// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walking kernel stacks.
 *
 * Everything is compiled with frame pointers, so a stack is a list: rbp points
 * at the caller's rbp, with the return address behind it.  Entry code, which has
 * no frame, sets rbp to the address of its struct pt_regs plus one; frames are
 * aligned, so an odd link is one of these and the walk goes on with what was
 * interrupted.  Interrupt stacks link back to the stack they were entered from.
 *
 * The walker believes nothing: it reads with get_kernel_nofault(), and demands
 * that links go upwards, except from another stack to the task's own.
 */
#include <linux/export.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/task_stack.h>
#include <linux/stacktrace.h>
#include <linux/uaccess.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/stacktrace.h>
#include <asm/switch_to.h>

struct stack_frame {
	unsigned long fp;
	unsigned long ip;
};

bool on_task_stack(struct task_struct *task, unsigned long addr, unsigned long size)
{
	unsigned long start = (unsigned long)task_stack_page(task);

	return addr >= start && addr + size >= addr && addr + size <= start + THREAD_SIZE;
}

bool regs_within_kernel_stack(struct pt_regs *regs, unsigned long addr)
{
	return (addr & ~(THREAD_SIZE - 1)) == (regs->sp & ~(THREAD_SIZE - 1));
}

/**
 * regs_get_kernel_stack_nth() - word on the stack of interrupted kernel code
 * @regs: of that code
 * @n: which, counted from its stack pointer
 */
unsigned long regs_get_kernel_stack_nth(struct pt_regs *regs, unsigned int n)
{
	unsigned long *addr = (unsigned long *)regs->sp + n;
	unsigned long value;

	if (!regs_within_kernel_stack(regs, (unsigned long)addr) ||
	    get_kernel_nofault(value, addr))
		return 0;
	return value;
}

/**
 * lol_unwind_start() - begin a walk
 * @unwind: set to the first frame
 * @task: whose stack; NULL: the running task's
 * @regs: begin where these were taken; NULL: with the caller, or where @task
 *	was switched out
 */
noinline void lol_unwind_start(struct lol_unwind *unwind, struct task_struct *task,
		      struct pt_regs *regs)
{
	task = task ?: current;
	*unwind = (struct lol_unwind) { .task = task };

	if (regs) {
		if (user_mode(regs))
			return;
		unwind->regs = regs;
		unwind->ip = regs->ip;
		unwind->fp = regs->bp;
		/* After a call through a wild pointer the caller is found at the stack's end. */
		if (!__kernel_text_address(regs->ip))
			unwind->ip = regs_get_kernel_stack_nth(regs, 0) ?: regs->ip;
	} else if (task == current) {
		/* Our own frame is gone when we return, the caller's is not. */
		struct stack_frame *frame = __builtin_frame_address(0);

		unwind->fp = frame->fp;
		unwind->ip = frame->ip;
	} else {
		struct inactive_task_frame *frame = (void *)READ_ONCE(task->thread.sp);

		if (!on_task_stack(task, (unsigned long)frame, sizeof(*frame)))
			return;
		unwind->fp = READ_ONCE_NOCHECK(frame->bp);
		unwind->ip = READ_ONCE_NOCHECK(frame->ret_addr);
	}
}

static bool unwind_regs(struct lol_unwind *unwind, struct pt_regs *at)
{
	struct pt_regs regs;

	if (copy_from_kernel_nofault(&regs, at, sizeof(regs)))
		return false;
	/* User mode, or a kernel thread's unused registers: the end. */
	if (user_mode(&regs) || !regs.ip)
		return false;
	unwind->regs = at;
	unwind->ip = regs.ip;
	unwind->fp = regs.bp;
	return true;
}

/* Upwards on one stack, or from any other stack to the task's. */
static bool link_is_sane(struct task_struct *task, unsigned long from, unsigned long to)
{
	if (to > from)
		return true;
	return on_task_stack(task, to & ~1UL, sizeof(struct stack_frame)) &&
	       !on_task_stack(task, from & ~1UL, sizeof(struct stack_frame));
}

/**
 * lol_unwind_next() - go to the caller of the present frame
 * @unwind: started, and not at its end
 *
 * Return: false at the end, and then @unwind->ip is 0.
 */
bool lol_unwind_next(struct lol_unwind *unwind)
{
	unsigned long fp = unwind->fp;
	struct stack_frame frame;
	bool ok = false;

	unwind->regs = NULL;
	if (fp & 1) {
		ok = unwind_regs(unwind, (struct pt_regs *)(fp - 1));
	} else if (fp && !(fp & 7) &&
		   !copy_from_kernel_nofault(&frame, (void *)fp, sizeof(frame))) {
		unwind->ip = frame.ip;
		unwind->fp = frame.fp;
		ok = true;
	}
	if (!ok || !__kernel_text_address(unwind->ip)) {
		unwind->ip = 0;
		return false;
	}
	/* The present frame counts, but what it links to may not. */
	if (!link_is_sane(unwind->task, fp, unwind->fp))
		unwind->fp = 0;
	return true;
}

noinline void arch_stack_walk(stack_trace_consume_fn consume_entry, void *cookie,
			      struct task_struct *task, struct pt_regs *regs)
{
	struct lol_unwind unwind;

	for (lol_unwind_start(&unwind, task, regs); unwind.ip; lol_unwind_next(&unwind))
		if (!consume_entry(cookie, unwind.ip))
			break;
}
