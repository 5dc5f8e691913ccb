/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: as long a command line as the boot page carries. */
#ifndef _ASM_LOL_SETUP_H
#define _ASM_LOL_SETUP_H

#include_next <asm/setup.h>

#define COMMAND_LINE_SIZE	2048

#endif
