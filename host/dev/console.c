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
 * Input is read from the user only when the guest has a buffer for it, so none
 * is ever thrown away; its end closes the port, which the guest reads as end of
 * file.  Output of ports 2 and 3 stays in the guest's ring while the user's
 * reader is slow.  The guest's console driver waits for its buffer with
 * interrupts off, so console output is taken at once; beyond CONSOLE_BACKLOG the
 * vCPU's register write is held (it sleeps) instead of letting it spin.
 *
 * Source: Virtual I/O Device (VIRTIO) 1.2, section 5.3.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <linux/virtio_console.h>
#include <linux/virtio_ids.h>

#include "host/base/log.h"
#include "host/dev/console.h"
#include "host/dev/virtio_mmio.h"
#include "host/run.h"
#include "host/stream.h"
#include "host/terminal.h"
#include "host/vcpu.h"

#define NR_PORTS	5
#define NR_QUEUES	(2 * NR_PORTS + 2)
#define CONTROL_IN	2
#define CONTROL_OUT	3
#define MAX_MESSAGES	128
#define MAX_MESSAGE	48
#define CONSOLE_BACKLOG	(1U << 20)
#define PORT_BACKLOG	65536
#define INPUT_ROOM	65536
#define END_OF_TEXT	4	/* Ctrl-D */

enum { PORT_CONSOLE, PORT_STDIN, PORT_STDOUT, PORT_STDERR, PORT_STATUS };

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

struct console {
	struct virtio_device virtio;	/* first */
	struct vm *vm;
	struct console_setup setup;
	struct virtqueue queue[NR_QUEUES];
	struct virtio_console_config config;
	struct port port[NR_PORTS];
	struct stream out, err;
	struct stream *kernel;	/* where kernel text goes, or NULL */

	/* standard input */
	struct watch input;
	unsigned int input_port;
	bool has_input, input_end, end_told;
	char text[INPUT_ROOM];	/* read and not yet delivered */
	size_t typed_start, typed;

	/* control messages for the guest, a ring */
	struct message message[MAX_MESSAGES];
	unsigned int first_message, nr_messages;
};

static unsigned int in_queue(unsigned int port)
{
	return port ? 2 * port + 2 : 0;
}

static unsigned int out_queue(unsigned int port)
{
	return port ? 2 * port + 3 : 1;
}

/* Control messages */

