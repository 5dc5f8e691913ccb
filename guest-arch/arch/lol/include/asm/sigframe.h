/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: the frame a signal handler is started with. */
#ifndef _ASM_LOL_SIGFRAME_H
#define _ASM_LOL_SIGFRAME_H

#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/ucontext.h>

/* Debuggers unwind through it by its shape; FP state follows above it. */
struct rt_sigframe {
	char __user *pretcode;
	struct ucontext uc;
	struct siginfo info;
};

unsigned long get_sigframe_size(void);

#endif
