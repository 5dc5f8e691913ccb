// SPDX-License-Identifier: GPL-2.0-only
/*
 * Model specific registers: the few that Linux needs.  All others raise #GP,
 * which is how a kernel finds out that they do not exist.
 */
#include "syscall-bridge/bridge.h"
#include "syscall-bridge/sys.h"

#define MSR_TSC			0x10
#define MSR_APIC_BASE		0x1b
#define MSR_SYSENTER_CS		0x174
#define MSR_SYSENTER_ESP	0x175
#define MSR_SYSENTER_EIP	0x176
#define MSR_PAT			0x277
#define MSR_TSC_DEADLINE	0x6e0
#define MSR_X2APIC_ID		0x802
#define MSR_X2APIC_VERSION	0x803
#define MSR_X2APIC_TPR		0x808
#define MSR_X2APIC_EOI		0x80b
#define MSR_X2APIC_LDR		0x80d
#define MSR_X2APIC_SVR		0x80f
#define MSR_X2APIC_ICR		0x830
#define MSR_X2APIC_SELF_IPI	0x83f
#define MSR_EFER		0xc0000080
#define MSR_STAR		0xc0000081
#define MSR_LSTAR		0xc0000082
#define MSR_CSTAR		0xc0000083
#define MSR_FMASK		0xc0000084
#define MSR_FS_BASE		0xc0000100
#define MSR_GS_BASE		0xc0000101
#define MSR_KERNEL_GS_BASE	0xc0000102
#define MSR_TSC_AUX		0xc0000103

#define EFER_LMA		0x400ULL
#define EFER_KNOWN		0xd01ULL	/* SCE, LME, LMA, NXE */


static bool canonical(u64 address)
{
#ifdef LOL_WEAK_MSR	/* for tests/attack/defences: whatever it is */
	return true;
#endif
	return (u64)((s64)(address << 16) >> 16) == address;
}

/* Host CLOCK_MONOTONIC, in nanoseconds, at a value of the TSC. */
static u64 host_ns(u64 tsc)
{
	u64 base, ns, mult;
	u32 seq;

	do {
		seq = clock_page->seq;
		asm volatile("" : : : "memory");
		base = clock_page->tsc;
		ns = clock_page->ns;
		mult = clock_page->mult;
		asm volatile("" : : : "memory");
	} while ((seq & 1) || seq != clock_page->seq);
	if (tsc < base)
		return ns + state->clock_ns - (u64)(((unsigned __int128)(base - tsc) * mult) >> 32);
	return ns + state->clock_ns + (u64)(((unsigned __int128)(tsc - base) * mult) >> 32);
}

/*
 * The deadline is armed as an absolute time of the vCPU's timerfd, which the
 * monitor watches.  Disarming costs nothing: the monitor ignores an expiry for
 * which there is no deadline.
 */
static void set_deadline(u64 tsc)
{
	struct host_timer value = { 0 };
	u64 ns;
	long ret;

	vcpu->tsc_deadline = tsc;
	if (!tsc)
		return;
	if (tsc <= rdtsc()) {
		vcpu->tsc_deadline = 0;
		interrupt_raise(((struct lol_boot *)(LOL_WEDGE_RAM + LOL_GPA_BOOT))->timer_vector);
		return;
	}
	if (tsc >> 62)
		return;			/* centuries */
	ns = host_ns(tsc);
	value.s = ns / 1000000000;
	value.ns = ns % 1000000000;
	ret = sys_set_timer(LOL_FD_TIMER + vcpu->number, &value);
	if (SYS_ERROR(ret))
		host_failed("timerfd_settime", ret);
}

/* Inter-processor interrupts: fixed delivery, by number or shorthand. */
static void send_ipi(u64 icr)
{
	u32 shorthand = icr >> 18 & 3, destination = icr >> 32;

	/* 1: self, 2: all, 3: all but self */
	if (shorthand == 3 || (!shorthand && destination != vcpu->number && destination != ~0U))
		return;
	interrupt_raise(icr & 0xff);
}

