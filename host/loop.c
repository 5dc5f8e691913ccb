// SPDX-License-Identifier: GPL-2.0-only
/*
 * The monitor's one loop.  All that happens - requests of vCPUs, timers, ends of
 * processes, the terminal - is a descriptor becoming ready.  Level triggered:
 * what a handler leaves undone comes again.
 *
 * Calls after start-up: epoll_wait epoll_ctl
 */
#include <errno.h>
#include <sys/epoll.h>

#include "host/loop.h"

#define BATCH	16

int loop_make(struct loop *loop, struct error *error)
{
	loop->fd = epoll_create1(EPOLL_CLOEXEC);
	loop->stop = false;
	return loop->fd < 0 ? error_errno(error, "epoll") : 0;
}

int loop_watch(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };
	int op = watch->added ? (events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL) : EPOLL_CTL_ADD;

	if (watch->events == events)
		return 0;
	if (epoll_ctl(loop->fd, op, watch->fd, &event))
		return -1;
	watch->events = events;
	watch->added = events;
	return 0;
}

int loop_run(struct loop *loop, struct error *error)
{
	struct epoll_event event[BATCH];

	while (!loop->stop) {
		int i, n = epoll_wait(loop->fd, event, BATCH, -1);

		if (n < 0 && errno != EINTR)
			return error_errno(error, "epoll_wait");
		for (i = 0; i < n && !loop->stop; i++) {
			struct watch *watch = event[i].data.ptr;

			/* An earlier handler of this batch may have lost interest. */
			if (watch->added)
				watch->ready(watch->context, event[i].events);
		}
	}
	return 0;
}
