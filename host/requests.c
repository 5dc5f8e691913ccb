// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of the vCPU: one place that switches over the reason, one call each.
 *
 * The exit record is written by processes that run guest code.  It is copied
 * once; only the copy is looked at.  The answer is the result, then the state,
 * then the wake: the vCPU reads the result after it has seen DONE.
 *
 * Calls after start-up: futex[1=FUTEX_WAKE]
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <lol/service.h>

#include "host/base/log.h"
#include "host/dev/console.h"
#include "host/give_back.h"
#include "host/requests.h"
#include "host/run.h"
#include "host/site_service.h"
#include "host/spaces.h"
#include "mm-emulation/mm.h"

#define PAGE	0x1000ULL

void run_answer(struct vm *vm, uint64_t result)
{
	struct lol_exit *e = &vm_vcpu(vm)->exit;

	e->result = result;
	__atomic_store_n(&e->state, LOL_EXIT_DONE, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &e->state, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void *requests_translate(struct vm *vm, uint64_t va, bool write, uint64_t *length)
{
	struct mm_ram ram = { vm->ram.base, vm->ram.size };
	uint32_t pf;
	gpa_t at;

	if (mm_translate(&ram, gpa(vm_vcpu(vm)->cr3), gva(va), write ? MM_WRITE : MM_READ, &at, &pf) != MM_MAP)
		return NULL;
	*length = PAGE - (va & (PAGE - 1));
	return ram_at(&vm->ram, at.v, *length);
}

static struct device *find_device(struct vm *vm, uint64_t address, uint64_t size)
{
	unsigned int i;

	for (i = 0; i < vm->nr_devices; i++)
		if (address >= vm->device[i]->address && address - vm->device[i]->address <= PAGE - size)
			return vm->device[i];
	return NULL;
}

static bool good_size(uint64_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/* Where nothing answers, a bus reads as all ones. */
static uint64_t mmio_read(struct vm *vm, uint64_t address, uint64_t size)
{
	struct device *device = good_size(size) ? find_device(vm, address, size) : NULL;

	return device ? device->read(device, address - device->address, size) : ~0ULL;
}

static void mmio_write(struct vm *vm, uint64_t address, uint64_t size, uint64_t value)
{
	struct device *device = good_size(size) ? find_device(vm, address, size) : NULL;

	if (device)
		device->write(device, address - device->address, size, value);
}

static void shut_down(struct vm *vm, const struct lol_exit *e, const char *text)
{
	switch (e->arg[0]) {
	case LOL_SHUTDOWN_OFF:
		vm->exit_code = e->arg[1] & 0xff;
		vm_end(vm, VM_OFF, NULL);
		break;
	case LOL_SHUTDOWN_RESET:
		vm_end(vm, VM_RESET, NULL);
		break;
	case LOL_SHUTDOWN_PANIC:
		vm_end(vm, VM_PANIC, "guest kernel panic: %s", *text ? text : "(no message)");
		break;
	default:
		run_answer(vm, -EINVAL);
	}
}

/* Where and how a broken guest stood, as far as the vCPU page tells. */
static void show_vcpu(struct vm *vm)
{
	const struct lol_vcpu *v = vm_vcpu(vm);

	log_line("vCPU 0: cpl %u vif %u cr0 %llx cr2 %llx cr3 %llx cr4 %llx", v->cpl, v->vif,
		 (unsigned long long)v->cr0, (unsigned long long)v->cr2,
		 (unsigned long long)v->cr3, (unsigned long long)v->cr4);
	log_line("vCPU 0: last rip %llx rsp %llx site %u idt %llx tss %llx",
		 (unsigned long long)v->regs.rip, (unsigned long long)v->regs.rsp, v->site,
		 (unsigned long long)v->idt_base, (unsigned long long)v->tss_base);
}

void requests_serve(struct vm *vm)
{
	struct lol_exit *shared = &vm_vcpu(vm)->exit;
	struct lol_exit e;
	char text[LOL_EXIT_TEXT];

	if (__atomic_load_n(&shared->state, __ATOMIC_ACQUIRE) != LOL_EXIT_REQUESTED ||
	    vm->write_held || vm->space_wanted)
		return;
	e = *shared;
	log_printable(text, sizeof(text), e.text, sizeof(e.text));

	switch (e.reason) {
	case LOL_EXIT_MMIO_READ:
		run_answer(vm, mmio_read(vm, e.arg[0], e.arg[1]));
		break;
	case LOL_EXIT_MMIO_WRITE:
		mmio_write(vm, e.arg[0], e.arg[1], e.arg[2]);
		if (!console_hold(vm))
			run_answer(vm, 0);
		break;
	case LOL_EXIT_DEBUG:
		console_text(vm, e.text, e.arg[0] < LOL_EXIT_TEXT ? e.arg[0] : LOL_EXIT_TEXT);
		run_answer(vm, 0);
		break;
	case LOL_EXIT_SITES:
		run_answer(vm, site_service(vm, e.arg));
		break;
	case LOL_EXIT_START_VCPU:
		run_answer(vm, -EINVAL);	/* vCPU 0 runs, others do not exist */
		break;
	case LOL_EXIT_SHUTDOWN:
		shut_down(vm, &e, text);
		break;
	case LOL_EXIT_SPACE:
		spaces_want(vm);
		break;
	case LOL_EXIT_KILL:
		run_answer(vm, spaces_silent(vm, e.arg[0], e.arg[1], e.arg[2]));
		break;
	case LOL_EXIT_GIVE_BACK:
#ifdef LOL_WEAK_COPY	/* for tests/attack/defences: what others can write meanwhile */
		run_answer(vm, give_back(vm, shared->text, e.arg[0]));
		break;
#endif
		run_answer(vm, give_back(vm, e.text, e.arg[0]));
		break;
	case LOL_EXIT_BROKEN:
		vm_end(vm, VM_BROKEN, "the guest kernel broke the contract: %s", text);
		show_vcpu(vm);
		break;
	case LOL_EXIT_HOST:
		vm_end(vm, VM_HOST, "the host refused %s: %s", text,
		       strerror(e.arg[0] < 4096 ? (int)e.arg[0] : EINVAL));
		show_vcpu(vm);
		break;
	default:
		vm_end(vm, VM_BROKEN, "the vCPU asks for something unknown (%u)", e.reason);
	}
}
