/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: every port has to define how CPUs reach each other. */
#ifndef _ASM_LOL_SMP_H
#define _ASM_LOL_SMP_H

#ifndef __ASSEMBLY__

#include <linux/cpumask.h>
#include <linux/thread_info.h>

#ifdef CONFIG_SMP

#define raw_smp_processor_id()	(current_thread_info()->cpu)

void arch_send_call_function_single_ipi(int cpu);
void arch_send_call_function_ipi_mask(const struct cpumask *mask);
void smp_send_stop(void);

/**
 * lol_smp_setup() - which CPUs can exist
 * @nr_vcpus: from the boot page
 *
 * Context: setup_arch(), before per-CPU areas are made.
 */
void lol_smp_setup(unsigned int nr_vcpus);

#else
static inline void lol_smp_setup(unsigned int nr_vcpus) { }
#endif /* CONFIG_SMP */

#endif /* !__ASSEMBLY__ */
#endif
