// SPDX-License-Identifier: GPL-2.0-only
/*
 * Idle.
 *
 * Interrupts are off when the idle loop has found nothing to do.  An interrupt
 * that comes between switching them on and halting would be taken before the
 * halt, and the work that it brought would sleep: the manuals therefore delay
 * interrupts by one instruction behind sti, and so does the wedge for a sti site
 * that a hlt site follows directly.  The two stand in one asm for that reason.
 */
#include <linux/cpu.h>
#include <linux/irqflags.h>
#include <linux/sched.h>
#include <linux/sched/idle.h>

void noinstr arch_cpu_idle(void)
{
	asm volatile("sti #lol:cc\n\t"
		     "hlt #lol:cc"
		     : : : "memory", "cc");
	raw_local_irq_disable();
}
