/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_LOL_VDSO_CLOCKSOURCE_H
#define _ASM_LOL_VDSO_CLOCKSOURCE_H

/* The counter is the clock page's nanoseconds. */
#define VDSO_ARCH_CLOCKMODES	VDSO_CLOCKMODE_LOL

#endif
