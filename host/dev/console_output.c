// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's output on its way to the user.  Output of the stream ports stays in
 * the guest's ring while the user's reader is slow.  The guest's console driver
 * waits for its buffer with interrupts off, so console output is taken at once;
 * beyond CONSOLE_BACKLOG the vCPU's register write is held (it sleeps) instead of
 * letting it spin.
 *
 * Calls after start-up: none
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "host/dev/console_device.h"
#include "host/run.h"

#define CONSOLE_BACKLOG	(1U << 20)
#define PORT_BACKLOG	65536

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

static void take_output(struct console_device *d, unsigned int n, const struct virtqueue_chain *chain)
{
	struct stream *out = d->port[n].out;
	struct vm *vm = d->console->vm;
	unsigned int i;

	if (d == &d->console->ports && n == PORT_STATUS) {
		take_status(vm, chain);
		return;
	}
	for (i = 0; i < chain->nr_out; i++) {
		if (out)
			stream_write(out, chain->out[i].iov_base, chain->out[i].iov_len);
		else
			history_add(&vm->history, chain->out[i].iov_base, chain->out[i].iov_len);
	}
}

void console_output(struct console_device *d, unsigned int n)
{
	struct virtqueue *queue = &d->queue[console_out_queue(n)];
	bool terminal = d == &d->console->terminal;
	size_t limit = terminal ? CONSOLE_BACKLOG : PORT_BACKLOG;
	struct virtqueue_chain chain;
	unsigned int most = queue->size;	/* one that is filled as fast as it is emptied has no end */
	int got = 0;

	while (most-- && (!d->port[n].out || stream_backlog(d->port[n].out) < limit)) {
		got = virtqueue_pop(d->virtio.ram, queue, &chain);
		if (got <= 0)
			break;
		take_output(d, n, &chain);
		if (virtqueue_push(d->virtio.ram, queue, chain.head, 0))
			got = -1;
		/*
		 * The console driver takes its buffer back by looking, before it
		 * goes on; an interrupt would only cost it two register accesses.
		 */
		if (terminal)
			queue->raise = false;
	}
	if (got < 0)
		virtio_mmio_broken(&d->virtio);
	if (terminal && !d->console->has_spoken) {
		d->console->has_spoken = true;
		console_input(d->console);
	}
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

static void resume(struct console_device *d)
{
	unsigned int n;

	if (!virtio_mmio_live(&d->virtio))
		return;
	for (n = 0; n < d->nr_ports; n++)
		if (d->port[n].out)
			console_output(d, n);
	virtio_mmio_interrupt(&d->virtio);
}

void console_drained(void *context)
{
	struct console *c = context;

	check_broken(c);
	resume(&c->terminal);
	resume(&c->ports);
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
