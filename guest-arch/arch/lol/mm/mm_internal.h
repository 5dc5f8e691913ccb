/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_MM_INTERNAL_H
#define LOL_MM_INTERNAL_H

#include <linux/types.h>

/* Bounds from the linker script that nobody else needs. */
extern char __end_ro[], __init_text_end[];

/**
 * lol_wait_walks() - wait until no other CPU uses what it read from page tables before
 *
 * Context: after entries were changed; does not sleep, not within a walk section.
 */
void lol_wait_walks(void);

struct mm_struct;

/**
 * lol_announce() - user code is about to use what a fault has just made
 * @mm: current->mm
 * @address: of the fault
 */
void lol_announce(struct mm_struct *mm, unsigned long address);

#endif
