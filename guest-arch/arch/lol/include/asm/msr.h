/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: x86's name for what is in special_insns.h. */
#ifndef _ASM_LOL_MSR_H
#define _ASM_LOL_MSR_H

#include <asm/msr-index.h>
#include <asm/special_insns.h>

#endif
