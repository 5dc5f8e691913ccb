/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: exception vectors, Intel SDM volume 3, 6.15. */
#ifndef _ASM_LOL_TRAPNR_H
#define _ASM_LOL_TRAPNR_H

#define X86_TRAP_DE		0
#define X86_TRAP_DB		1
#define X86_TRAP_NMI		2
#define X86_TRAP_BP		3
#define X86_TRAP_OF		4
#define X86_TRAP_BR		5
#define X86_TRAP_UD		6
#define X86_TRAP_NM		7
#define X86_TRAP_DF		8
#define X86_TRAP_OLD_MF		9
#define X86_TRAP_TS		10
#define X86_TRAP_NP		11
#define X86_TRAP_SS		12
#define X86_TRAP_GP		13
#define X86_TRAP_PF		14
#define X86_TRAP_SPURIOUS	15
#define X86_TRAP_MF		16
#define X86_TRAP_AC		17
#define X86_TRAP_MC		18
#define X86_TRAP_XF		19
#define X86_TRAP_VE		20
#define X86_TRAP_CP		21
#define LOL_NR_EXCEPTIONS	32

/* Error code of #PF */
#define X86_PF_PROT		(1 << 0)
#define X86_PF_WRITE		(1 << 1)
#define X86_PF_USER		(1 << 2)
#define X86_PF_RSVD		(1 << 3)
#define X86_PF_INSTR		(1 << 4)

#endif
