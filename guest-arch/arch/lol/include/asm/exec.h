/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: initial stack pointers are randomised. */
#ifndef _ASM_LOL_EXEC_H
#define _ASM_LOL_EXEC_H

unsigned long arch_align_stack(unsigned long sp);

#endif
