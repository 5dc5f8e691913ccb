// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers for tracers and core files, in x86-64's formats.
 *
 * General registers of a stopped task are at the top of its kernel stack, bases
 * in its thread_struct, FP state behind its task_struct.  Segment registers but
 * cs and ss are not kept: they read as 0, and writing them does nothing.
 *
 * There are no debug registers: they read as 0 and only 0 can be written, so
 * that gdb watches by stepping.
 */
#include <linux/audit.h>
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/seccomp.h>
#include <linux/signal.h>
#include <linux/uaccess.h>
#include <linux/user.h>
#include <asm/fpu.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/syscall.h>
#include <asm/user.h>

#define REG(member)	offsetof(struct user_regs_struct, member)

/* The flags that a tracer may change. */
#define FLAG_MASK							\
	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF |	\
	 X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF |	\
	 X86_EFLAGS_RF | X86_EFLAGS_AC | X86_EFLAGS_NT)

/* Up to ss both structures are the same. */
static_assert(REG(r15) == offsetof(struct pt_regs, r15));
static_assert(REG(orig_ax) == offsetof(struct pt_regs, orig_ax));
static_assert(REG(ss) == offsetof(struct pt_regs, ss));
static_assert(sizeof(struct user_regs_struct) == 27 * 8);
static_assert(offsetof(struct user, u_debugreg) == 848);

struct reg_name {
	const char *name;
	unsigned int offset;
};

#define REG_NAME(r)	{ #r, offsetof(struct pt_regs, r) }

static const struct reg_name reg_names[] = {
	REG_NAME(r15), REG_NAME(r14), REG_NAME(r13), REG_NAME(r12),
	REG_NAME(bp), REG_NAME(bx), REG_NAME(r11), REG_NAME(r10),
	REG_NAME(r9), REG_NAME(r8), REG_NAME(ax), REG_NAME(cx),
	REG_NAME(dx), REG_NAME(si), REG_NAME(di), REG_NAME(orig_ax),
	REG_NAME(ip), REG_NAME(cs), REG_NAME(flags), REG_NAME(sp), REG_NAME(ss),
};

/**
 * regs_query_register_offset() - where a register is in struct pt_regs
 * @name: kernel's name of it
 *
 * Return: the offset, or -EINVAL.
 */
int regs_query_register_offset(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(reg_names); i++)
		if (!strcmp(reg_names[i].name, name))
			return reg_names[i].offset;
	return -EINVAL;
}

/**
 * regs_query_register_name() - which register is at an offset in struct pt_regs
 * @offset: in bytes
 */
const char *regs_query_register_name(unsigned int offset)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(reg_names); i++)
		if (reg_names[i].offset == offset)
			return reg_names[i].name;
	return NULL;
}

static unsigned long get_reg(struct task_struct *task, unsigned long offset)
{
	struct pt_regs *regs = task_pt_regs(task);

	switch (offset) {
	case REG(ds):
	case REG(es):
	case REG(fs):
	case REG(gs):
		return 0;
	case REG(fs_base):
		return task->thread.fsbase;
	case REG(gs_base):
		return task->thread.gsbase;
	case REG(flags):
		if (test_tsk_thread_flag(task, TIF_FORCED_TF))
			return regs->flags & ~X86_EFLAGS_TF;
		return regs->flags;
	default:
		return *(unsigned long *)((void *)regs + offset);
	}
}

static int put_reg(struct task_struct *task, unsigned long offset, unsigned long value)
{
	struct pt_regs *regs = task_pt_regs(task);

	switch (offset) {
	case REG(ds):
	case REG(es):
	case REG(fs):
	case REG(gs):
		value = (u16)value;
		return value && (value & SEGMENT_RPL_MASK) != USER_RPL ? -EIO : 0;
	case REG(cs):
	case REG(ss):
		value = (u16)value;
		if ((value & SEGMENT_RPL_MASK) != USER_RPL)
			return -EIO;
		break;
	case REG(fs_base):
	case REG(gs_base):
		if (value >= TASK_SIZE_MAX)
			return -EIO;
		lol_user_state_modified(task);
		if (offset == REG(fs_base))
			task->thread.fsbase = value;
		else
			task->thread.gsbase = value;
		return 0;
	case REG(flags):
		/* TF is the program's own if the tracer writes it, and stays if a step is on. */
		if (value & X86_EFLAGS_TF)
			clear_tsk_thread_flag(task, TIF_FORCED_TF);
		else if (test_tsk_thread_flag(task, TIF_FORCED_TF))
			value |= X86_EFLAGS_TF;
		value = (regs->flags & ~FLAG_MASK) | (value & FLAG_MASK);
		break;
	}
	*(unsigned long *)((void *)regs + offset) = value;
	return 0;
}

static int genregs_get(struct task_struct *target, const struct user_regset *regset,
		       struct membuf to)
{
	unsigned long offset;

	if (target == current)
		lol_user_state_sync();
	for (offset = 0; to.left; offset += sizeof(long))
		membuf_store(&to, get_reg(target, offset));
	return 0;
}

static int genregs_set(struct task_struct *target, const struct user_regset *regset,
		       unsigned int pos, unsigned int count,
		       const void *kbuf, const void __user *ubuf)
{
	const unsigned long __user *user = ubuf;
	const unsigned long *kernel = kbuf;
	unsigned long value;
	int ret = 0;

	/* Word by word: what was good before a bad one has been set, as on x86. */
	for (; count >= sizeof(value) && !ret; count -= sizeof(value), pos += sizeof(value)) {
		if (kernel)
			value = *kernel++;
		else if (__get_user(value, user++))
			return -EFAULT;
		ret = put_reg(target, pos, value);
	}
	return ret;
}

