/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: vectors are fixed by the machine, and its interrupt entry is C. */
#ifndef _ASM_LOL_IRQ_H
#define _ASM_LOL_IRQ_H

#include <asm/irq_vectors.h>

#ifndef __ASSEMBLY__

#include <linux/types.h>

#define IRQ_STACK_SIZE		16384

struct pt_regs;

static inline int irq_canonicalize(int irq)
{
	return irq;
}

/**
 * lol_handle_irq() - act on one external interrupt vector
 * @regs: what was interrupted
 * @vector: LOL_DEVICE_VECTOR_FIRST.., an IPI vector or the timer's
 *
 * Does irqentry_enter() and irqentry_exit() itself.
 * Context: called by entry.S with the registers saved, interrupts off.
 */
void lol_handle_irq(struct pt_regs *regs, unsigned int vector);

/**
 * lol_map_vector() - the Linux interrupt number of a device vector
 * @vector: LOL_DEVICE_VECTOR_FIRST .. LOL_DEVICE_VECTOR_LAST
 *
 * Return: the number, or 0. Context: process, after init_IRQ().
 */
unsigned int lol_map_vector(unsigned int vector);

/* Whether an address is on this CPU's interrupt stack. */
bool lol_on_irq_stack(unsigned long sp);

/* The per-CPU timer's interrupt; time.c. */
void lol_timer_interrupt(void);

/* A stop request from another CPU; smp.c. */
void lol_stop_this_cpu(void);

#endif /* !__ASSEMBLY__ */
#endif
