/* SPDX-License-Identifier: GPL-2.0-only */
/* There is no fixmap: all RAM is mapped from the first instruction on. */
#ifndef _ASM_LOL_FIXMAP_H
#define _ASM_LOL_FIXMAP_H
#endif
