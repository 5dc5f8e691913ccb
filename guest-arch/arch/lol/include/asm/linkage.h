/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: function alignment as x86 likes it, int3 between functions. */
#ifndef _ASM_LOL_LINKAGE_H
#define _ASM_LOL_LINKAGE_H

#define __ALIGN		.balign 16, 0xcc
#define __ALIGN_STR	".balign 16, 0xcc"

#ifdef __ASSEMBLY__
#define RET	ret
#endif

#endif
