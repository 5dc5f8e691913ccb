/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Own header: a switch of address spaces is a hand-over between host processes,
 * by far the dearest instruction of this machine.  Kernel threads therefore stay
 * in the space they find (lazily), and the root is written only when it changes.
 */
#ifndef _ASM_LOL_MMU_CONTEXT_H
#define _ASM_LOL_MMU_CONTEXT_H

#include <linux/mm_types.h>
#include <linux/sched.h>
#include <asm/fpu.h>
#include <asm/pgtable.h>
#include <asm/special_insns.h>

/* Set where a root load need not flush (PCID): whoever changes tables flushes them himself. */
extern unsigned long lol_cr3_keep;

#define init_new_context init_new_context
static inline int init_new_context(struct task_struct *task, struct mm_struct *mm)
{
	mm->context.forking = NULL;
	return 0;
}

static inline void switch_mm_irqs_off(struct mm_struct *prev, struct mm_struct *next,
				      struct task_struct *task)
{
	unsigned int cpu;

	if (prev == next)
		return;
	cpu = smp_processor_id();
	/* The registers of the space we leave are of no use behind the switch. */
	lol_user_state_save();
	cpumask_set_cpu(cpu, mm_cpumask(next));
	native_write_cr3(__pa(next->pgd) | lol_cr3_keep);
	cpumask_clear_cpu(cpu, mm_cpumask(prev));
}
#define switch_mm_irqs_off switch_mm_irqs_off

static inline void switch_mm(struct mm_struct *prev, struct mm_struct *next,
			     struct task_struct *task)
{
	unsigned long flags;

	local_irq_save(flags);
	switch_mm_irqs_off(prev, next, task);
	local_irq_restore(flags);
}

#define activate_mm(prev, next)	switch_mm((prev), (next), current)

/* fork has taken write permission from the parent's pages, and flushes that next. */
static inline int arch_dup_mmap(struct mm_struct *oldmm, struct mm_struct *mm)
{
	mm->context.vdso = oldmm->context.vdso;
	oldmm->context.forking = current;
	return 0;
}

static inline void arch_exit_mmap(struct mm_struct *mm)
{
}

static inline void arch_unmap(struct mm_struct *mm, unsigned long start, unsigned long end)
{
}

static inline bool arch_vma_access_permitted(struct vm_area_struct *vma, bool write,
					     bool execute, bool foreign)
{
	return true;
}

#include <asm-generic/mmu_context.h>

#endif
