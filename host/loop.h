/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_LOOP_H
#define HOST_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "host/base/error.h"

/* The event loop: descriptors and what to do when they are ready. */
struct loop {
	int fd;
	bool stop;
};

struct watch {
	int fd;
	uint32_t events;	/* EPOLLIN, EPOLLOUT; 0: not asked for now */
	bool added;
	/* @events may hold EPOLLHUP and EPOLLERR as well */
	void (*ready)(void *context, uint32_t events);
	void *context;
};

/** loop_make - create a loop; 0 or -1 with @error */
int loop_make(struct loop *loop, struct error *error);

/**
 * loop_watch - say which events of a descriptor are wanted
 * @loop: the loop
 * @watch: filled in but for events and added; kept
 * @events: EPOLLIN and EPOLLOUT, or 0
 *
 * Cheap where nothing changes.  Return: 0, or -1 with errno; EPERM means a file
 * that is always ready and cannot be watched.
 */
int loop_watch(struct loop *loop, struct watch *watch, uint32_t events);

/** loop_run - serve events until loop_stop(); 0, or -1 with @error */
int loop_run(struct loop *loop, struct error *error);

/** loop_stop - the loop returns after the present event */
static inline void loop_stop(struct loop *loop)
{
	loop->stop = true;
}

#endif
