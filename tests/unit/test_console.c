// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console device, driven as a guest would: control messages, input with and
 * without buffers for it, end of input, output into a full pipe.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <cmocka.h>

#include <linux/virtio_console.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>

#include "host/dev/console.h"
#include "host/run.h"
#include "host/vcpu.h"

#define RAM_SIZE	(4 << 20)
#define QUEUE_SIZE	16
#define QUEUES		10

static struct vm vm;
static struct config config;
static struct device *device;	/* that offer() and take() mean */
static unsigned int raised, answered;
static uint16_t seen[QUEUES];	/* used entries looked at */

/* What console.c calls elsewhere. */
void vcpu_raise(struct vm *v, unsigned int vector)
{
	(void)v;
	assert_in_range(vector, VM_VECTOR_DEVICE, VM_VECTOR_DEVICE + 1);
	raised++;
}

void run_answer(struct vm *v, uint64_t result)
{
	v->write_held = false;
	assert_int_equal(result, 0);
	answered++;
}

void vm_end(struct vm *v, enum vm_end end, const char *format, ...)
{
	(void)format;
	v->end = end;
}

static void *at(uint64_t gpa)
{
	return vm.ram.base + gpa;
}

static uint64_t ring(unsigned int q)
{
	return 0x10000 + q * 0x3000;
}

static uint64_t buffer(unsigned int q, unsigned int i)
{
	return 0x100000 + q * 0x20000 + i * 0x1000;
}

static void set(unsigned int offset, uint32_t value)
{
	device->write(device, offset, 4, value);
}

/* Puts buffer @i of queue @q into the ring: @length bytes, for the device to write or to read. */
static void offer(unsigned int q, unsigned int i, unsigned int length, bool in)
{
	struct vring_desc *desc = at(ring(q));
	uint16_t *avail = at(ring(q) + 0x1000);

	desc[i] = (struct vring_desc){ buffer(q, i), length, in ? VRING_DESC_F_WRITE : 0, 0 };
	avail[2 + avail[1] % QUEUE_SIZE] = i;
	avail[1]++;
	set(VIRTIO_MMIO_QUEUE_NOTIFY, q);
}

/* The next used buffer of a queue: its index and length; -1: none. */
static int take(unsigned int q, unsigned int *length)
{
	uint16_t *used = at(ring(q) + 0x2000);
	struct vring_used_elem *elem = (void *)(used + 2);

	if (used[1] == seen[q])
		return -1;
	*length = elem[seen[q] % QUEUE_SIZE].len;
	return elem[seen[q]++ % QUEUE_SIZE].id;
}

static void control(unsigned int id, unsigned int event, unsigned int value)
{
	struct virtio_console_control m = { .id = id, .event = event, .value = value };
	unsigned int length;

	memcpy(at(buffer(3, 0)), &m, sizeof(m));
	offer(3, 0, sizeof(m), false);
	assert_int_equal(take(3, &length), 0);
}

/* Expects a control message to the guest. */
static void expect(unsigned int id, unsigned int event, unsigned int value, const char *name)
{
	struct virtio_console_control m;
	unsigned int length;
	int i = take(2, &length);

	assert_true(i >= 0 && length >= sizeof(m));
	memcpy(&m, at(buffer(2, i)), sizeof(m));
	assert_int_equal(m.id, id);
	assert_int_equal(m.event, event);
	assert_int_equal(m.value, value);
	if (name) {
		assert_int_equal(length, sizeof(m) + strlen(name));
		assert_memory_equal((char *)at(buffer(2, i)) + sizeof(m), name, strlen(name));
	}
	offer(2, i, 64, true);
}

static void expect_nothing(void)
{
	unsigned int length;

	assert_int_equal(take(2, &length), -1);
}

/* Serves what is ready, once. */
static void serve(void)
{
	struct epoll_event event[8];
	int i, n = epoll_wait(vm.loop.fd, event, 8, 0);

	for (i = 0; i < n; i++) {
		struct watch *watch = event[i].data.ptr;

		watch->ready(watch->context, event[i].events);
	}
}

