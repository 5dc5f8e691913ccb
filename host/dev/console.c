// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's console and the streams of a command: up to two virtio-console
 * devices.
 *
 *	first	the console, hvc0: its driver has it ready before the kernel starts
 *		init, which a console among several ports is not
 *	second	ports, for a command:
 *		0 org.lol.stdin		standard input, byte for byte
 *		1 org.lol.stdout	standard output
 *		2 org.lol.stderr	standard error
 *		3 org.lol.status	exit status, decimal text
 *
 * This file makes the devices and passes notifications on; see console_control.c,
 * console_input.c, console_output.c.
 *
 * Source: Virtual I/O Device (VIRTIO) 1.2, section 5.3.
 *
 * Calls after start-up: none
 */
#include <stdlib.h>
#include <unistd.h>

#include <linux/virtio_ids.h>

#include "host/dev/console_device.h"
#include "host/terminal.h"
#include "host/vcpu.h"

static void notify(struct virtio_device *device, unsigned int queue)
{
	struct console_device *d = (struct console_device *)device;
	bool several = d->nr_ports > 1;

	d->console->was_up = true;
	if (several && queue == CONTROL_OUT)
		console_control(d);
	else if (several && queue == CONTROL_IN)
		console_send(d);
	else if (queue & 1)
		console_output(d, queue == 1 ? 0 : (queue - 3) / 2);
	else if (!queue && d == d->console->input_device)
		console_input(d->console);
	else	/* the input queue of a port that has no input */
		virtqueue_want_notify(d->virtio.ram, &d->queue[queue], false);
}

static void reset(struct virtio_device *device)
{
	struct console_device *d = (struct console_device *)device;
	unsigned int n;

	d->nr_messages = 0;
	if (d == d->console->input_device) {
		d->console->has_spoken = false;
		d->console->live_ticks = 0;
	}
	for (n = 0; n < MAX_PORTS; n++)
		d->port[n].guest_open = false;
	/* A single port is not opened by message: it is just there. */
	if (d->nr_ports == 1)
		d->port[0].guest_open = true;
}

static void raise_vector(void *context, unsigned int vector)
{
	vcpu_raise(context, vector);
}

void console_resize(struct console *c, uint16_t columns, uint16_t rows)
{
	struct virtio_console_config *config = &c->terminal.config;

	if (!c->setup.terminal || (config->cols == columns && config->rows == rows))
		return;
	config->cols = columns;
	config->rows = rows;
	virtio_mmio_config_changed(&c->terminal.virtio);
}

static const struct virtio_ops console_ops = { .notify = notify, .reset = reset };

static int add_device(struct vm *vm, struct console_device *d, uint64_t features, unsigned int nr_queues,
		      struct error *error)
{
	if (vm->nr_devices == VM_MAX_DEVICES)
		return error_set(error, "too many devices");
	d->console = vm->console;
	d->config.max_nr_ports = d->nr_ports;
	d->virtio = (struct virtio_device){
		.device.address = LOL_GPA_DEVICES + vm->nr_devices * 0x1000ULL,
		.device.vector = VM_VECTOR_DEVICE + vm->nr_devices,
		.ops = &console_ops,
		.ram = &vm->ram,
		.raise = raise_vector,
		.context = vm,
		.id = VIRTIO_ID_CONSOLE,
		.features = features,
		.queue = d->queue,
		.nr_queues = nr_queues,
		.queue_max = QUEUE_SIZE,
		.config = &d->config,
		.config_size = sizeof(d->config),
	};
	virtio_mmio_init(&d->virtio);
	reset(&d->virtio);
	vm->device[vm->nr_devices++] = &d->virtio.device;
	return 0;
}

static int add_terminal(struct vm *vm, struct console *c, struct error *error)
{
	struct console_device *d = &c->terminal;
	uint64_t features = 0;
	uint16_t columns, rows;

	d->nr_ports = 1;
	d->port[0] = (struct port){ .present = true, .out = c->kernel };
	if (c->setup.terminal && terminal_size(&columns, &rows)) {
		d->config.cols = columns;
		d->config.rows = rows;
		features = 1ULL << VIRTIO_CONSOLE_F_SIZE;
	}
	return add_device(vm, d, features, 2, error);
}

static int add_ports(struct vm *vm, struct console *c, struct error *error)
{
	struct console_device *d = &c->ports;

	if (!c->setup.streams && !c->setup.status)
		return 0;
	d->nr_ports = MAX_PORTS;
	d->port[PORT_STDIN] = (struct port){ .name = "org.lol.stdin", .present = c->setup.streams };
	d->port[PORT_STDOUT] = (struct port){ .name = "org.lol.stdout", .present = c->setup.streams, .out = &c->out };
	d->port[PORT_STDERR] = (struct port){ .name = "org.lol.stderr", .present = c->setup.streams, .out = &c->err };
	d->port[PORT_STATUS] = (struct port){ .name = "org.lol.status", .present = c->setup.status };
	return add_device(vm, d, 1ULL << VIRTIO_CONSOLE_F_MULTIPORT, MAX_QUEUES, error);
}

int console_make(struct vm *vm, const struct console_setup *setup, struct error *error)
{
	struct console *c = calloc(1, sizeof(*c));

	if (!c)
		return error_set(error, "no memory for the console");
	vm->console = c;
	c->vm = vm;
	c->setup = *setup;
	c->out.drained = c->err.drained = console_drained;
	c->out.context = c->err.context = c;
	stream_open(&c->out, &vm->loop, STDOUT_FILENO);
	stream_open(&c->err, &vm->loop, STDERR_FILENO);
	c->kernel = setup->hidden ? NULL : setup->to_stderr ? &c->err : &c->out;
	c->has_input = setup->input || setup->streams;
	c->input_device = setup->streams ? &c->ports : &c->terminal;
	c->input = (struct watch){ .fd = STDIN_FILENO, .ready = console_input_ready, .context = c };
	if (add_terminal(vm, c, error) || add_ports(vm, c, error))
		return -1;
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
