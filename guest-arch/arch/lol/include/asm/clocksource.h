/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: generic code asks for it by this name. */
#ifndef _ASM_LOL_CLOCKSOURCE_H
#define _ASM_LOL_CLOCKSOURCE_H

#include <asm/vdso/clocksource.h>

#endif
