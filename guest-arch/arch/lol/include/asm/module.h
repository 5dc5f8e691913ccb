/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: a module remembers whether its text has site records at the monitor. */
#ifndef _ASM_LOL_MODULE_H
#define _ASM_LOL_MODULE_H

#include <linux/types.h>

#define HAVE_MOD_ARCH_SPECIFIC
struct mod_arch_specific {
	bool text_sites;	/* records of MOD_TEXT were added */
	bool init_sites;	/* records of MOD_INIT_TEXT were added */
};

#include <asm-generic/module.h>

#endif
