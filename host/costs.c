// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables of the guest's processes, which are the host's memory and which no limit
 * of the host's covers.
 *
 * The wedge keeps the budget (mm-emulation/budget.c), and guest programs cannot get
 * round it.  A hostile guest kernel can: it runs in the wedge's process and may make
 * the host calls that the filters pass, mmap of guest RAM at any address among them.
 * So the monitor looks for itself, and believes only the host: once a second it
 * compares the host's own count of page-table pages with what it was at the last look.
 * Where that has grown by half of what the guest may yet have, or some seconds have
 * passed, the launcher adds up the page tables of all of the monitor's children.
 * Beyond the limit the guest ends.
 *
 * The limit is a quarter more than what a guest can have within its budget, so it is
 * no matter of a guest that keeps to the rules:
 *
 *	the budget, and what MM_TLB_LEAST regions cost in each space
 *	what a process of the wedge's program has in any case
 *	direct map, image and window on RAM, where the guest kernel runs
 *
 * Between two looks a guest can be above it: by what its CPUs can make in a second.
 *
 * The timer is one of its own: the common tick looks at nothing else while a hand-over
 * waits for a space, and a guest kernel can make that last.
 *
 * Calls after start-up: read
 */
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "host/costs.h"
#include "host/launcher.h"
#include "host/memory_limits.h"
#include "host/vm.h"
#include "mm-emulation/mm.h"

#define OTHERS		3		/* init, zygote, one to come */
#define EACH		(256UL << 10)	/* bytes in each process: 160 KiB, and the wedge itself */
#define SOME		(16UL << 20)	/* K: hand-over memory, books of spaces */
#define ROUND		16		/* ticks after which there is a look in any case */
#define MIB		(1ULL << 20)

static uint64_t limit(const struct vm *vm)
{
	uint64_t spaces = vm->state->max_spaces;
	uint64_t kernels = lol_bridge_has_kernel(vm->config->bridge) ? 1 : spaces;
	uint64_t most;

	most = mm_budget(vm->ram.size) * MM_PAGE_SIZE + (spaces + OTHERS) * EACH +
	       kernels * (vm->ram.size / 128) + SOME;
	return (most + most / 4) / MIB * MIB;
}

static void on_tick(void *context, uint32_t events)
{
	struct vm *vm = context;
	uint64_t count, host, room, seen;

	(void)events;
	if (read(vm->costs.watch.fd, &count, sizeof(count)) != sizeof(count))
		return;
	host = memory_page_tables();
	room = vm->costs.limit - vm->costs.seen;
	if (++vm->costs.ticks < ROUND && (int64_t)(host - vm->costs.host) < (int64_t)(room / 2))
		return;
	if (!launcher_page_tables(vm, vm->costs.limit, &seen))
		return;		/* it is asked again at the next tick */
	vm->costs.ticks = 0;
	vm->costs.host = host;
	vm->costs.seen = seen < vm->costs.limit ? seen : vm->costs.limit;
	if (seen > vm->costs.limit)
		vm_end(vm, VM_BROKEN, "the guest's processes have more than %llu MiB of page tables on the host: "
		       "its kernel gets round its budget", (unsigned long long)(vm->costs.limit / MIB));
}

int costs_start(struct vm *vm, struct error *error)
{
	const struct itimerspec second = { .it_value.tv_sec = 1, .it_interval.tv_sec = 1 };

	vm->costs.limit = limit(vm);
	vm->costs.host = memory_page_tables();
	vm->costs.watch = (struct watch){
		.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
		.ready = on_tick, .context = vm,
	};
	if (vm->costs.watch.fd < 0 || timerfd_settime(vm->costs.watch.fd, 0, &second, NULL) ||
	    loop_watch(&vm->loop, &vm->costs.watch, EPOLLIN))
		return error_errno(error, "watch over page tables");
	return 0;
}
