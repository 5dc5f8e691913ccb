/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: bounds of the site records. */
#ifndef _ASM_LOL_SECTIONS_H
#define _ASM_LOL_SECTIONS_H

#include <asm-generic/sections.h>

extern char __start_lol_sites[], __stop_lol_sites[];
extern char __image_end[];

#endif
