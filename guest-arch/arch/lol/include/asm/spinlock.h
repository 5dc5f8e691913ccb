/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: asm-generic's is the ticket lock. */
#ifndef _ASM_LOL_SPINLOCK_H
#define _ASM_LOL_SPINLOCK_H

#include <asm/qspinlock.h>
#include <asm/qrwlock.h>

#endif