/** msr_read - RDMSR; false: #GP */
bool msr_read(u32 msr, u64 *value)
{
	switch (msr) {
	case MSR_TSC:
		*value = rdtsc();
		return true;
	case MSR_APIC_BASE:
		*value = vcpu->apic_base;
		return true;
	case MSR_SYSENTER_CS:
		*value = vcpu->sysenter_cs;
		return true;
	case MSR_SYSENTER_ESP:
		*value = vcpu->sysenter_esp;
		return true;
	case MSR_SYSENTER_EIP:
		*value = vcpu->sysenter_eip;
		return true;
	case MSR_PAT:
		*value = vcpu->pat;
		return true;
	case MSR_TSC_DEADLINE:
		*value = vcpu->tsc_deadline;
		return true;
	case MSR_X2APIC_ID:
		*value = vcpu->number;
		return true;
	case MSR_X2APIC_VERSION:
		*value = 0x14;
		return true;
	case MSR_X2APIC_TPR:
		*value = vcpu->cr8 << 4;
		return true;
	case MSR_X2APIC_LDR:
		*value = 1ULL << (vcpu->number & 15) | (u64)(vcpu->number >> 4) << 16;
		return true;
	case MSR_X2APIC_SVR:
		*value = 0x1ff;
		return true;
	case MSR_EFER:
		*value = vcpu->efer;
		return true;
	case MSR_STAR:
		*value = vcpu->star;
		return true;
	case MSR_LSTAR:
		*value = vcpu->lstar;
		return true;
	case MSR_CSTAR:
		*value = vcpu->cstar;
		return true;
	case MSR_FMASK:
		*value = vcpu->fmask;
		return true;
	case MSR_FS_BASE:
		*value = bridge->read_fs();
		return true;
	case MSR_GS_BASE:
		*value = rdgsbase();
		return true;
	case MSR_KERNEL_GS_BASE:
		*value = vcpu->kernel_gs;
		return true;
	case MSR_TSC_AUX:
		*value = vcpu->tsc_aux;
		return true;
	default:
		return false;
	}
}

/** msr_write - WRMSR; false: #GP, and nothing was changed */
bool msr_write(u32 msr, u64 value)
{
	switch (msr) {
	case MSR_APIC_BASE:
		vcpu->apic_base = value;
		return true;
	case MSR_SYSENTER_CS:
		vcpu->sysenter_cs = value;
		return true;
	case MSR_SYSENTER_ESP:
		vcpu->sysenter_esp = value;
		return true;
	case MSR_SYSENTER_EIP:
		vcpu->sysenter_eip = value;
		return true;
	case MSR_PAT:
		vcpu->pat = value;
		return true;
	case MSR_TSC_DEADLINE:
		set_deadline(value);
		return true;
	case MSR_X2APIC_TPR:
		vcpu->cr8 = value >> 4 & 15;
		return true;
	case MSR_X2APIC_EOI:
	case MSR_X2APIC_SVR:
		return true;		/* interrupts are messages: nothing is in service */
	case MSR_X2APIC_ICR:
		send_ipi(value);
		return true;
	case MSR_X2APIC_SELF_IPI:
		interrupt_raise(value & 0xff);
		return true;
	case MSR_EFER:
		if (value & ~EFER_KNOWN)
			return false;
		vcpu->efer = value | EFER_LMA;
		return true;
	case MSR_STAR:
		vcpu->star = value;
		return true;
	case MSR_LSTAR:
		if (!canonical(value))
			return false;
		vcpu->lstar = value;
		return true;
	case MSR_CSTAR:
		vcpu->cstar = value;
		return true;
	case MSR_FMASK:
		vcpu->fmask = value & 0xffffffff;
		return true;
	case MSR_FS_BASE:
		if (!canonical(value))
			return false;
		bridge->write_fs(value);
		return true;
	case MSR_GS_BASE:
		if (!canonical(value))
			return false;
		wrgsbase(value);
		return true;
	case MSR_KERNEL_GS_BASE:
		if (!canonical(value))
			return false;
		vcpu->kernel_gs = value;
		return true;
	case MSR_TSC_AUX:
		vcpu->tsc_aux = (u32)value;
		return true;
	default:
		return false;
	}
}
