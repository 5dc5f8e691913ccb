/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_LOL_PLATFORM_H
#define _ASM_LOL_PLATFORM_H

#include <linux/init.h>
#include <lol/boot.h>

/**
 * lol_early_console_init() - messages appear from here on
 *
 * Context: head or setup_arch(), once; needs nothing but the image's mapping.
 */
void lol_early_console_init(void);

/**
 * lol_platform_setup() - clock, delay, entropy, CPU map, restart from the boot page
 * @boot: the boot page through the direct map
 *
 * Context: setup_arch(), before per-CPU areas are made.
 */
void lol_platform_setup(struct lol_boot *boot);

#endif
