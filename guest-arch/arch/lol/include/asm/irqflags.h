/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Own header: the instructions themselves, sensitive sites each.  The marks say
 * that a replacement may change the arithmetic flags: "cc" is clobbered.
 */
#ifndef _ASM_LOL_IRQFLAGS_H
#define _ASM_LOL_IRQFLAGS_H

#include <asm/processor-flags.h>

#ifndef __ASSEMBLY__

#include <linux/types.h>

static __always_inline unsigned long native_save_fl(void)
{
	unsigned long flags;

	asm volatile("pushfq #lol:cc\n\tpopq %0" : "=rm" (flags) : : "memory", "cc");
	return flags;
}

static __always_inline unsigned long arch_local_save_flags(void)
{
	return native_save_fl();
}

static __always_inline void arch_local_irq_disable(void)
{
	asm volatile("cli #lol:cc" : : : "memory", "cc");
}

static __always_inline void arch_local_irq_enable(void)
{
	asm volatile("sti #lol:cc" : : : "memory", "cc");
}

static __always_inline bool arch_irqs_disabled_flags(unsigned long flags)
{
	return !(flags & X86_EFLAGS_IF);
}

static __always_inline bool arch_irqs_disabled(void)
{
	return arch_irqs_disabled_flags(arch_local_save_flags());
}

static __always_inline unsigned long arch_local_irq_save(void)
{
	unsigned long flags = arch_local_save_flags();

	arch_local_irq_disable();
	return flags;
}

/* popfq would be a slow site: enabling when they were enabled is all that is asked for. */
static __always_inline void arch_local_irq_restore(unsigned long flags)
{
	if (!arch_irqs_disabled_flags(flags))
		arch_local_irq_enable();
}

/* An interrupt cannot come between the two: sti takes effect behind the next instruction. */
static __always_inline void arch_safe_halt(void)
{
	asm volatile("sti\n\thlt" : : : "memory", "cc");
}

static __always_inline void native_halt(void)
{
	asm volatile("hlt" : : : "memory");
}

#endif /* !__ASSEMBLY__ */
#endif
