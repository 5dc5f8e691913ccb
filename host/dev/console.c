// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio-console with several ports.
 *
 *	port 0	the guest's console, hvc0	terminal, or standard output or error
 *	port 1	org.lol.stdin			standard input, byte for byte
 *	port 2	org.lol.stdout			standard output
 *	port 3	org.lol.stderr			standard error
 *	port 4	org.lol.status			exit status, decimal text
 *
 * This file makes the device and passes notifications on; see console_control.c,
 * console_input.c, console_output.c.
 *
 * Source: Virtual I/O Device (VIRTIO) 1.2, section 5.3.
 */
#include <stdlib.h>
#include <unistd.h>

#include <linux/virtio_ids.h>

#include "host/dev/console_device.h"
#include "host/terminal.h"
#include "host/vcpu.h"

static void notify(struct virtio_device *device, unsigned int queue)
{
	struct console *c = (struct console *)device;

	c->was_up = true;
	if (queue == CONTROL_OUT)
		console_control(c);
	else if (queue == CONTROL_IN)
		console_send(c);
	else if (queue & 1)
		console_output(c, queue == 1 ? 0 : (queue - 3) / 2);
	else if (queue == console_in_queue(c->input_port))
		console_input(c);
}

static void reset(struct virtio_device *device)
{
	struct console *c = (struct console *)device;
	unsigned int n;

	c->nr_messages = 0;
	for (n = 0; n < NR_PORTS; n++)
		c->port[n].guest_open = false;
	/* Without several ports there is no such message: the console is just there. */
	c->port[PORT_CONSOLE].guest_open = true;
}

static void raise_vector(void *context, unsigned int vector)
{
	vcpu_raise(context, vector);
}

void console_resize(struct console *c, uint16_t columns, uint16_t rows)
{
	if (!c->setup.terminal || (c->config.cols == columns && c->config.rows == rows))
		return;
	c->config.cols = columns;
	c->config.rows = rows;
	virtio_mmio_config_changed(&c->virtio);
	if (virtio_mmio_live(&c->virtio)) {
		console_tell_size(c);
		console_send(c);
		virtio_mmio_interrupt(&c->virtio);
	}
}

static const struct virtio_ops console_ops = { .notify = notify, .reset = reset };

static void connect_ports(struct console *c)
{
	const struct console_setup *setup = &c->setup;

	c->port[PORT_CONSOLE] = (struct port){ .present = true, .guest_open = true, .out = c->kernel };
	c->port[PORT_STDIN] = (struct port){ .name = "org.lol.stdin", .present = setup->streams };
	c->port[PORT_STDOUT] = (struct port){ .name = "org.lol.stdout", .present = setup->streams, .out = &c->out };
	c->port[PORT_STDERR] = (struct port){ .name = "org.lol.stderr", .present = setup->streams, .out = &c->err };
	c->port[PORT_STATUS] = (struct port){ .name = "org.lol.status", .present = setup->status };
	c->has_input = setup->input || setup->streams;
	c->input_port = setup->streams ? PORT_STDIN : PORT_CONSOLE;
	c->input = (struct watch){ .fd = STDIN_FILENO, .ready = console_input_ready, .context = c };
}

int console_make(struct vm *vm, const struct console_setup *setup, struct error *error)
{
	struct console *c = calloc(1, sizeof(*c));
	uint16_t columns, rows;

	if (!c || vm->nr_devices == VM_MAX_DEVICES)
		return error_set(error, "no memory for the console");
	c->vm = vm;
	c->setup = *setup;
	c->out.drained = c->err.drained = console_drained;
	c->out.context = c->err.context = c;
	stream_open(&c->out, &vm->loop, STDOUT_FILENO);
	stream_open(&c->err, &vm->loop, STDERR_FILENO);
	c->kernel = setup->hidden ? NULL : setup->to_stderr ? &c->err : &c->out;
	connect_ports(c);

	c->virtio.ops = &console_ops;
	c->virtio.ram = &vm->ram;
	c->virtio.raise = raise_vector;
	c->virtio.context = vm;
	c->virtio.id = VIRTIO_ID_CONSOLE;
	c->virtio.features = 1ULL << VIRTIO_CONSOLE_F_MULTIPORT;
	c->virtio.queue = c->queue;
	c->virtio.nr_queues = NR_QUEUES;
	c->virtio.config = &c->config;
	c->virtio.config_size = sizeof(c->config);
	c->config.max_nr_ports = NR_PORTS;
	if (setup->terminal && terminal_size(&columns, &rows)) {
		c->config.cols = columns;
		c->config.rows = rows;
		c->virtio.features |= 1ULL << VIRTIO_CONSOLE_F_SIZE;
	}
	c->virtio.device.address = LOL_GPA_DEVICES + vm->nr_devices * 0x1000ULL;
	c->virtio.device.vector = VM_VECTOR_DEVICE + vm->nr_devices;
	virtio_mmio_init(&c->virtio);
	vm->device[vm->nr_devices++] = &c->virtio.device;
	vm->console = c;
	/* A terminal is listened to from the start: the escape key always works. */
	console_input(c);
	return 0;
}

bool console_was_up(struct vm *vm)
{
	return vm->console && vm->console->was_up;
}

void console_finish(struct vm *vm)
{
	struct console *c = vm->console;

	if (!c)
		return;
	loop_watch(&vm->loop, &c->input, 0);
	stream_finish(&c->out);
	stream_finish(&c->err);
	vm->console = NULL;
	free(c);
}
