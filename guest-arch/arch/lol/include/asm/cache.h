/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: 64-byte lines; asm-generic would say 32. */
#ifndef _ASM_LOL_CACHE_H
#define _ASM_LOL_CACHE_H

#define L1_CACHE_SHIFT	6
#define L1_CACHE_BYTES	(1 << L1_CACHE_SHIFT)

#define __read_mostly	__section(".data..read_mostly")

#endif