static void start(const struct console_setup *setup)
{
	struct error error;
	unsigned int q, i;

	memset(&vm, 0, sizeof(vm));
	memset(seen, 0, sizeof(seen));
	raised = answered = 0;
	vm.config = &config;
	vm.ram.base = calloc(1, RAM_SIZE);
	vm.ram.size = RAM_SIZE;
	assert_int_equal(loop_make(&vm.loop, &error), 0);
	assert_int_equal(console_make(&vm, setup, &error), 0);
	device = vm.device[vm.nr_devices - 1];
	set(VIRTIO_MMIO_STATUS, 0);
	set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	set(VIRTIO_MMIO_DRIVER_FEATURES, 1);
	set(VIRTIO_MMIO_STATUS, 11);
	for (q = 0; q < (vm.nr_devices > 1 ? QUEUES : 2); q++) {
		set(VIRTIO_MMIO_QUEUE_SEL, q);
		set(VIRTIO_MMIO_QUEUE_NUM, QUEUE_SIZE);
		set(VIRTIO_MMIO_QUEUE_DESC_LOW, ring(q));
		set(VIRTIO_MMIO_QUEUE_AVAIL_LOW, ring(q) + 0x1000);
		set(VIRTIO_MMIO_QUEUE_USED_LOW, ring(q) + 0x2000);
		set(VIRTIO_MMIO_QUEUE_READY, 1);
	}
	set(VIRTIO_MMIO_STATUS, 15);
	for (i = 0; vm.nr_devices > 1 && i < QUEUE_SIZE; i++)
		offer(2, i, 64, true);
}

static void stop(void)
{
	console_finish(&vm);
	close(vm.loop.fd);
	free(vm.ram.base);
}

/* Standard input and output become pipes; returns the test's ends. */
static void pipes(int ours[2])
{
	int in[2], out[2];

	assert_int_equal(pipe(in) | pipe(out), 0);
	dup2(in[0], 0);
	dup2(out[1], 1);
	close(in[0]);
	close(out[1]);
	ours[0] = in[1];
	ours[1] = out[0];
}

static void streams(void **state)
{
	static const struct console_setup setup = { .streams = true, .status = true, .to_stderr = true, .hidden = true };
	unsigned int length, i;
	char text[64];
	int ours[2], stdout_copy = dup(1);

	(void)state;
	pipes(ours);
	start(&setup);
	control(0, VIRTIO_CONSOLE_DEVICE_READY, 1);
	for (i = 0; i < 4; i++)
		expect(i, VIRTIO_CONSOLE_PORT_ADD, 1, NULL);
	expect_nothing();
	control(0, VIRTIO_CONSOLE_PORT_READY, 1);
	expect(0, VIRTIO_CONSOLE_PORT_OPEN, 1, NULL);
	expect(0, VIRTIO_CONSOLE_PORT_NAME, 1, "org.lol.stdin");
	control(3, VIRTIO_CONSOLE_PORT_READY, 1);
	expect(3, VIRTIO_CONSOLE_PORT_OPEN, 1, NULL);
	expect(3, VIRTIO_CONSOLE_PORT_NAME, 1, "org.lol.status");

	/* Input waits for the port to be open and for a buffer. */
	assert_int_equal(write(ours[0], "hello", 5), 5);
	serve();
	control(0, VIRTIO_CONSOLE_PORT_OPEN, 1);
	serve();
	assert_int_equal(take(0, &length), -1);
	offer(0, 0, 3, true);
	serve();
	assert_int_equal(take(0, &length), 0);
	assert_int_equal(length, 3);
	assert_memory_equal(at(buffer(0, 0)), "hel", 3);
	offer(0, 1, 100, true);
	serve();
	assert_int_equal(take(0, &length), 1);
	assert_int_equal(length, 2);
	assert_memory_equal(at(buffer(0, 1)), "lo", 2);
	/* Its end closes the port. */
	offer(0, 2, 100, true);
	close(ours[0]);
	expect_nothing();
	serve();
	expect(0, VIRTIO_CONSOLE_PORT_OPEN, 0, NULL);
	expect_nothing();

	/* Output, byte for byte. */
	memcpy(at(buffer(5, 0)), "\0\n\r\1", 4);
	offer(5, 0, 4, false);
	assert_int_equal(take(5, &length), 0);
	assert_int_equal(read(ours[1], text, sizeof(text)), 4);
	assert_memory_equal(text, "\0\n\r\1", 4);

	/* Status in two pieces; kernel text is remembered. */
	memcpy(at(buffer(9, 0)), "1", 1);
	offer(9, 0, 1, false);
	memcpy(at(buffer(9, 1)), "7\n", 2);
	offer(9, 1, 2, false);
	assert_true(vm.has_status);
	assert_int_equal(vm.status, 17);
	console_text(&vm, "oops", 4);
	assert_int_equal(vm.history.total, 4);
	close(ours[1]);
	stop();
	dup2(stdout_copy, 1);
	close(stdout_copy);
}

