/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_STREAM_H
#define HOST_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "host/loop.h"

/* Output to a descriptor of the user's that neither blocks nor loses anything. */
struct stream {
	struct loop *loop;
	struct watch watch;
	int fd;			/* what is written to: @given or a copy of our own */
	int given;
	bool socket, blocking, always_ready;
	bool broken;		/* nobody reads it any more (EPIPE) or it failed */
	int error;		/* why it is broken */
	char *data;
	size_t start, used, room;
	/* called when the backlog has become small, or the stream broken */
	void (*drained)(void *context);
	void *context;
};

#define STREAM_SMALL	16384	/* backlog that counts as small */

/**
 * stream_open - begin to write to a descriptor
 * @stream: zeroed, but for drained and context
 * @loop: serves it
 * @fd: standard output or error; its file status flags are left alone, since
 *	others share them
 */
void stream_open(struct stream *stream, struct loop *loop, int fd);

/** stream_write - takes all of it; what cannot be written now is kept */
void stream_write(struct stream *stream, const void *data, size_t length);

/** stream_backlog - bytes taken and not yet written */
static inline size_t stream_backlog(const struct stream *stream)
{
	return stream->used;
}

/** stream_finish - write what is left, waiting as long as it takes; close */
void stream_finish(struct stream *stream);

#endif
