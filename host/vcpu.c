// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU seen from the monitor: its first state, and interrupts.
 *
 * Kick protocol.  The sender sets the vector's bit in irr, then pending, then
 * looks whether it is the first since the vCPU last looked (kicked 0 -> 1).  If
 * so: a full fence, read who holds the baton, signal that process.  A vCPU that
 * takes the baton does it the other way round: it publishes itself as holder, clears
 * kicked, fences, tests pending.  Whatever the order, one of the two sees the other;
 * and kicked never stands for a signal that is on its way to a former holder.
 *
 * The vCPU page is hostile: the holder is checked to be a slot, and its process
 * to be our own child that has not been reaped, so that a kick cannot be turned
 * against another process.
 *
 * Calls after start-up: futex[1=FUTEX_WAKE] tgkill[2=SIGUSR1]
 */
#include <cpuid.h>
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/spaces.h"
#include "host/vcpu.h"
#include "host/vm.h"

/* x87, SSE, AVX, MPX and AVX-512; not PKRU, AMX or anything of the supervisor's. */
#define XSAVE_WANTED	0xffULL

#define CR0_START	0x80050033ULL	/* PG AM WP NE ET MP PE */
#define CR4_START	0x000506a0ULL	/* OSXSAVE FSGSBASE OSXMMEXCPT OSFXSR PGE PAE */
#define EFER_START	0x00000d01ULL	/* NXE LMA LME SCE */
#define PAT_START	0x0007040600070406ULL
#define APIC_START	0xfee00d00ULL	/* enabled, x2APIC, boot processor */

uint64_t vcpu_xsave_mask(void)
{
	unsigned int a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
		return 3;
	asm volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	return (a | (uint64_t)d << 32) & XSAVE_WANTED;
}

uint32_t vcpu_xsave_size(uint64_t mask)
{
	unsigned int size, offset, c, d, i;
	uint32_t total = 576;	/* legacy area and header */

	for (i = 2; i < 63; i++)
		if (mask >> i & 1 && __get_cpuid_count(0xd, i, &size, &offset, &c, &d) &&
		    offset + size > total)
			total = offset + size;
	return total;
}

void vcpu_reset(struct lol_vcpu *vcpu, uint64_t entry, uint64_t root, uint64_t argument)
{
	memset(vcpu, 0, sizeof(*vcpu));
	vcpu->cr0 = CR0_START;
	vcpu->cr3 = root;
	vcpu->cr4 = CR4_START;
	vcpu->efer = EFER_START;
	vcpu->pat = PAT_START;
	vcpu->apic_base = APIC_START;
	vcpu->regs.rip = entry;
	vcpu->regs.rsi = argument;
	vcpu->regs.rflags = 2;
	vcpu->regs_valid = 1;
}

void vcpu_raise(struct vm *vm, unsigned int vector)
{
	struct lol_vcpu *vcpu = vm_vcpu(vm);
	pid_t pid;

	__atomic_fetch_or(&vcpu->irr[vector / 64], 1ULL << (vector % 64), __ATOMIC_SEQ_CST);
	if (!__atomic_exchange_n(&vcpu->pending, 1, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, &vcpu->pending, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	if (__atomic_exchange_n(&vcpu->kicked, 1, __ATOMIC_SEQ_CST))
		return;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	pid = spaces_pid(vm, __atomic_load_n(&vcpu->holder, __ATOMIC_SEQ_CST));
	if (pid > 0 && syscall(SYS_tgkill, pid, pid, SIGUSR1) && errno != ESRCH)
		vm_end(vm, VM_HOST, "the host refused tgkill: %s", strerror(errno));
}