static void slow_reader(void **state)
{
	static const struct console_setup setup = { .streams = true, .hidden = true };
	unsigned int length, sent = 0, got = 0, i;
	int ours[2], stdout_copy = dup(1);
	static char text[65536];

	(void)state;
	pipes(ours);
	start(&setup);
	/* The pipe and our backlog fill up; then buffers stay in the ring. */
	for (i = 0; i < 1000; i++) {
		memset(at(buffer(5, i % QUEUE_SIZE)), 'a' + i % 26, 0x1000);
		offer(5, i % QUEUE_SIZE, 0x1000, false);
		if (take(5, &length) < 0)
			break;
		sent++;
	}
	assert_true(sent >= 16 && sent < 100);
	sent++;
	for (i = 0; i < 100000 && got < sent * 0x1000; i++) {
		ssize_t n;

		serve();
		fcntl(ours[1], F_SETFL, O_NONBLOCK);
		n = read(ours[1], text, 1 + i * 37 % sizeof(text));
		for (length = 0; n > 0 && length < (unsigned int)n; length++, got++)
			assert_int_equal(text[length], 'a' + got / 0x1000 % 26);
	}
	assert_int_equal(got, sent * 0x1000);
	assert_true(take(5, &length) >= 0);
	close(ours[0]);
	close(ours[1]);
	stop();
	dup2(stdout_copy, 1);
	close(stdout_copy);
}

static void console_slow(void **state)
{
	static const struct console_setup setup = { .input = true };
	unsigned int length, i;
	int ours[2], stdout_copy = dup(1);
	static char text[65536];

	(void)state;
	pipes(ours);
	start(&setup);
	/* Console output is taken at once, and the writer held when there is too much. */
	for (i = 0; i < 1000 && !console_hold(&vm); i++) {
		offer(1, 0, 0x1000, false);
		assert_int_equal(take(1, &length), 0);
	}
	assert_true(i > 200 && i < 1000);
	assert_true(vm.write_held);
	while (!answered) {
		assert_true(read(ours[1], text, sizeof(text)) > 0);
		serve();
	}
	assert_false(vm.write_held);
	fcntl(ours[1], F_SETFL, O_NONBLOCK);
	while (read(ours[1], text, sizeof(text)) > 0)
		serve();
	/* End of input is a key on a console. */
	close(ours[0]);
	offer(0, 0, 10, true);
	serve();
	assert_int_equal(take(0, &length), 0);
	assert_int_equal(length, 1);
	assert_int_equal(*(char *)at(buffer(0, 0)), 4);
	close(ours[1]);
	stop();
	dup2(stdout_copy, 1);
	close(stdout_copy);
}

static void noise(void **state)
{
	static const struct console_setup setup = { .streams = true, .status = true, .hidden = true };
	unsigned int i;
	int ours[2], stdout_copy = dup(1), stderr_copy = dup(2), null;

	(void)state;
	pipes(ours);
	null = open("/dev/null", O_WRONLY);
	dup2(null, 1);
	dup2(null, 2);
	close(null);
	start(&setup);
	srandom(4);
	for (i = 0; i < 20000; i++) {
		unsigned int q = random() % QUEUES, n;

		for (n = 0; n < 8; n++)
			((unsigned char *)at(buffer(q, 0)))[n] = random() % 9;
		if (!(random() % 50))
			((unsigned char *)at(ring(q)))[random() % 0x3000] = random();
		offer(q, random() % QUEUE_SIZE, random() % 20, random() & 1);
		if (!(random() % 100)) {
			if (write(ours[0], "x", 1) != 1)
				break;
			serve();
		}
		if (!(random() % 200)) {
			stop();
			start(&setup);
		}
	}
	close(ours[0]);
	close(ours[1]);
	stop();
	dup2(stdout_copy, 1);
	close(stdout_copy);
	dup2(stderr_copy, 2);
	close(stderr_copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams),
		cmocka_unit_test(slow_reader),
		cmocka_unit_test(console_slow),
		cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
