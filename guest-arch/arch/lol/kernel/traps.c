// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions.
 *
 * entry.S brings all of them to lol_exception(), with interrupts off.  From user
 * mode an exception is a signal, with the codes that x86 gives.  From kernel
 * mode it is a page fault, a WARN, an access with an entry in the exception
 * table, or a bug.
 *
 * Two are special in that they may hit where the kernel is not in a state to run
 * ordinary code (RCU not watching): ud2, because that is how WARN() is made, and
 * debug exceptions.  The machine has no debug registers, so every #DB is a step.
 *
 * #MC says that the monitor lost the registers of the interrupted user code: the
 * task cannot go on, everything else can.
 */
#include <linux/bug.h>
#include <linux/entry-common.h>
#include <linux/extable.h>
#include <linux/hardirq.h>
#include <linux/kdebug.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <linux/uaccess.h>
#include <linux/uprobes.h>
#include <asm/extable.h>
#include <asm/fpu.h>
#include <asm/processor.h>
#include <asm/special_insns.h>
#include <asm/syscalls.h>
#include <asm/traps.h>

struct exception {
	const char *name;
	u8 signal;
	u8 has_ip;		/* si_addr is the instruction's address */
	int code;		/* 0: no details, SI_KERNEL */
};

static const struct exception exceptions[LOL_NR_EXCEPTIONS] = {
	[X86_TRAP_DE] = { "divide error", SIGFPE, 1, FPE_INTDIV },
	[X86_TRAP_DB] = { "debug", SIGTRAP, 1, TRAP_TRACE },
	[X86_TRAP_NMI] = { "NMI", SIGSEGV },
	[X86_TRAP_BP] = { "int3", SIGTRAP },
	[X86_TRAP_OF] = { "overflow", SIGSEGV },
	[X86_TRAP_BR] = { "bounds", SIGSEGV },
	[X86_TRAP_UD] = { "invalid opcode", SIGILL, 1, ILL_ILLOPN },
	[X86_TRAP_NM] = { "device not available", SIGSEGV },
	[X86_TRAP_DF] = { "double fault", SIGSEGV },
	[X86_TRAP_OLD_MF] = { "coprocessor segment overrun", SIGFPE },
	[X86_TRAP_TS] = { "invalid TSS", SIGSEGV },
	[X86_TRAP_NP] = { "segment not present", SIGBUS },
	[X86_TRAP_SS] = { "stack segment", SIGBUS },
	[X86_TRAP_GP] = { "general protection fault", SIGSEGV },
	[X86_TRAP_PF] = { "page fault", SIGSEGV },
	[X86_TRAP_MF] = { "fpu exception", SIGFPE, 1 },
	[X86_TRAP_AC] = { "alignment check", SIGBUS, 0, BUS_ADRALN },
	[X86_TRAP_MC] = { "machine check", SIGKILL },
	[X86_TRAP_XF] = { "simd exception", SIGFPE, 1 },
};

static const char *exception_name(unsigned int vector)
{
	return exceptions[vector].name ?: "reserved exception";
}

int is_valid_bugaddr(unsigned long addr)
{
	unsigned short insn;

	if (addr < LOL_KERNEL_START)
		return 0;
	return !get_kernel_nofault(insn, (unsigned short *)addr) && insn == LOL_INSN_UD2;
}

/* WARN() may be anywhere, so nothing instrumented before we know that it is one. */
static noinstr bool handle_bug(struct pt_regs *regs)
{
	bool handled = false;

	instrumentation_begin();
	if (is_valid_bugaddr(regs->ip)) {
		if (!regs_irqs_disabled(regs))
			raw_local_irq_enable();
		if (report_bug(regs->ip, regs) == BUG_TRAP_TYPE_WARN) {
			regs->ip += LOL_UD2_LENGTH;
			handled = true;
		}
		if (!regs_irqs_disabled(regs))
			raw_local_irq_disable();
	}
	instrumentation_end();

	return handled;
}

static void show_signal(const struct exception *exc, struct pt_regs *regs, long error_code)
{
	if (!show_unhandled_signals || !unhandled_signal(current, exc->signal) ||
	    !printk_ratelimit())
		return;
	pr_info("%s[%d] trap %s ip:%lx sp:%lx error:%lx", current->comm,
		task_pid_nr(current), exc->name ?: "reserved exception", regs->ip,
		regs->sp, error_code);
	print_vma_addr(KERN_CONT " in ", regs->ip);
	pr_cont("\n");
}

static void user_exception(struct pt_regs *regs, unsigned int vector,
			   unsigned long error_code)
{
	const struct exception *exc = &exceptions[vector];
	int signal = exc->signal ?: SIGSEGV;
	int code = exc->code;

	current->thread.trap_nr = vector;
	current->thread.error_code = error_code;

	if (vector == X86_TRAP_MF || vector == X86_TRAP_XF) {
		code = lol_fpu_exception_code(vector == X86_TRAP_XF);
		if (!code)
			return;		/* gone by the time we looked */
	}
	if (vector == X86_TRAP_MC)
		pr_warn("%s[%d]: the host lost its registers, killed\n",
			current->comm, task_pid_nr(current));
	else
		show_signal(exc, regs, error_code);

	if (code)
		force_sig_fault(signal, code, exc->has_ip ? (void __user *)regs->ip : NULL);
	else
		force_sig(signal);
}

