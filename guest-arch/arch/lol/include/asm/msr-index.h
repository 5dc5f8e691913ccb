/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: the model specific registers that this machine has. */
#ifndef _ASM_LOL_MSR_INDEX_H
#define _ASM_LOL_MSR_INDEX_H

#define MSR_EFER		0xc0000080
#define MSR_STAR		0xc0000081
#define MSR_LSTAR		0xc0000082
#define MSR_CSTAR		0xc0000083
#define MSR_SYSCALL_MASK	0xc0000084
#define MSR_FS_BASE		0xc0000100
#define MSR_GS_BASE		0xc0000101
#define MSR_KERNEL_GS_BASE	0xc0000102
#define MSR_TSC_AUX		0xc0000103
#define MSR_IA32_TSC_DEADLINE	0x000006e0
#define MSR_IA32_APICBASE	0x0000001b
#define MSR_IA32_CR_PAT		0x00000277
#define MSR_X2APIC_BASE		0x00000800

#define EFER_SCE		0x001
#define EFER_LME		0x100
#define EFER_LMA		0x400
#define EFER_NX			0x800

#endif
