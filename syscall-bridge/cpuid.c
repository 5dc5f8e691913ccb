// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID for the guest kernel: the host's, without what a lol machine lacks.
 * Guest user code executes it natively and sees the host's.
 */
#include "syscall-bridge/wedge.h"

#define BIT(n)	(1U << (n))

/** cpuid_emulate - CPUID with eax and ecx of @regs */
void cpuid_emulate(struct lol_regs *regs)
{
	const struct lol_boot *boot = (const struct lol_boot *)(LOL_WEDGE_RAM + LOL_GPA_BOOT);
	u32 leaf = regs->rax, sub = regs->rcx, a, b, c, d;

	asm volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(leaf), "c"(sub));
	switch (leaf) {
	case 1:
		/* no MONITOR, VMX, SMX; PCID, x2APIC, deadline timer, OSXSAVE and a hypervisor are there */
		c &= ~(BIT(3) | BIT(5) | BIT(6));
		c |= BIT(17) | BIT(21) | BIT(24) | BIT(27) | BIT(31);
		/* no MCE, MTRR, machine check architecture, debug store */
		d &= ~(BIT(7) | BIT(12) | BIT(14) | BIT(21) | BIT(22) | BIT(29));
		b = (b & 0x0000ffff) | vcpu->number << 24 | 1 << 16;
		break;
	case 7:
		if (sub == 0) {
			b &= ~(BIT(2) | BIT(7) | BIT(20));		/* SGX SMEP SMAP */
			c &= ~(BIT(2) | BIT(3) | BIT(4) | BIT(7) | BIT(16) | BIT(30) | BIT(31));
			d &= ~(BIT(5) | BIT(18) | BIT(19) | BIT(20) | BIT(22) | BIT(24) | BIT(25));
		}
		break;
	case 0xd:
		if (sub == 0) {
			a = boot->xsave_mask;
			d = boot->xsave_mask >> 32;
			b = c = boot->xsave_size;
		} else if (sub == 1) {
			a &= BIT(0) | BIT(1);				/* XSAVEOPT XSAVEC */
			b = c = d = 0;
		} else if (sub >= 64 || !(boot->xsave_mask >> sub & 1)) {
			a = b = c = d = 0;
		}
		break;
	case 0xb:
	case 0x1f:
		a = b = 0;
		c = sub & 0xff;
		d = vcpu->number;
		break;
	case 0x40000000:
		a = 0x40000000;
		b = 0x756e694c;		/* "LinuxOnLinux" */
		c = 0x4c6e4f78;
		d = 0x78756e69;
		break;
	case 0x80000001:
		c &= ~BIT(2);		/* SVM */
		d &= ~BIT(26);		/* no leaves of 1 GiB */
		break;
	default:
		if (leaf > 0x40000000 && leaf < 0x50000000)
			a = b = c = d = 0;
	}
	regs->rax = a;
	regs->rbx = b;
	regs->rcx = c;
	regs->rdx = d;
}
