/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: x86-64's signal ABI, and the kernel's own view of signal sets. */
#ifndef _ASM_LOL_SIGNAL_H
#define _ASM_LOL_SIGNAL_H

#ifndef __ASSEMBLY__

#include <linux/linkage.h>

#define _NSIG		64
#define _NSIG_BPW	64
#define _NSIG_WORDS	(_NSIG / _NSIG_BPW)

typedef unsigned long old_sigset_t;

typedef struct {
	unsigned long sig[_NSIG_WORDS];
} sigset_t;

#endif /* !__ASSEMBLY__ */

#include_next <asm/signal.h>

#ifndef __ASSEMBLY__

#define __ARCH_HAS_SA_RESTORER

#include <asm/sigcontext.h>

#endif /* !__ASSEMBLY__ */
#endif