static void send_messages(struct console *c)
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
static void tell(struct console *c, unsigned int port, unsigned int event, unsigned int value,
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

static void tell_size(struct console *c)
{
	const uint16_t size[2] = { c->config.cols, c->config.rows };

	if (c->config.cols && c->config.rows)
		tell(c, PORT_CONSOLE, VIRTIO_CONSOLE_RESIZE, 1, size, sizeof(size));
}

/* Input */

static void pump_input(struct console *c);

/* Standard input has ended: the port closes, the console gets its end-of-file key. */
static void tell_end(struct console *c)
{
	struct virtqueue *queue = &c->queue[in_queue(c->input_port)];
	const char key = END_OF_TEXT;
	struct virtqueue_chain chain;

	if (c->end_told || !c->port[c->input_port].guest_open)
		return;
	if (c->input_port != PORT_CONSOLE) {
		tell(c, c->input_port, VIRTIO_CONSOLE_PORT_OPEN, 0, NULL, 0);
		send_messages(c);
		c->end_told = true;
	} else if (virtqueue_pop(c->virtio.ram, queue, &chain) > 0) {
		virtqueue_push(c->virtio.ram, queue, chain.head, virtqueue_copy_in(&chain, &key, 1));
		c->end_told = true;
	}
}

/* Hands what was read to the guest, as far as it has buffers. */
static void deliver_input(struct console *c)
{
	struct virtqueue *queue = &c->queue[in_queue(c->input_port)];
	struct virtqueue_chain chain;
	int got = 0;

	if (!virtio_mmio_live(&c->virtio) || !c->port[c->input_port].guest_open)
		return;
	while (c->typed && (got = virtqueue_pop(c->virtio.ram, queue, &chain)) > 0) {
		size_t n = virtqueue_copy_in(&chain, c->text + c->typed_start, c->typed);

		if (!n || virtqueue_push(c->virtio.ram, queue, chain.head, n))
			got = -1;
		c->typed_start += n;
		c->typed -= n;
		if (got < 0)
			break;
	}
	if (!c->typed)
		c->typed_start = 0;
	if (got < 0)
		virtio_mmio_broken(&c->virtio);
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
	if (!c->has_input || c->input_end)
		return false;
	if (c->setup.terminal)
		return c->typed_start + c->typed < INPUT_ROOM;
	return !c->typed && virtio_mmio_live(&c->virtio) && c->port[c->input_port].guest_open &&
	       virtqueue_pending(c->virtio.ram, &c->queue[in_queue(c->input_port)]);
}

static void read_input(struct console *c)
{
	char *to = c->text + c->typed_start + c->typed;
	ssize_t got = read(c->input.fd, to, INPUT_ROOM - c->typed_start - c->typed);
	size_t length = got;

	if (got <= 0) {
		c->input_end = !got || (errno != EAGAIN && errno != EINTR);
		return;
	}
	if (c->setup.terminal && terminal_filter(to, &length) == TERMINAL_QUIT)
		vm_end(c->vm, VM_QUIT, NULL);
	c->typed += length;
}

static void input_ready(void *context, uint32_t events)
{
	struct console *c = context;

	(void)events;
	if (wants_input(c))
		read_input(c);
	pump_input(c);
	virtio_mmio_interrupt(&c->virtio);
}

/* Passes input on and watches for more while it is wanted. */
static void pump_input(struct console *c)
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

/* Output */

/* The exit status: digits, possibly in pieces. */
static void take_status(struct vm *vm, const struct virtqueue_chain *chain)
{
	char text[64];
	size_t i, length = virtqueue_copy_out(chain, text, sizeof(text));

	for (i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			continue;
		vm->status = ((vm->has_status ? vm->status : 0) * 10 + text[i] - '0') & 0xff;
		vm->has_status = true;
	}
}

static void take_output(struct console *c, unsigned int n, const struct virtqueue_chain *chain)
{
	struct stream *out = c->port[n].out;
	unsigned int i;

	if (n == PORT_STATUS) {
		take_status(c->vm, chain);
		return;
	}
	for (i = 0; i < chain->nr_out; i++) {
		if (out)
			stream_write(out, chain->out[i].iov_base, chain->out[i].iov_len);
		else
			history_add(&c->vm->history, chain->out[i].iov_base, chain->out[i].iov_len);
	}
}

static void pump_output(struct console *c, unsigned int n)
{
	struct virtqueue *queue = &c->queue[out_queue(n)];
	size_t limit = n == PORT_CONSOLE ? CONSOLE_BACKLOG : PORT_BACKLOG;
	struct virtqueue_chain chain;
	int got = 0;

	while (!c->port[n].out || stream_backlog(c->port[n].out) < limit) {
		got = virtqueue_pop(c->virtio.ram, queue, &chain);
		if (got <= 0)
			break;
		take_output(c, n, &chain);
		if (virtqueue_push(c->virtio.ram, queue, chain.head, 0))
			got = -1;
		/*
		 * The console driver takes its buffer back by looking, before it
		 * goes on; an interrupt would only cost it two register accesses.
		 */
		if (n == PORT_CONSOLE)
			queue->raise = false;
	}
	if (got < 0)
		virtio_mmio_broken(&c->virtio);
}

static void check_broken(struct console *c)
{
	if (!c->out.broken || (c->kernel != &c->out && !c->setup.streams))
		return;
	if (c->out.error == EPIPE) {
		/* As the command itself would have ended. */
		c->vm->exit_code = 128 + SIGPIPE;
		vm_end(c->vm, VM_QUIT, NULL);
	} else {
		vm_end(c->vm, VM_HOST, "standard output: %s", strerror(c->out.error));
	}
}

static void drained(void *context)
{
	struct console *c = context;
	unsigned int n;

	check_broken(c);
	for (n = 0; n < NR_PORTS; n++)
		if (c->port[n].out && virtio_mmio_live(&c->virtio))
			pump_output(c, n);
	virtio_mmio_interrupt(&c->virtio);
	if (c->vm->write_held && !console_hold(c->vm))
		run_answer(c->vm, 0);
}

bool console_hold(struct vm *vm)
{
	struct console *c = vm->console;

	vm->write_held = c && c->kernel && stream_backlog(c->kernel) >= CONSOLE_BACKLOG;
	return vm->write_held;
}

void console_text(struct vm *vm, const char *text, size_t length)
{
	struct console *c = vm->console;
	size_t i, start = 0;

	if (!c || !c->kernel) {
		history_add(&vm->history, text, length);
		return;
	}
	for (i = 0; i < length; i++) {
		if (text[i] != '\n' || !c->setup.terminal || (i && text[i - 1] == '\r'))
			continue;
		stream_write(c->kernel, text + start, i - start);
		stream_write(c->kernel, "\r\n", 2);
		start = i + 1;
	}
	stream_write(c->kernel, text + start, length - start);
}

/* Control messages from the guest */

static void announce(struct console *c)
{
	unsigned int n;

	for (n = 0; n < NR_PORTS; n++)
		if (c->port[n].present)
			tell(c, n, VIRTIO_CONSOLE_PORT_ADD, 1, NULL, 0);
}

static void port_ready(struct console *c, unsigned int n)
{
	if (n == PORT_CONSOLE) {
		tell(c, n, VIRTIO_CONSOLE_CONSOLE_PORT, 1, NULL, 0);
		tell_size(c);
	}
	/* Open before the name: who finds a port by name finds it connected. */
	tell(c, n, VIRTIO_CONSOLE_PORT_OPEN, 1, NULL, 0);
	if (c->port[n].name)
		tell(c, n, VIRTIO_CONSOLE_PORT_NAME, 1, c->port[n].name, strlen(c->port[n].name));
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
		pump_input(c);
	}
}

static void pump_control(struct console *c)
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
	send_messages(c);
}

static void notify(struct virtio_device *device, unsigned int queue)
{
	struct console *c = (struct console *)device;

	if (queue == CONTROL_OUT)
		pump_control(c);
	else if (queue == CONTROL_IN)
		send_messages(c);
	else if (queue & 1)
		pump_output(c, queue == 1 ? 0 : (queue - 3) / 2);
	else if (queue == in_queue(c->input_port))
		pump_input(c);
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
		tell_size(c);
		send_messages(c);
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
	c->input = (struct watch){ .fd = STDIN_FILENO, .ready = input_ready, .context = c };
}

int console_make(struct vm *vm, const struct console_setup *setup, struct error *error)
{
	struct console *c = calloc(1, sizeof(*c));
	uint16_t columns, rows;

	if (!c || vm->nr_devices == VM_MAX_DEVICES)
		return error_set(error, "no memory for the console");
	c->vm = vm;
	c->setup = *setup;
	c->out.drained = c->err.drained = drained;
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
	pump_input(c);
	return 0;
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
