// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel says when it stumbles: registers, code, the way there.
 */
#include <linux/debug_locks.h>
#include <linux/export.h>
#include <linux/hardirq.h>
#include <linux/kallsyms.h>
#include <linux/kdebug.h>
#include <linux/kernel.h>
#include <linux/kexec.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <asm/processor.h>
#include <asm/stacktrace.h>
#include <asm/traps.h>

#define OPCODES_BEFORE	42
#define OPCODES_AFTER	21

int show_unhandled_signals = 1;

static arch_spinlock_t die_lock = __ARCH_SPIN_LOCK_UNLOCKED;
static int die_owner = -1;
static unsigned int die_nest_count;
static unsigned int die_counter;

/**
 * show_opcodes() - print the code around an instruction, itself in brackets
 * @regs: of kernel code; of user code nothing is printed
 * @loglvl: prefix
 */
void show_opcodes(struct pt_regs *regs, const char *loglvl)
{
	u8 code[OPCODES_BEFORE + 1 + OPCODES_AFTER];

	if (user_mode(regs) ||
	    copy_from_kernel_nofault(code, (void *)regs->ip - OPCODES_BEFORE, sizeof(code))) {
		printk("%sCode: not readable at %lx\n", loglvl, regs->ip);
		return;
	}
	printk("%sCode: %*ph <%02x> %*ph\n", loglvl, OPCODES_BEFORE, code,
	       code[OPCODES_BEFORE], OPCODES_AFTER, code + OPCODES_BEFORE + 1);
}

static void print_regs(struct pt_regs *regs, const char *loglvl)
{
	if (user_mode(regs))
		printk("%sRIP: %04lx:%016lx\n", loglvl, regs->cs, regs->ip);
	else
		printk("%sRIP: %04lx:%pS\n", loglvl, regs->cs, (void *)regs->ip);
	printk("%sRSP: %04lx:%016lx EFLAGS: %08lx ORIG_RAX: %016lx\n", loglvl,
	       regs->ss, regs->sp, regs->flags, regs->orig_ax);
	printk("%sRAX: %016lx RBX: %016lx RCX: %016lx\n", loglvl, regs->ax, regs->bx, regs->cx);
	printk("%sRDX: %016lx RSI: %016lx RDI: %016lx\n", loglvl, regs->dx, regs->si, regs->di);
	printk("%sRBP: %016lx R08: %016lx R09: %016lx\n", loglvl, regs->bp, regs->r8, regs->r9);
	printk("%sR10: %016lx R11: %016lx R12: %016lx\n", loglvl, regs->r10, regs->r11, regs->r12);
	printk("%sR13: %016lx R14: %016lx R15: %016lx\n", loglvl, regs->r13, regs->r14, regs->r15);
}

static void show_trace(struct task_struct *task, struct pt_regs *regs, const char *loglvl)
{
	struct lol_unwind unwind;

	printk("%sCall Trace:\n", loglvl);
	for (lol_unwind_start(&unwind, task, regs); unwind.ip; lol_unwind_next(&unwind)) {
		if (unwind.regs && unwind.regs != regs) {
			printk("%s <interrupted>\n", loglvl);
			print_regs(unwind.regs, loglvl);
		}
		if (unwind.regs)
			printk("%s %pS\n", loglvl, (void *)unwind.ip);
		else
			printk("%s %pB\n", loglvl, (void *)unwind.ip);
	}
}

void show_stack(struct task_struct *task, unsigned long *sp, const char *loglvl)
{
	task = task ?: current;
	if (!try_get_task_stack(task))
		return;
	show_trace(task, NULL, loglvl);
	put_task_stack(task);
}

void show_regs(struct pt_regs *regs)
{
	show_regs_print_info(KERN_DEFAULT);
	print_regs(regs, KERN_DEFAULT);
	if (user_mode(regs))
		return;
	show_opcodes(regs, KERN_DEFAULT);
	show_trace(current, regs, KERN_DEFAULT);
}

static unsigned long die_begin(void)
{
	unsigned long flags;
	int cpu;

	oops_enter();
	raw_local_irq_save(flags);
	cpu = smp_processor_id();
	if (!arch_spin_trylock(&die_lock) && cpu != die_owner)
		arch_spin_lock(&die_lock);
	die_nest_count++;
	die_owner = cpu;
	console_verbose();
	bust_spinlocks(1);
	return flags;
}

static void die_end(unsigned long flags, struct pt_regs *regs, int signal)
{
	if (kexec_should_crash(current))
		crash_kexec(regs);
	bust_spinlocks(0);
	die_owner = -1;
	add_taint(TAINT_DIE, LOCKDEP_NOW_UNRELIABLE);
	if (!--die_nest_count)
		arch_spin_unlock(&die_lock);
	raw_local_irq_restore(flags);
	oops_exit();

	if (!signal)
		return;
	if (in_interrupt())
		panic("Fatal exception in interrupt");
	if (panic_on_oops)
		panic("Fatal exception");
	make_task_dead(signal);
}

/**
 * die() - the kernel has a bug: say so, and end what was running
 * @what: a few words
 * @regs: where it happened
 * @error_code: of the exception
 *
 * Context: any.  Returns only if somebody has dealt with the problem.
 */
void die(const char *what, struct pt_regs *regs, long error_code)
{
	unsigned long flags = die_begin();
	int signal = SIGSEGV;

	printk(KERN_DEFAULT "Oops: %s: %04lx [#%d]%s%s\n", what, error_code & 0xffff,
	       ++die_counter, IS_ENABLED(CONFIG_PREEMPTION) ? " PREEMPT" : "",
	       IS_ENABLED(CONFIG_SMP) ? " SMP" : "");
	if (notify_die(DIE_OOPS, what, regs, error_code, current->thread.trap_nr,
		       SIGSEGV) == NOTIFY_STOP)
		signal = 0;
	print_modules();
	show_regs(regs);
	die_end(flags, regs, signal);
}