/* Executes next: an instruction that loads TF from the program's own data? */
static bool next_loads_flags(struct task_struct *child, struct pt_regs *regs)
{
	u8 code[15];
	int i, n;

	n = access_process_vm(child, regs->ip, code, sizeof(code), FOLL_FORCE);
	for (i = 0; i < n; i++) {
		switch (code[i]) {
		case 0x9d:		/* popf */
		case 0xcf:		/* iret */
			return true;
		case 0x26: case 0x2e: case 0x36: case 0x3e:
		case 0x40 ... 0x4f:
		case 0x64 ... 0x67:
		case 0xf0: case 0xf2: case 0xf3:
			continue;	/* prefixes */
		default:
			return false;
		}
	}
	return false;
}

/**
 * user_enable_single_step() - stop behind the next instruction, or system call
 * @child: stopped
 */
void user_enable_single_step(struct task_struct *child)
{
	struct pt_regs *regs = task_pt_regs(child);
	bool had_tf = regs->flags & X86_EFLAGS_TF;

	set_tsk_thread_flag(child, TIF_SINGLESTEP);
	set_task_syscall_work(child, SYSCALL_EXIT_TRAP);
	regs->flags |= X86_EFLAGS_TF;

	if (next_loads_flags(child, regs))
		clear_tsk_thread_flag(child, TIF_FORCED_TF);
	else if (!had_tf)
		set_tsk_thread_flag(child, TIF_FORCED_TF);
}

void user_disable_single_step(struct task_struct *child)
{
	clear_tsk_thread_flag(child, TIF_SINGLESTEP);
	clear_task_syscall_work(child, SYSCALL_EXIT_TRAP);
	if (test_and_clear_tsk_thread_flag(child, TIF_FORCED_TF))
		task_pt_regs(child)->flags &= ~X86_EFLAGS_TF;
}

void ptrace_disable(struct task_struct *child)
{
	user_disable_single_step(child);
}

enum lol_regset {
	REGSET_GENERAL,
	REGSET_FP,
	REGSET_XSTATE,
};

static struct user_regset regsets[] __ro_after_init = {
	[REGSET_GENERAL] = {
		.core_note_type = NT_PRSTATUS,
		.n = sizeof(struct user_regs_struct) / sizeof(long),
		.size = sizeof(long),
		.align = sizeof(long),
		.regset_get = genregs_get,
		.set = genregs_set,
	},
	[REGSET_FP] = {
		.core_note_type = NT_PRFPREG,
		.n = sizeof(struct user_i387_struct) / sizeof(long),
		.size = sizeof(long),
		.align = sizeof(long),
		.regset_get = lol_fpregs_get,
		.set = lol_fpregs_set,
	},
	[REGSET_XSTATE] = {
		.core_note_type = NT_X86_XSTATE,
		.size = sizeof(u64),
		.align = sizeof(u64),
		.regset_get = lol_xstate_get,
		.set = lol_xstate_set,
	},
};

static const struct user_regset_view user_lol_view = {
	.name = "x86_64",
	.e_machine = EM_X86_64,
	.regsets = regsets,
	.n = ARRAY_SIZE(regsets),
};

const struct user_regset_view *task_user_regset_view(struct task_struct *task)
{
	return &user_lol_view;
}

static int __init init_regsets(void)
{
	regsets[REGSET_XSTATE].n = lol_xsave_size / sizeof(u64);
	return 0;
}
core_initcall(init_regsets);

static bool is_debug_reg(unsigned long addr)
{
	return addr >= offsetof(struct user, u_debugreg) &&
	       addr < offsetof(struct user, u_debugreg) + sizeof_field(struct user, u_debugreg);
}

static int peek_user(struct task_struct *child, unsigned long addr, unsigned long __user *datap)
{
	unsigned long value = 0;

	if ((addr & (sizeof(long) - 1)) || addr >= sizeof(struct user))
		return -EIO;
	if (addr < sizeof(struct user_regs_struct))
		value = get_reg(child, addr);
	return put_user(value, datap);
}

static int poke_user(struct task_struct *child, unsigned long addr, unsigned long value)
{
	if ((addr & (sizeof(long) - 1)) || addr >= sizeof(struct user))
		return -EIO;
	if (addr < sizeof(struct user_regs_struct))
		return put_reg(child, addr, value);
	if (is_debug_reg(addr) && !value)
		return 0;
	return -EIO;
}

long arch_ptrace(struct task_struct *child, long request, unsigned long addr, unsigned long data)
{
	void __user *datap = (void __user *)data;

	switch (request) {
	case PTRACE_PEEKUSR:
		return peek_user(child, addr, datap);
	case PTRACE_POKEUSR:
		return poke_user(child, addr, data);
	case PTRACE_GETREGS:
		return copy_regset_to_user(child, &user_lol_view, REGSET_GENERAL, 0,
					   sizeof(struct user_regs_struct), datap);
	case PTRACE_SETREGS:
		return copy_regset_from_user(child, &user_lol_view, REGSET_GENERAL, 0,
					     sizeof(struct user_regs_struct), datap);
	case PTRACE_GETFPREGS:
		return copy_regset_to_user(child, &user_lol_view, REGSET_FP, 0,
					   sizeof(struct user_i387_struct), datap);
	case PTRACE_SETFPREGS:
		return copy_regset_from_user(child, &user_lol_view, REGSET_FP, 0,
					     sizeof(struct user_i387_struct), datap);
	case PTRACE_ARCH_PRCTL:
		/* In this request the two are the other way round. */
		return lol_arch_prctl(child, data, addr);
	default:
		return ptrace_request(child, request, addr, data);
	}
}