/* Returns true if the kernel can go on. */
static bool kernel_exception(struct pt_regs *regs, unsigned int vector,
			     unsigned long error_code)
{
	if (vector == X86_TRAP_DF) {
		pr_emerg("double fault: kernel stack of %s[%d] at %016lx, sp %016lx\n",
			 current->comm, task_pid_nr(current),
			 (unsigned long)task_stack_page(current), regs->sp);
		show_regs(regs);
		panic("double fault");
	}
	if (vector == X86_TRAP_MC)
		panic("machine check in the kernel at %pS", (void *)regs->ip);
	if (fixup_exception(regs))
		return true;

	current->thread.trap_nr = vector;
	current->thread.error_code = error_code;
	if (notify_die(vector == X86_TRAP_GP ? DIE_GPF : DIE_TRAP, exception_name(vector),
		       regs, error_code, vector,
		       exceptions[vector].signal ?: SIGSEGV) == NOTIFY_STOP)
		return true;
	die(vector == X86_TRAP_UD ? "kernel BUG" : exception_name(vector), regs, error_code);
	return false;
}

/**
 * lol_send_sigtrap() - report a step to the running task's tracer
 * @regs: user registers
 * @si_code: TRAP_TRACE, or TRAP_BRKPT behind a system call
 */
void lol_send_sigtrap(struct pt_regs *regs, int si_code)
{
	current->thread.trap_nr = X86_TRAP_DB;
	current->thread.error_code = 0;
	force_sig_fault(SIGTRAP, si_code, (void __user *)instruction_pointer(regs));
}

void user_single_step_report(struct pt_regs *regs)
{
	lol_send_sigtrap(regs, TRAP_BRKPT);
}

static void user_debug(struct pt_regs *regs, unsigned int vector)
{
	if (vector == X86_TRAP_BP) {
		if (notify_die(DIE_INT3, "int3", regs, 0, vector, SIGTRAP) == NOTIFY_STOP)
			return;
		current->thread.trap_nr = X86_TRAP_BP;
		current->thread.error_code = 0;
		force_sig(SIGTRAP);
		return;
	}
	if (notify_die(DIE_DEBUG, "debug", regs, 0, vector, SIGTRAP) == NOTIFY_STOP)
		return;
	lol_send_sigtrap(regs, TRAP_TRACE);
}

static void kernel_debug(struct pt_regs *regs, unsigned int vector)
{
	if (notify_die(vector == X86_TRAP_BP ? DIE_INT3 : DIE_DEBUG,
		       exception_name(vector), regs, 0, vector, SIGTRAP) == NOTIFY_STOP)
		return;
	if (vector == X86_TRAP_BP) {
		die("int3", regs, 0);
		return;
	}
	/* Nobody steps the kernel but those who have just declined. */
	regs->flags &= ~X86_EFLAGS_TF;
	pr_warn_once("stray debug exception at %pS\n", (void *)regs->ip);
}

static noinstr void debug_exception(struct pt_regs *regs, unsigned int vector)
{
	irqentry_state_t state;

	if (user_mode(regs)) {
		irqentry_enter_from_user_mode(regs);
		instrumentation_begin();
		local_irq_enable();
		user_debug(regs, vector);
		local_irq_disable();
		instrumentation_end();
		irqentry_exit_to_user_mode(regs);
		return;
	}
	state = irqentry_nmi_enter(regs);
	instrumentation_begin();
	kernel_debug(regs, vector);
	instrumentation_end();
	irqentry_nmi_exit(regs, state);
}

static void page_fault(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	if (user_mode(regs)) {
		current->thread.cr2 = address;
		/* The host's vsyscall page; its addresses are no user addresses here. */
		if (unlikely((error_code & X86_PF_INSTR) && address >= TASK_SIZE_MAX)) {
			local_irq_enable();
			if (lol_emulate_vsyscall(regs, address))
				return;
			local_irq_disable();
		}
	}
	do_page_fault(regs, error_code, address);
}

/**
 * lol_exception() - C entry of all exceptions
 * @regs: of what was interrupted
 * @vector: X86_TRAP_*
 * @error_code: 0 where the exception has none
 *
 * Context: interrupts off; anything may have been interrupted.
 */
asmlinkage noinstr void lol_exception(struct pt_regs *regs, unsigned int vector,
				      unsigned long error_code)
{
	unsigned long address = 0;
	irqentry_state_t state;

	if (vector == X86_TRAP_DB || vector == X86_TRAP_BP) {
		debug_exception(regs, vector);
		return;
	}
	/* Another fault would overwrite it. */
	if (vector == X86_TRAP_PF)
		address = read_cr2();
	else if (vector == X86_TRAP_UD && !user_mode(regs) && handle_bug(regs))
		return;

	state = irqentry_enter(regs);
	instrumentation_begin();
	if (vector == X86_TRAP_PF) {
		page_fault(regs, error_code, address);
	} else {
		if (!regs_irqs_disabled(regs))
			local_irq_enable();
		if (user_mode(regs))
			user_exception(regs, vector, error_code);
		else
			kernel_exception(regs, vector, error_code);
	}
	local_irq_disable();
	instrumentation_end();
	irqentry_exit(regs, state);
}

/**
 * fixup_bad_iret() - blame a refused iretq on the user code it would have entered
 * @bad_regs: of the exception at lol_iret_user; its sp is where the frame is
 *
 * The frame is where it always is, at the top of the task's stack: what has to
 * move is the general registers, which are the user's already.
 *
 * Return: registers as if the exception had come from the user's instruction.
 */
asmlinkage noinstr struct pt_regs *fixup_bad_iret(struct pt_regs *bad_regs)
{
	struct pt_regs *regs = (struct pt_regs *)current_top_of_stack() - 1;

	memmove(regs, bad_regs, offsetof(struct pt_regs, ip));
	return regs;
}
