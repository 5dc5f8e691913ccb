/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: sending interrupts is x2APIC's way, and we count what generic code does not see. */
#ifndef _ASM_LOL_HW_IRQ_H
#define _ASM_LOL_HW_IRQ_H

#include <linux/percpu.h>
#include <asm/irq_vectors.h>

/* x2APIC registers as MSRs: Intel SDM volume 3, "Extended xAPIC (x2APIC)". */
#define MSR_X2APIC_ICR		0x830
#define MSR_X2APIC_SELF_IPI	0x83f
#define X2APIC_ICR_DEST_SHIFT	32
#define X2APIC_ICR_ASSERT	(1UL << 14)

/* Interrupts that have no irq_desc, per CPU. */
struct lol_irq_stat {
	unsigned int timer;
	unsigned int reschedule;
	unsigned int call_function;
	unsigned int irq_work;
	unsigned int spurious;
};

DECLARE_PER_CPU(struct lol_irq_stat, lol_irq_stat);

/**
 * lol_send_ipi() - raise a vector on another CPU, or on this one
 * @cpu: the target; x2APIC ids are CPU numbers on this machine
 * @vector: FIRST_EXTERNAL_VECTOR .. 0xff
 *
 * Context: any. Stores before the call are visible to the handler.
 */
void lol_send_ipi(unsigned int cpu, unsigned int vector);

/* Raise a vector on this CPU: it is taken once interrupts are on. */
void lol_send_self_ipi(unsigned int vector);

#endif
