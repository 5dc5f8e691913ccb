// SPDX-License-Identifier: GPL-2.0-only
/*
 * Non-blocking output without touching the user's file descriptions: O_NONBLOCK
 * set on a terminal or pipe would be seen by everybody who shares it, and stay
 * after us.  Terminals and pipes are opened once more through /proc, which gives
 * a description of our own; sockets take MSG_DONTWAIT.  Regular files are always
 * ready.  Where opening again is refused, writes wait for POLLOUT and are small.
 *
 * Calls after start-up: write poll close sendto[0=STDOUT_FILENO][4=0] sendto[0=STDERR_FILENO][4=0]
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/stream.h"

#define SMALL_WRITE	512	/* a pipe or terminal that is ready takes as much */

static void pump(struct stream *stream);

static void ready(void *context, uint32_t events)
{
	(void)events;
	pump(context);
}

void stream_open(struct stream *stream, struct loop *loop, int fd)
{
	struct stat st;
	char path[32];

	stream->loop = loop;
	stream->fd = stream->given = fd;
	if (fstat(fd, &st)) {
		stream->broken = true;
		stream->error = errno;
		return;
	}
	if (S_ISSOCK(st.st_mode)) {
		stream->socket = true;
	} else if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		stream->fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
		if (stream->fd < 0) {
			stream->fd = fd;
			stream->blocking = true;
		}
	}
	stream->watch = (struct watch){ .fd = stream->fd, .ready = ready, .context = stream };
}

static ssize_t write_some(struct stream *stream, const char *data, size_t length)
{
	struct pollfd p = { .fd = stream->fd, .events = POLLOUT };

	if (stream->socket)
		return send(stream->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (stream->blocking) {
		if (poll(&p, 1, 0) == 0) {
			errno = EAGAIN;
			return -1;
		}
		if (length > SMALL_WRITE)
			length = SMALL_WRITE;
	}
	return write(stream->fd, data, length);
}

/* Writes what is possible now; says when there is room again. */
static void pump(struct stream *stream)
{
	size_t before = stream->used;

	while (stream->used && !stream->broken) {
		ssize_t n = write_some(stream, stream->data + stream->start, stream->used);

		if (n >= 0) {
			stream->start += n;
			stream->used -= n;
		} else if (errno == EAGAIN) {
			break;
		} else if (errno != EINTR) {
			stream->broken = true;
			stream->error = errno;
			stream->used = 0;
		}
	}
	if (!stream->used)
		stream->start = 0;
	if (loop_watch(stream->loop, &stream->watch, stream->used ? EPOLLOUT : 0) && stream->used)
		stream->always_ready = true;	/* and still it did not take it: stream_finish() will */
	if (stream->drained && before > STREAM_SMALL && stream->used <= STREAM_SMALL)
		stream->drained(stream->context);
	else if (stream->drained && stream->broken && before)
		stream->drained(stream->context);
}

void stream_write(struct stream *stream, const void *data, size_t length)
{
	if (stream->broken || !length)
		return;
	if (stream->start && stream->start + stream->used + length > stream->room) {
		memmove(stream->data, stream->data + stream->start, stream->used);
		stream->start = 0;
	}
	if (stream->used + length > stream->room) {
		size_t room = (stream->used + length) * 2;
		char *bigger = realloc(stream->data, room);

		if (!bigger) {
			/* Our own memory is short: wait for the reader instead. */
			struct pollfd p = { .fd = stream->fd, .events = POLLOUT };

			while (stream->used && !stream->broken && poll(&p, 1, -1) >= 0)
				pump(stream);
			if (length > stream->room)
				return;
		} else {
			stream->data = bigger;
			stream->room = room;
		}
	}
	memcpy(stream->data + stream->start + stream->used, data, length);
	stream->used += length;
	if (stream->used == length)
		pump(stream);
}

void stream_finish(struct stream *stream)
{
	struct pollfd p = { .fd = stream->fd, .events = POLLOUT };

	if (!stream->loop)
		return;
	stream->drained = NULL;
	while (stream->used && !stream->broken) {
		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			break;
		pump(stream);
	}
	loop_watch(stream->loop, &stream->watch, 0);
	if (stream->fd != stream->given)
		close(stream->fd);
	free(stream->data);
	stream->data = NULL;
	stream->room = stream->used = stream->start = 0;
	stream->loop = NULL;
}
