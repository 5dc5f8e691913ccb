// SPDX-License-Identifier: GPL-2.0-only
/*
 * Standard input on its way into the guest.  Nothing is ever thrown away: it is
 * read only when there is room for it, and waits here for the guest's buffers.
 *
 * Calls after start-up: read
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "host/base/log.h"
#include "host/dev/console_device.h"
#include "host/terminal.h"

#define END_OF_TEXT	4	/* Ctrl-D */
#define SILENT_TICKS	2	/* seconds after which a silent console is taken to be ready */
#define END_KEYS	5	/* times that it is pressed, a second apart */

/* Standard input has ended: the port closes, the console gets its end-of-file key. */
static void tell_end(struct console *c)
{
	struct console_device *d = c->input_device;
	const char key = END_OF_TEXT;
	struct virtqueue_chain chain;

	if (c->end_told)
		return;
	if (d == &c->ports) {
		console_tell(d, PORT_STDIN, VIRTIO_CONSOLE_PORT_OPEN, 0, NULL, 0);
		console_send(d);
		c->end_told = true;
	} else if (virtqueue_pop(d->virtio.ram, &d->queue[0], &chain) > 0) {
		virtqueue_push(d->virtio.ram, &d->queue[0], chain.head, virtqueue_copy_in(&chain, &key, 1));
		c->end_told = true;
		c->end_keys++;
	}
}

/*
 * The end of a file stays where it is, a key is gone once somebody has read it,
 * or has flushed the terminal's input: so it is pressed some times more.
 */
void console_input_tick(struct console *c)
{
	struct console_device *d = c->input_device;

	if (virtio_mmio_live(&d->virtio) && c->live_ticks < SILENT_TICKS) {
		c->live_ticks++;
		console_input(c);
		virtio_mmio_interrupt(&d->virtio);
	}
	if (d == &c->ports || !c->end_told || c->end_keys == END_KEYS || !virtio_mmio_live(&d->virtio))
		return;
	c->end_told = false;
	tell_end(c);
	console_input(c);
	virtio_mmio_interrupt(&d->virtio);
}

/*
 * The console's driver fills its queue before it is ready and throws away what
 * comes in between.  Once it has put something out, or a while later, it is.
 */
static bool listens(const struct console *c)
{
	const struct console_device *d = c->input_device;

	return virtio_mmio_live(&d->virtio) && d->port[0].guest_open &&
	       (d == &c->ports || c->has_spoken || c->live_ticks >= SILENT_TICKS);
}

/* Hands what was read to the guest, as far as it has buffers. */
static void deliver_input(struct console *c)
{
	struct console_device *d = c->input_device;
	struct virtqueue_chain chain;
	int got = 0;

	if (!listens(c))
		return;
	while (c->typed && (got = virtqueue_pop(d->virtio.ram, &d->queue[0], &chain)) > 0) {
		size_t n = virtqueue_copy_in(&chain, c->text + c->typed_start, c->typed);

		if (!n || virtqueue_push(d->virtio.ram, &d->queue[0], chain.head, n))
			got = -1;
		c->typed_start += n;
		c->typed -= n;
		if (got < 0)
			break;
	}
	if (!c->typed)
		c->typed_start = 0;
	if (got < 0)
		virtio_mmio_broken(&d->virtio);
	else if (c->input_end && !c->typed)
		tell_end(c);
}

/*
 * A stream is read only when the guest wants it: others may read on from where
 * the command has stopped.  A terminal is always listened to, because of its
 * escape key, until the text that waits for the guest fills the buffer.
 */
static bool wants_input(struct console *c)
{
	struct console_device *d = c->input_device;

	if (!c->has_input || c->input_end)
		return false;
	if (c->setup.terminal)
		return c->typed_start + c->typed < INPUT_ROOM;
	return !c->typed && listens(c) && virtqueue_pending(d->virtio.ram, &d->queue[0]);
}

static void read_input(struct console *c)
{
	char *to = c->text + c->typed_start + c->typed;
	ssize_t got = read(c->input.fd, to, INPUT_ROOM - c->typed_start - c->typed);
	size_t length = got;

	if (got <= 0) {
		c->input_end = !got || (errno != EAGAIN && errno != EINTR);
		/* A terminal gives EIO to a job in the background: that is an end, as when it hangs up. */
		if (got < 0 && c->input_end && errno != EIO)
			log_line("standard input: %s", strerror(errno));
		return;
	}
	if (c->setup.terminal && terminal_filter(to, &length) == TERMINAL_QUIT)
		vm_end(c->vm, VM_QUIT, NULL);
	c->typed += length;
}

void console_input_ready(void *context, uint32_t events)
{
	struct console *c = context;

	(void)events;
	if (wants_input(c))
		read_input(c);
	console_input(c);
	virtio_mmio_interrupt(&c->input_device->virtio);
}

/* Passes input on and watches for more while it is wanted. */
static void pass_on(struct console *c)
{
	deliver_input(c);
	if (!loop_watch(&c->vm->loop, &c->input, wants_input(c) ? EPOLLIN : 0))
		return;
	/* A regular file is always ready and cannot be watched (EPERM): read now. */
	if (errno != EPERM)
		c->input_end = true;
	while (wants_input(c)) {
		read_input(c);
		deliver_input(c);
	}
	deliver_input(c);
}

void console_input(struct console *c)
{
	struct console_device *d = c->input_device;
	unsigned int looks = 4;		/* at a ring that changes meanwhile, in a hostile guest for ever */
	bool more;

	/* The driver is to tell of more buffers only when there are none. */
	do {
		pass_on(c);
		more = virtqueue_pending(d->virtio.ram, &d->queue[0]);
	} while (virtqueue_want_notify(d->virtio.ram, &d->queue[0], !more) && !more && --looks);
}
