// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control messages of the console device: which ports there are, which is the
 * console, their names, who has opened what, the window's size.
 *
 *	guest: device ready	-> port added, for each
 *	guest: port ready	-> console port and size, or open and name
 *	guest: port open	-> input may flow
 */
#include <string.h>

#include "host/dev/console_device.h"

void console_send(struct console *c)
{
	struct virtqueue *queue = &c->queue[CONTROL_IN];
	struct virtqueue_chain chain;

	while (c->nr_messages) {
		struct message *m = &c->message[c->first_message];
		int got = virtqueue_pop(c->virtio.ram, queue, &chain);

		if (got < 0 || (got && virtqueue_push(c->virtio.ram, queue, chain.head,
				virtqueue_copy_in(&chain, m->data, m->length))))
			virtio_mmio_broken(&c->virtio);
		if (got <= 0)
			return;
		c->first_message = (c->first_message + 1) % MAX_MESSAGES;
		c->nr_messages--;
	}
}

/* Only a guest that asks for ports over and over can overrun the ring: its loss. */
void console_tell(struct console *c, unsigned int port, unsigned int event, unsigned int value,
		 const void *more, size_t length)
{
	struct virtio_console_control control = { .id = port, .event = event, .value = value };
	struct message *m = &c->message[(c->first_message + c->nr_messages) % MAX_MESSAGES];

	if (c->nr_messages == MAX_MESSAGES || length > MAX_MESSAGE - sizeof(control))
		return;
	memcpy(m->data, &control, sizeof(control));
	if (length)
		memcpy(m->data + sizeof(control), more, length);
	m->length = sizeof(control) + length;
	c->nr_messages++;
}

void console_tell_size(struct console *c)
{
	const uint16_t size[2] = { c->config.cols, c->config.rows };

	if (c->config.cols && c->config.rows)
		console_tell(c, PORT_CONSOLE, VIRTIO_CONSOLE_RESIZE, 1, size, sizeof(size));
}

static void announce(struct console *c)
{
	unsigned int n;

	for (n = 0; n < NR_PORTS; n++)
		if (c->port[n].present)
			console_tell(c, n, VIRTIO_CONSOLE_PORT_ADD, 1, NULL, 0);
}

static void port_ready(struct console *c, unsigned int n)
{
	if (n == PORT_CONSOLE) {
		console_tell(c, n, VIRTIO_CONSOLE_CONSOLE_PORT, 1, NULL, 0);
		console_tell_size(c);
	}
	/* Open before the name: who finds a port by name finds it connected. */
	console_tell(c, n, VIRTIO_CONSOLE_PORT_OPEN, 1, NULL, 0);
	if (c->port[n].name)
		console_tell(c, n, VIRTIO_CONSOLE_PORT_NAME, 1, c->port[n].name, strlen(c->port[n].name));
}

static void handle_control(struct console *c, const struct virtio_console_control *m)
{
	if (m->event == VIRTIO_CONSOLE_DEVICE_READY) {
		if (m->value)
			announce(c);
		return;
	}
	if (m->id >= NR_PORTS || !c->port[m->id].present)
		return;
	if (m->event == VIRTIO_CONSOLE_PORT_READY && m->value) {
		port_ready(c, m->id);
	} else if (m->event == VIRTIO_CONSOLE_PORT_OPEN) {
		c->port[m->id].guest_open = m->value;
		console_input(c);
	}
}

void console_control(struct console *c)
{
	struct virtqueue *queue = &c->queue[CONTROL_OUT];
	struct virtqueue_chain chain;
	int got;

	while ((got = virtqueue_pop(c->virtio.ram, queue, &chain)) > 0) {
		struct virtio_console_control m;

		if (virtqueue_copy_out(&chain, &m, sizeof(m)) == sizeof(m))
			handle_control(c, &m);
		if (virtqueue_push(c->virtio.ram, queue, chain.head, 0)) {
			got = -1;
			break;
		}
	}
	if (got < 0)
		virtio_mmio_broken(&c->virtio);
	console_send(c);
}
