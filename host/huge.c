// SPDX-License-Identifier: GPL-2.0-only
/*
 * Huge pages for guest RAM, after the fact.
 *
 * A new space maps the guest kernel's memory with one mmap, but the host fills
 * its page tables page by page, at each first touch: some 100 faults in the life
 * of a short process.  Where a block of 2 MiB is one huge page, it is one fault.
 *
 * Memory files get huge pages on most hosts only when asked (MADV_COLLAPSE, Linux
 * 6.1), and the guest must not be charged memory that it does not use.  So blocks
 * are collapsed when the guest has nearly all of them in use, which its kernel's
 * own memory soon is.  Little is done at a time: interrupts of the guest wait for
 * this process meanwhile.  Nothing depends on it; where the host refuses, the
 * watch ends.
 *
 * A round that finds nothing makes the pause before the next twice as long: an idle
 * guest fills no blocks.  One that has found something ends that, and so does a second
 * in which the guest has been busy.
 *
 * Calls after start-up: read timerfd_settime mincore madvise[2=MADV_COLLAPSE]
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "host/huge.h"
#include "host/vm.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

#define PAGE		4096UL
#define BLOCK		(2UL << 20)
#define PAGES		(BLOCK / PAGE)
#define ENOUGH		(PAGES * 7 / 8)		/* pages present that make a block worth it */
#define LOOKS		16			/* blocks looked at in one go */
#define BUSY_NS		10000000L		/* pause while there is something to do */
#define REST_NS		500000000L		/* and when a round has found nothing */
#define REST_MOST_NS	16000000000L		/* when many have */
#define AWAKE		100			/* hand-overs in a second; an idle guest has a few */

static void pause_for(struct vm *vm, long ns)
{
	struct itimerspec when = { .it_value = { ns / 1000000000, ns % 1000000000 } };

	timerfd_settime(vm->huge.watch.fd, 0, &when, NULL);
}

static unsigned int present(const struct vm *vm, uint64_t block)
{
	unsigned char page[PAGES];
	unsigned int i, n = 0;

	if (mincore(vm->ram.base + block * BLOCK, BLOCK, page))
		return 0;
	for (i = 0; i < PAGES; i++)
		n += page[i] & 1;
	return n;
}

/* 1: collapsed, 0: not, now; -1: this host does not do it. */
static int collapse(struct vm *vm, uint64_t block)
{
	if (present(vm, block) < ENOUGH)
		return 0;
	vm->huge.done[block] = 1;
	if (!madvise(vm->ram.base + block * BLOCK, BLOCK, MADV_COLLAPSE))
		return 1;
	return errno == EINVAL || errno == ENOSYS ? -1 : 0;
}

static void on_timer(void *context, uint32_t events)
{
	struct vm *vm = context;
	uint64_t count, blocks = vm->ram.size / BLOCK;
	unsigned int looked;
	int ret = 0;

	(void)events;
	if (read(vm->huge.watch.fd, &count, sizeof(count)) != sizeof(count))
		return;
	for (looked = 0; looked < LOOKS && !ret; looked++) {
		if (vm->huge.next >= blocks) {
			vm->huge.next = 0;
			if (!vm->huge.found) {
				pause_for(vm, vm->huge.rest);
				if (vm->huge.rest < REST_MOST_NS)
					vm->huge.rest *= 2;
				return;
			}
			vm->huge.found = false;
			vm->huge.rest = REST_NS;
		}
		if (!vm->huge.done[vm->huge.next])
			ret = collapse(vm, vm->huge.next);
		vm->huge.next++;
	}
	if (ret < 0) {
		vm->huge.rest = 0;	/* for good */
		return;
	}
	vm->huge.found |= ret > 0;
	pause_for(vm, BUSY_NS);
}

void huge_review(struct vm *vm)
{
	uint64_t time = __atomic_load_n(&vm->state->time, __ATOMIC_RELAXED);

	if (time - vm->huge.time > AWAKE && vm->huge.rest > 2 * REST_NS) {
		vm->huge.rest = REST_NS;
		pause_for(vm, REST_NS);
	}
	vm->huge.time = time;
}

void huge_forget(struct vm *vm, uint64_t start, uint64_t size)
{
	memset(vm->huge.done + start / BLOCK, 0, size / BLOCK);
}

int huge_start(struct vm *vm, struct error *error)
{
	uint64_t block, blocks = vm->ram.size / BLOCK;

	vm->huge.done = calloc(blocks + 1, 1);
	vm->huge.watch = (struct watch){
		.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
		.ready = on_timer, .context = vm,
	};
	if (!vm->huge.done || vm->huge.watch.fd < 0 || loop_watch(&vm->loop, &vm->huge.watch, EPOLLIN))
		return error_errno(error, "watch over huge pages");
	/* the loader has seen to the image */
	for (block = vm->image.start / BLOCK; block < blocks && block * BLOCK < vm->image.end; block++)
		vm->huge.done[block] = 1;
	vm->huge.rest = REST_NS;
	pause_for(vm, BUSY_NS);
	return 0;
}
