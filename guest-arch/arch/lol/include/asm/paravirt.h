/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_LOL_PARAVIRT_H
#define _ASM_LOL_PARAVIRT_H

#include <linux/compiler.h>
#include <linux/jump_label.h>
#include <linux/types.h>
#include <asm/time.h>

/* For the scheduler, which tests them before it asks; set by time_init(). */
extern struct static_key paravirt_steal_enabled;	/* account it */
extern struct static_key paravirt_steal_rq_enabled;	/* charge nobody with it */

/**
 * paravirt_steal_clock() - time for which a CPU could not run, in nanoseconds
 * @cpu: its number, the vCPU's
 *
 * Context: any, after time_init().
 */
static inline u64 paravirt_steal_clock(int cpu)
{
	return READ_ONCE(lol_clock_page->stolen[cpu]);
}

#endif
