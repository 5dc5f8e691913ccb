/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: layout of the vDSO's mapping, for the kernel and its linker script. */
#ifndef _ASM_LOL_VDSO_H
#define _ASM_LOL_VDSO_H

/* Pages in front of the text, in this order. */
#define VVAR_DATA_PAGE		0	/* struct vdso_data of the time namespace */
#define VVAR_TIMENS_PAGE	1	/* the real one, for those in a namespace */
#define VVAR_CLOCK_PAGE		2	/* the monitor's clock page */
#define VVAR_NR_PAGES		3

#ifndef __ASSEMBLY__
extern const char vdso_start[], vdso_end[];
#endif

#endif
