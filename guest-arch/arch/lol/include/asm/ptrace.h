/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: registers as the entry code leaves them, x86-64's order. */
#ifndef _ASM_LOL_PTRACE_H
#define _ASM_LOL_PTRACE_H

#include <asm/ptrace-abi.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>

#ifndef __ASSEMBLY__

#include <linux/types.h>
#include <asm/page.h>

/*
 * Lies at the very top of a task's kernel stack when the task came from user
 * mode, anywhere on a kernel stack otherwise.  Tracers of all kinds know this
 * order; the last five words are what the CPU pushes.
 */
struct pt_regs {
	unsigned long r15;
	unsigned long r14;
	unsigned long r13;
	unsigned long r12;
	unsigned long bp;
	unsigned long bx;
	unsigned long r11;
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long ax;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;	/* system call number; -1: no system call */
	unsigned long ip;
	unsigned long cs;
	unsigned long flags;
	unsigned long sp;
	unsigned long ss;
};

#define user_mode(regs)			(((regs)->cs & 3) == 3)
#define user_64bit_mode(regs)		((regs)->cs == __USER_CS)

static __always_inline bool regs_irqs_disabled(struct pt_regs *regs)
{
	return !(regs->flags & X86_EFLAGS_IF);
}

static inline unsigned long instruction_pointer(struct pt_regs *regs)
{
	return regs->ip;
}

static inline void instruction_pointer_set(struct pt_regs *regs, unsigned long ip)
{
	regs->ip = ip;
}

#define profile_pc(regs)		instruction_pointer(regs)

static inline unsigned long frame_pointer(struct pt_regs *regs)
{
	return regs->bp;
}

static inline unsigned long kernel_stack_pointer(struct pt_regs *regs)
{
	return regs->sp;
}

static inline unsigned long user_stack_pointer(struct pt_regs *regs)
{
	return regs->sp;
}

static inline void user_stack_pointer_set(struct pt_regs *regs, unsigned long sp)
{
	regs->sp = sp;
}

static inline unsigned long regs_return_value(struct pt_regs *regs)
{
	return regs->ax;
}

static inline void regs_set_return_value(struct pt_regs *regs, unsigned long value)
{
	regs->ax = value;
}

static inline bool is_syscall_success(struct pt_regs *regs)
{
	return regs->ax < (unsigned long)-4095L;
}

#define MAX_REG_OFFSET			offsetof(struct pt_regs, ss)

int regs_query_register_offset(const char *name);
const char *regs_query_register_name(unsigned int offset);

static inline unsigned long regs_get_register(struct pt_regs *regs, unsigned int offset)
{
	if (unlikely(offset > MAX_REG_OFFSET))
		return 0;
	return *(unsigned long *)((unsigned long)regs + offset);
}

bool regs_within_kernel_stack(struct pt_regs *regs, unsigned long addr);
unsigned long regs_get_kernel_stack_nth(struct pt_regs *regs, unsigned int n);

/**
 * regs_get_kernel_argument() - argument of the function that is being entered
 * @regs: registers at its first instruction
 * @n: which, from 0
 *
 * Return: the argument, 0 for those that are not in registers.
 */
static inline unsigned long regs_get_kernel_argument(struct pt_regs *regs, unsigned int n)
{
	switch (n) {
	case 0: return regs->di;
	case 1: return regs->si;
	case 2: return regs->dx;
	case 3: return regs->cx;
	case 4: return regs->r8;
	case 5: return regs->r9;
	default: return 0;
	}
}

#define current_user_stack_pointer()	(current_pt_regs()->sp)

#define arch_has_single_step()		(1)

/* PTRACE_SYSCALL and stepping over a system call report as a step does. */
#define ARCH_HAS_USER_SINGLE_STEP_REPORT

struct task_struct;
void lol_send_sigtrap(struct pt_regs *regs, int si_code);
long lol_arch_prctl(struct task_struct *task, int option, unsigned long arg2);

#endif /* !__ASSEMBLY__ */
#endif
