/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: vectors without an irq_desc count in /proc/stat too. */
#ifndef _ASM_LOL_HARDIRQ_H
#define _ASM_LOL_HARDIRQ_H

#include <linux/types.h>

extern atomic_t irq_err_count;
void ack_bad_irq(unsigned int irq);
#define ack_bad_irq ack_bad_irq

#include <asm-generic/hardirq.h>

u64 arch_irq_stat_cpu(unsigned int cpu);
#define arch_irq_stat_cpu arch_irq_stat_cpu

#endif
