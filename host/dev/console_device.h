/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_DEV_CONSOLE_DEVICE_H
#define HOST_DEV_CONSOLE_DEVICE_H

/*
 * Inside of the console device, shared by console.c (set-up), console_control.c
 * (messages about ports), console_input.c and console_output.c.
 */
#include <linux/virtio_console.h>

#include "host/dev/console.h"
#include "host/dev/virtio_mmio.h"
#include "host/stream.h"

#define MAX_PORTS	4
#define MAX_QUEUES	(2 * MAX_PORTS + 2)
#define QUEUE_SIZE	64	/* the driver gives a page for each entry of an input queue */
#define CONTROL_IN	2
#define CONTROL_OUT	3
#define MAX_MESSAGES	128
#define MAX_MESSAGE	48
#define INPUT_ROOM	65536

/* Ports of the second device; the first one's only port is the console. */
enum { PORT_STDIN, PORT_STDOUT, PORT_STDERR, PORT_STATUS };

struct port {
	const char *name;
	bool present;
	bool guest_open;	/* the guest has opened it */
	struct stream *out;	/* where its output goes, or NULL */
};

struct message {
	unsigned int length;
	unsigned char data[MAX_MESSAGE];
};

struct console_device {
	struct virtio_device virtio;	/* first */
	struct console *console;
	struct virtqueue queue[MAX_QUEUES];
	struct virtio_console_config config;
	unsigned int nr_ports;
	struct port port[MAX_PORTS];

	/* control messages for the guest, a ring; none where there is one port */
	struct message message[MAX_MESSAGES];
	unsigned int first_message, nr_messages;
};

struct console {
	struct vm *vm;
	struct console_setup setup;
	struct console_device terminal;	/* hvc0 */
	struct console_device ports;	/* only if nr_ports is not 0 */
	struct stream out, err;
	struct stream *kernel;	/* where kernel text goes, or NULL */
	bool was_up;

	/* standard input, which goes to port 0 of one of the two */
	struct watch input;
	struct console_device *input_device;
	bool has_input, input_end, end_told;
	bool has_spoken;	/* the console has put something out */
	unsigned int live_ticks;	/* seconds that its driver has been there, at most a few */
	unsigned int end_keys;	/* pressed so far */
	char text[INPUT_ROOM];	/* read and not yet delivered */
	size_t typed_start, typed;
};

/* Queues of a port; 2 and 3 are the control messages'. */
static inline unsigned int console_in_queue(unsigned int port)
{
	return port ? 2 * port + 2 : 0;
}

static inline unsigned int console_out_queue(unsigned int port)
{
	return port ? 2 * port + 3 : 1;
}

/** console_tell - queue a control message for the guest, with @length bytes behind it */
void console_tell(struct console_device *d, unsigned int port, unsigned int event, unsigned int value,
		  const void *more, size_t length);

/** console_send - hand queued control messages to the guest, as far as it has buffers */
void console_send(struct console_device *d);

/** console_control - read the guest's control messages */
void console_control(struct console_device *d);

/** console_input - pass input on and watch for more while it is wanted */
void console_input(struct console *c);

/** console_input_ready - of the watch of standard input */
void console_input_ready(void *context, uint32_t events);

/** console_output - take what the guest has written to port @n */
void console_output(struct console_device *d, unsigned int n);

/** console_drained - of the streams: there is room again */
void console_drained(void *context);

#endif
