// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creation and end of a guest's resources.
 *
 * Calls after start-up: none
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <lol/version.h>

#include "host/base/log.h"
#include "host/filters.h"
#include "host/vcpu.h"
#include "host/vm.h"
#include "syscall-bridge/handoff.h"

int vm_make(struct vm *vm, const struct config *config, struct error *error)
{
	struct lol_user_page *user;

	vm->config = config;
	vm->wedge_fd = -1;
	if (loop_make(&vm->loop, error) || ram_make(&vm->ram, config->memory, error))
		return -1;
	vm->state_fd = memfd_make("lol-state", LOL_STATE_SIZE, false);
	if (vm->state_fd < 0)
		return error_errno(error, "shared state");
	vm->state = mmap(NULL, LOL_STATE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, vm->state_fd, 0);
	if (vm->state == MAP_FAILED)
		return error_errno(error, "mapping the shared state");
	vm->filters_fd = filters_make(error);
	if (vm->filters_fd < 0)
		return -1;
	vm->bridge_fd = memfd_make("lol-bridge", LOL_HANDOFF_SIZE, false);
	if (vm->bridge_fd < 0)
		return error_errno(error, "hand-over memory");
	vm->handoffs = mmap(NULL, LOL_HANDOFF_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
			    vm->bridge_fd, 0);
	if (vm->handoffs == MAP_FAILED)
		return error_errno(error, "mapping the hand-over memory");
	/* As with guest memory: its registers are the guest's business. */
	madvise(vm->state, LOL_STATE_SIZE, MADV_DONTDUMP);
	madvise(vm->handoffs, LOL_HANDOFF_SIZE, MADV_DONTDUMP);
	vm->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vm->event_fd < 0)
		return error_errno(error, "eventfd");
	vm->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (vm->timer_fd < 0)
		return error_errno(error, "timerfd");

	vm->state->version = LOL_ABI_VERSION;
	vm->state->nr_vcpus = 1;
	vm->state->ram_size = config->memory;
	vm->state->bridge = config->bridge;
	vm->state->no_rewrite = config->no_rewrite;
	vm->state->monitor = getpid();
	memset(vm->state->host_cpu, 0xff, sizeof(vm->state->host_cpu));	/* -1: any */
	vm->state->xsave_mask = vcpu_xsave_mask();
	user = (struct lol_user_page *)((char *)vm->state + LOL_STATE_USER);
	user->version = LOL_ABI_VERSION;
	user->vcpu = 0;
	return 0;
}

void vm_end(struct vm *vm, enum vm_end end, const char *format, ...)
{
	char text[1024];
	va_list ap;

	if (vm->end != VM_RUNNING)
		return;
	vm->end = end;
	loop_stop(&vm->loop);
	if (!format)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	log_line("%s", text);
}
