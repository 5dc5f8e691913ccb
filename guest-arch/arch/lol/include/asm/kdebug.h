/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: more events are announced than asm-generic names. */
#ifndef _ASM_LOL_KDEBUG_H
#define _ASM_LOL_KDEBUG_H

#include <linux/notifier.h>

enum die_val {
	DIE_OOPS = 1,
	DIE_INT3,
	DIE_DEBUG,
	DIE_PANIC,
	DIE_DIE,
	DIE_TRAP,
	DIE_GPF,
};

#endif
