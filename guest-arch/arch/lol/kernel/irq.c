// SPDX-License-Identifier: GPL-2.0-only
/*
 * External interrupts.
 *
 * A vector is a message: the monitor, a device of its, or another CPU sets the
 * vector's bit, the CPU clears it when it takes the interrupt.  There is nothing
 * to acknowledge and nothing to mask.  A message that comes while its handler
 * runs is kept and taken afterwards, so devices are edge interrupts to Linux;
 * what arrives while a line is disabled is remembered by the generic code and
 * raised again by our retrigger.
 *
 * Vectors fall in three groups (asm/irq_vectors.h): devices, which get a Linux
 * interrupt number when the device is made known; the timer; and those between
 * CPUs.  The last two are called directly.
 *
 * Handlers and softirqs run on a stack per CPU, unless a user program was
 * interrupted: then its kernel stack is as good as empty.
 */
#include <linux/entry-common.h>
#include <linux/hardirq.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irq_work.h>
#include <linux/kernel_stat.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <asm/boot.h>
#include <asm/hw_irq.h>
#include <asm/irq.h>
#include <asm/irq_regs.h>
#include <asm/page.h>
#include <asm/softirq_stack.h>
#include <asm/special_insns.h>

DEFINE_PER_CPU(struct lol_irq_stat, lol_irq_stat);
atomic_t irq_err_count;

static struct irq_desc *vector_desc[NR_VECTORS] __read_mostly;
static unsigned int timer_vector __ro_after_init;

struct irq_stack {
	u8 bytes[IRQ_STACK_SIZE];
} __aligned(16);

static DEFINE_PER_CPU_PAGE_ALIGNED(struct irq_stack, irq_stack);
static DEFINE_PER_CPU(bool, irq_stack_in_use);

bool lol_on_irq_stack(unsigned long sp)
{
	unsigned long start = (unsigned long)raw_cpu_ptr(&irq_stack);

	return sp >= start && sp < start + IRQ_STACK_SIZE;
}

/*
 * Calls fn(arg0, arg1) on the interrupt stack.  rbp is left alone: the callee's
 * frame links to ours on the stack we came from, so backtraces go through.  The
 * old rsp is the first thing on the new stack and comes off it last.
 */
static __always_inline void call_on_irq_stack(void (*fn)(void *, unsigned long),
					      void *arg0, unsigned long arg1)
{
	unsigned long top = (unsigned long)this_cpu_ptr(&irq_stack) + IRQ_STACK_SIZE - 16;

	asm volatile("movq	%%rsp, (%[top])\n\t"
		     "movq	%[top], %%rsp\n\t"
		     "call	*%[fn]\n\t"
		     "movq	(%%rsp), %%rsp"
		     : "+D" (arg0), "+S" (arg1), [top] "+b" (top)
		     : [fn] "r" (fn)
		     : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "cc", "memory");
}

#ifdef CONFIG_SOFTIRQ_ON_OWN_STACK
static void softirq_on_irq_stack(void *unused0, unsigned long unused1)
{
	__do_softirq();
}

/* Called at the end of an interrupt too, where this may be the stack already. */
void do_softirq_own_stack(void)
{
	if (__this_cpu_read(irq_stack_in_use)) {
		__do_softirq();
		return;
	}
	__this_cpu_write(irq_stack_in_use, true);
	call_on_irq_stack(softirq_on_irq_stack, NULL, 0);
	__this_cpu_write(irq_stack_in_use, false);
}
#endif

void lol_send_self_ipi(unsigned int vector)
{
	wrmsrl(MSR_X2APIC_SELF_IPI, vector);
}

#ifdef CONFIG_IRQ_WORK
void arch_irq_work_raise(void)
{
	lol_send_self_ipi(LOL_IRQ_WORK_VECTOR);
}
#endif

static void device_interrupt(unsigned int vector)
{
	struct irq_desc *desc = READ_ONCE(vector_desc[vector]);

	if (likely(desc)) {
		generic_handle_irq_desc(desc);
		return;
	}
	__this_cpu_inc(lol_irq_stat.spurious);
	pr_warn_ratelimited("unexpected interrupt vector %#x\n", vector);
}

