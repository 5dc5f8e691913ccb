/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: the machine has a self-interrupt. */
#ifndef _ASM_LOL_IRQ_WORK_H
#define _ASM_LOL_IRQ_WORK_H

#include <linux/types.h>

static inline bool arch_irq_work_has_interrupt(void)
{
	return true;
}

#endif
