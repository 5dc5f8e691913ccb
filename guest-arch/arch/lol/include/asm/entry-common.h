/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: user state is loaded last of all on the way to user mode. */
#ifndef _ASM_LOL_ENTRY_COMMON_H
#define _ASM_LOL_ENTRY_COMMON_H

#include <linux/thread_info.h>
#include <asm/fpu.h>

static inline void arch_exit_to_user_mode_prepare(struct pt_regs *regs,
						  unsigned long ti_work)
{
	if (unlikely(ti_work & _TIF_NEED_FPU_LOAD))
		lol_user_state_load();
}
#define arch_exit_to_user_mode_prepare arch_exit_to_user_mode_prepare

#endif
