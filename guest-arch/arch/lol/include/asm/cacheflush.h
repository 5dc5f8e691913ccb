/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: caches are coherent, but memory protections change. */
#ifndef _ASM_LOL_CACHEFLUSH_H
#define _ASM_LOL_CACHEFLUSH_H

#include <asm-generic/cacheflush.h>
#include <asm/set_memory.h>

#endif
