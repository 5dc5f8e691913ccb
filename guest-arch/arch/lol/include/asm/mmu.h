/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: what an address space has beyond its tables. */
#ifndef _ASM_LOL_MMU_H
#define _ASM_LOL_MMU_H

struct task_struct;

typedef struct {
	void *vdso;			/* user address of the vDSO */
	struct task_struct *forking;	/* who is about to flush after copying it, see flush_tlb_mm() */
} mm_context_t;

#endif
