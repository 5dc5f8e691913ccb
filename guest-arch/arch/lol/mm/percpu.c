// SPDX-License-Identifier: GPL-2.0-only
/*
 * A copy of the per-CPU template for every CPU that may come, embedded in the
 * direct map.  The boot CPU moves from the template to its copy here; the others
 * are given their GS base when they are started.
 */
#include <linux/init.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <asm/sections.h>
#include <asm/special_insns.h>

DEFINE_PER_CPU_READ_MOSTLY(unsigned long, this_cpu_off);
EXPORT_PER_CPU_SYMBOL(this_cpu_off);

unsigned long __per_cpu_offset[NR_CPUS] __ro_after_init;
EXPORT_SYMBOL(__per_cpu_offset);

/* Called once by generic code, after setup_arch(). */
void __init setup_per_cpu_areas(void)
{
	unsigned long delta;
	unsigned int cpu;
	int err;

	err = pcpu_embed_first_chunk(PERCPU_MODULE_RESERVE, PERCPU_DYNAMIC_RESERVE,
				     PAGE_SIZE, NULL, NULL);
	if (err < 0)
		panic("cannot set up per-CPU areas: %d", err);

	delta = (unsigned long)pcpu_base_addr - (unsigned long)__per_cpu_start;
	for_each_possible_cpu(cpu) {
		__per_cpu_offset[cpu] = delta + pcpu_unit_offsets[cpu];
		per_cpu(this_cpu_off, cpu) = __per_cpu_offset[cpu];
	}
	wrmsrl(MSR_GS_BASE, __per_cpu_offset[0]);
}
