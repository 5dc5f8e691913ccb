/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: goes with <asm/spinlock.h>. */
#ifndef _ASM_LOL_SPINLOCK_TYPES_H
#define _ASM_LOL_SPINLOCK_TYPES_H

#include <linux/types.h>
#include <asm-generic/qspinlock_types.h>
#include <asm-generic/qrwlock_types.h>

#endif
