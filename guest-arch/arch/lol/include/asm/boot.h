/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_LOL_BOOT_H
#define _ASM_LOL_BOOT_H

#include <lol/boot.h>

/* The boot page, through the direct map; never freed. */
extern struct lol_boot *lol_boot;

#endif
