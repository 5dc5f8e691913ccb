// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control messages of the device with several ports: which there are, their
 * names, who has opened what.
 *
 *	guest: device ready	-> port added, for each
 *	guest: port ready	-> open, then its name
 *	guest: port open	-> input may flow
 *
 * Calls after start-up: none
 */
#include <string.h>

#include "host/dev/console_device.h"

void console_send(struct console_device *d)
{
	struct virtqueue *queue = &d->queue[CONTROL_IN];
	unsigned int most = 2 * MAX_MESSAGES;	/* looks: the guest may change its mind at each */
	struct virtqueue_chain chain;

	while (d->nr_messages && most--) {
		struct message *m = &d->message[d->first_message];
		int got = virtqueue_pop(d->virtio.ram, queue, &chain);

		if (got < 0 || (got && virtqueue_push(d->virtio.ram, queue, chain.head,
				virtqueue_copy_in(&chain, m->data, m->length))))
			virtio_mmio_broken(&d->virtio);
		if (!got && virtqueue_want_notify(d->virtio.ram, queue, true))
			continue;
		if (got <= 0)
			return;
		d->first_message = (d->first_message + 1) % MAX_MESSAGES;
		d->nr_messages--;
	}
	virtqueue_want_notify(d->virtio.ram, queue, false);
}

/* Only a guest that asks for ports over and over can overrun the ring: its loss. */
void console_tell(struct console_device *d, unsigned int port, unsigned int event, unsigned int value,
		 const void *more, size_t length)
{
	struct virtio_console_control control = { .id = port, .event = event, .value = value };
	struct message *m = &d->message[(d->first_message + d->nr_messages) % MAX_MESSAGES];

	if (d->nr_messages == MAX_MESSAGES || length > MAX_MESSAGE - sizeof(control))
		return;
	memcpy(m->data, &control, sizeof(control));
	if (length)
		memcpy(m->data + sizeof(control), more, length);
	m->length = sizeof(control) + length;
	d->nr_messages++;
}

static void announce(struct console_device *d)
{
	unsigned int n;

	for (n = 0; n < d->nr_ports; n++)
		if (d->port[n].present)
			console_tell(d, n, VIRTIO_CONSOLE_PORT_ADD, 1, NULL, 0);
}

static void port_ready(struct console_device *d, unsigned int n)
{
	/* Open before the name: who finds a port by name finds it connected. */
	console_tell(d, n, VIRTIO_CONSOLE_PORT_OPEN, 1, NULL, 0);
	console_tell(d, n, VIRTIO_CONSOLE_PORT_NAME, 1, d->port[n].name, strlen(d->port[n].name));
}

static void handle_control(struct console_device *d, const struct virtio_console_control *m)
{
	if (m->event == VIRTIO_CONSOLE_DEVICE_READY) {
		if (m->value)
			announce(d);
		return;
	}
	if (m->id >= d->nr_ports || !d->port[m->id].present)
		return;
	if (m->event == VIRTIO_CONSOLE_PORT_READY && m->value) {
		port_ready(d, m->id);
	} else if (m->event == VIRTIO_CONSOLE_PORT_OPEN) {
		d->port[m->id].guest_open = m->value;
		console_input(d->console);
	}
}

void console_control(struct console_device *d)
{
	struct virtqueue *queue = &d->queue[CONTROL_OUT];
	unsigned int most = queue->size;
	struct virtqueue_chain chain;
	int got = 0;

	while (most-- && (got = virtqueue_pop(d->virtio.ram, queue, &chain)) > 0) {
		struct virtio_console_control m;

		if (virtqueue_copy_out(&chain, &m, sizeof(m)) == sizeof(m))
			handle_control(d, &m);
		if (virtqueue_push(d->virtio.ram, queue, chain.head, 0)) {
			got = -1;
			break;
		}
	}
	if (got < 0)
		virtio_mmio_broken(&d->virtio);
	console_send(d);
}