static void handle_vector(void *data, unsigned long vector)
{
	struct pt_regs *old_regs = set_irq_regs(data);

	irq_enter_rcu();

	if (vector == timer_vector) {
		__this_cpu_inc(lol_irq_stat.timer);
		lol_timer_interrupt();
	} else {
		switch (vector) {
#ifdef CONFIG_SMP
		case LOL_RESCHEDULE_VECTOR:
			__this_cpu_inc(lol_irq_stat.reschedule);
			scheduler_ipi();
			break;
		case LOL_CALL_FUNCTION_VECTOR:
			__this_cpu_inc(lol_irq_stat.call_function);
			generic_smp_call_function_interrupt();
			break;
		case LOL_CALL_FUNCTION_SINGLE_VECTOR:
			__this_cpu_inc(lol_irq_stat.call_function);
			generic_smp_call_function_single_interrupt();
			break;
		case LOL_STOP_VECTOR:
			lol_stop_this_cpu();
			break;
#endif
		case LOL_IRQ_WORK_VECTOR:
			__this_cpu_inc(lol_irq_stat.irq_work);
			irq_work_run();
			break;
		default:
			device_interrupt(vector);
		}
	}

	irq_exit_rcu();
	set_irq_regs(old_regs);
}

/*
 * irqentry_exit() may switch to another task: that has to happen on the stack
 * that was interrupted.
 */
void noinstr lol_handle_irq(struct pt_regs *regs, unsigned int vector)
{
	irqentry_state_t state = irqentry_enter(regs);

	instrumentation_begin();
	vector &= NR_VECTORS - 1;

	if (user_mode(regs) || __this_cpu_read(irq_stack_in_use)) {
		handle_vector(regs, vector);
	} else {
		__this_cpu_write(irq_stack_in_use, true);
		call_on_irq_stack(handle_vector, regs, vector);
		__this_cpu_write(irq_stack_in_use, false);
	}
	instrumentation_end();

	irqentry_exit(regs, state);
}

/* Vectors cannot be masked: disabling is lazy, in the generic code. */
static void vector_nop(struct irq_data *data)
{
}

static int vector_retrigger(struct irq_data *data)
{
	lol_send_ipi(0, irqd_to_hwirq(data));
	return 1;
}

static struct irq_chip vector_chip = {
	.name		= "lol",
	.irq_ack	= vector_nop,
	.irq_mask	= vector_nop,
	.irq_unmask	= vector_nop,
	.irq_retrigger	= vector_retrigger,
	.flags		= IRQCHIP_SKIP_SET_WAKE,
};

unsigned int lol_map_vector(unsigned int vector)
{
	int irq;

	if (vector < LOL_DEVICE_VECTOR_FIRST || vector > LOL_DEVICE_VECTOR_LAST ||
	    vector == timer_vector)
		return 0;
	if (vector_desc[vector])
		return irq_desc_get_irq(vector_desc[vector]);

	irq = irq_alloc_desc_from(1, NUMA_NO_NODE);
	if (irq < 0)
		return 0;
	irq_get_irq_data(irq)->hwirq = vector;
	irq_set_chip_and_handler_name(irq, &vector_chip, handle_edge_irq, "edge");
	irq_set_status_flags(irq, IRQ_NOPROBE);
	WRITE_ONCE(vector_desc[vector], irq_to_desc(irq));
	return irq;
}

/* Numbers are handed out by lol_map_vector(); none is taken beforehand. */
int __init arch_probe_nr_irqs(void)
{
	return 0;
}

void __init init_IRQ(void)
{
	timer_vector = lol_boot->timer_vector;
	if (timer_vector < FIRST_EXTERNAL_VECTOR || timer_vector >= LOL_IPI_VECTOR_FIRST)
		panic("lol: timer vector %#x is not usable\n", timer_vector);
}

void ack_bad_irq(unsigned int irq)
{
	atomic_inc(&irq_err_count);
	pr_warn_ratelimited("interrupt %u has no handler\n", irq);
}

u64 arch_irq_stat_cpu(unsigned int cpu)
{
	const struct lol_irq_stat *stat = &per_cpu(lol_irq_stat, cpu);

	return (u64)stat->timer + stat->reschedule + stat->call_function +
	       stat->irq_work + stat->spurious;
}

#define SHOW_STAT(p, prec, name, field, text)						\
	do {										\
		int __cpu;								\
		seq_printf(p, "%*s: ", prec, name);					\
		for_each_online_cpu(__cpu)						\
			seq_put_decimal_ull_width(p, " ",				\
				per_cpu(lol_irq_stat, __cpu).field, 10);		\
		seq_puts(p, "  " text "\n");						\
	} while (0)

int arch_show_interrupts(struct seq_file *p, int prec)
{
	SHOW_STAT(p, prec, "LOC", timer, "Local timer interrupts");
	SHOW_STAT(p, prec, "IWI", irq_work, "IRQ work interrupts");
#ifdef CONFIG_SMP
	SHOW_STAT(p, prec, "RES", reschedule, "Rescheduling interrupts");
	SHOW_STAT(p, prec, "CAL", call_function, "Function call interrupts");
#endif
	SHOW_STAT(p, prec, "SPU", spurious, "Spurious interrupts");
	seq_printf(p, "%*s: %10u\n", prec, "ERR", atomic_read(&irq_err_count));
	return 0;
}
