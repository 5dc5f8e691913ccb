// SPDX-License-Identifier: GPL-2.0-only
/* Virtqueues and the register transport against a driver that lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>

#include "host/dev/virtio_mmio.h"

#define RAM_SIZE	65536
#define DESC		0x1000
#define AVAIL		0x2000
#define USED		0x3000
#define DATA		0x4000
#define SIZE		8

static struct ram ram;
static struct virtqueue queue;
static struct virtqueue_chain chain;

static struct vring_desc *desc(unsigned int i)
{
	return (struct vring_desc *)(void *)(ram.base + DESC) + i;
}

static uint16_t *avail(void)
{
	return (uint16_t *)(void *)(ram.base + AVAIL);
}

static uint16_t *used(void)
{
	return (uint16_t *)(void *)(ram.base + USED);
}

static void offer(uint16_t head)
{
	avail()[2 + avail()[1] % SIZE] = head;
	avail()[1]++;
}

static int setup(void **state)
{
	(void)state;
	ram.size = RAM_SIZE;
	ram.base = calloc(1, RAM_SIZE);
	queue = (struct virtqueue){ .ready = true, .size = SIZE, .desc = DESC, .avail = AVAIL, .used = USED };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(ram.base);
	return 0;
}

static void chains(void **state)
{
	char text[16] = "";

	(void)state;
	assert_int_equal(virtqueue_pop(&ram, &queue, &chain), 0);
	*desc(3) = (struct vring_desc){ DATA, 4, VRING_DESC_F_NEXT, 5 };
	*desc(5) = (struct vring_desc){ DATA + 100, 2, VRING_DESC_F_NEXT, 0 };
	*desc(0) = (struct vring_desc){ DATA + 200, 8, VRING_DESC_F_WRITE, 0 };
	memcpy(ram.base + DATA, "abcd", 4);
	memcpy(ram.base + DATA + 100, "ef", 2);
	offer(3);
	assert_true(virtqueue_pending(&ram, &queue));
	assert_int_equal(virtqueue_pop(&ram, &queue, &chain), 1);
	assert_int_equal(chain.head, 3);
	assert_int_equal(chain.nr_out, 2);
	assert_int_equal(chain.in_size, 8);
	assert_int_equal(virtqueue_copy_out(&chain, text, sizeof(text)), 6);
	assert_string_equal(text, "abcdef");
	assert_int_equal(virtqueue_copy_in(&chain, "0123456789", 10), 8);
	assert_memory_equal(ram.base + DATA + 200, "01234567\0", 9);
	assert_int_equal(virtqueue_push(&ram, &queue, chain.head, 8), 0);
	assert_int_equal(used()[1], 1);
	assert_int_equal(used()[2], 3);
	assert_true(queue.raise);
	assert_false(virtqueue_pending(&ram, &queue));
	assert_int_equal(virtqueue_pop(&ram, &queue, &chain), 0);
	assert_false(virtqueue_want_notify(&ram, &queue, false));
	assert_int_equal(used()[0], VRING_USED_F_NO_NOTIFY);
	offer(3);
	assert_true(virtqueue_want_notify(&ram, &queue, true));
	assert_int_equal(used()[0], 0);
}

static void wraps(void **state)
{
	unsigned int i;

	(void)state;
	avail()[0] = VRING_AVAIL_F_NO_INTERRUPT;
	for (i = 0; i < 70000; i++) {
		*desc(i % SIZE) = (struct vring_desc){ DATA + i % 100, 1, 0, 0 };
		offer(i % SIZE);
		assert_int_equal(virtqueue_pop(&ram, &queue, &chain), 1);
		assert_int_equal(chain.head, i % SIZE);
		if (i % 3 == 0) {
			virtqueue_unpop(&queue);
			assert_int_equal(virtqueue_pop(&ram, &queue, &chain), 1);
			assert_int_equal(chain.head, i % SIZE);
		}
		assert_int_equal(virtqueue_push(&ram, &queue, chain.head, 0), 0);
		assert_int_equal(used()[1], (uint16_t)(i + 1));
	}
	assert_false(queue.raise);
}

#define BROKEN(set_up) do {						\
	setup(NULL);							\
	set_up;								\
	assert_int_equal(virtqueue_pop(&ram, &queue, &chain), -1);	\
	teardown(NULL);							\
} while (0)

static void lies(void **state)
{
	teardown(state);
	BROKEN((*desc(0) = (struct vring_desc){ DATA, 1, VRING_DESC_F_NEXT, 0 }, offer(0)));	/* loop */
	BROKEN((*desc(0) = (struct vring_desc){ DATA, 1, VRING_DESC_F_NEXT, SIZE }, offer(0)));
	BROKEN(offer(SIZE));
	BROKEN(offer(0xffff));
	BROKEN(avail()[1] = SIZE + 1);
	BROKEN((*desc(0) = (struct vring_desc){ RAM_SIZE, 1, 0, 0 }, offer(0)));
	BROKEN((*desc(0) = (struct vring_desc){ RAM_SIZE - 1, 2, 0, 0 }, offer(0)));
	BROKEN((*desc(0) = (struct vring_desc){ ~0ULL, 2, 0, 0 }, offer(0)));
	BROKEN((*desc(0) = (struct vring_desc){ DATA, 0xffffffff, 0, 0 }, offer(0)));
	BROKEN((*desc(0) = (struct vring_desc){ DATA, 16, VRING_DESC_F_INDIRECT, 0 }, offer(0)));
	/* readable behind writable */
	BROKEN((*desc(0) = (struct vring_desc){ DATA, 1, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 1 },
		*desc(1) = (struct vring_desc){ DATA, 1, 0, 0 }, offer(0)));
	BROKEN(queue.desc = RAM_SIZE - 16; offer(0));
	BROKEN(queue.desc = ~0ULL - 15; offer(0));
	BROKEN(queue.desc = DESC + 1; offer(0));
	BROKEN(queue.avail = RAM_SIZE - 4);
	BROKEN(queue.avail = AVAIL + 1);
	setup(state);
	queue.used = RAM_SIZE - 8;
	assert_int_equal(virtqueue_push(&ram, &queue, 0, 0), -1);
	queue.used = USED + 2;
	assert_int_equal(virtqueue_push(&ram, &queue, 0, 0), -1);
}

/* Random rings: nothing but RAM is named, and everything ends. */
static void noise(void **state)
{
	unsigned int round, i;

	(void)state;
	srandom(2);
	for (round = 0; round < 20000; round++) {
		queue.last_avail = random();
		avail()[1] = queue.last_avail + random() % (SIZE + 2);
		for (i = 0; i < SIZE; i++) {
			avail()[2 + i] = random() % (SIZE + 1);
			*desc(i) = (struct vring_desc){ random() % (RAM_SIZE + 100), random() % 3000,
				random() % 8 ? random() & 3 : random(), random() % (SIZE + 1) };
		}
		while (virtqueue_pop(&ram, &queue, &chain) > 0) {
			for (i = 0; i < chain.nr_out; i++)
				assert_true((uint8_t *)chain.out[i].iov_base >= ram.base &&
					    (uint8_t *)chain.out[i].iov_base + chain.out[i].iov_len <= ram.base + RAM_SIZE);
			for (i = 0; i < chain.nr_in; i++)
				assert_true((uint8_t *)chain.in[i].iov_base >= ram.base &&
					    (uint8_t *)chain.in[i].iov_base + chain.in[i].iov_len <= ram.base + RAM_SIZE);
			virtqueue_push(&ram, &queue, chain.head, 1);
		}
	}
}

/* Transport */

static struct virtio_device device;
static struct virtqueue queues[2];
static unsigned int raised, notified, resets;

static void on_raise(void *context, unsigned int vector)
{
	(void)context;
	assert_int_equal(vector, 0x33);
	raised++;
}

static void on_notify(struct virtio_device *d, unsigned int n)
{
	assert_true(n < 2 && d->queue[n].ready);
	notified++;
}

static void on_reset(struct virtio_device *d)
{
	(void)d;
	resets++;
}

static const struct virtio_ops ops = { .notify = on_notify, .reset = on_reset };

static uint32_t get(unsigned int offset)
{
	return device.device.read(&device.device, offset, 4);
}

static void set(unsigned int offset, uint32_t value)
{
	device.device.write(&device.device, offset, 4, value);
}

static void make_device(void)
{
	static const uint32_t config[2] = { 0x11223344, 0x55667788 };

	memset(&device, 0, sizeof(device));
	device.ops = &ops;
	device.ram = &ram;
	device.raise = on_raise;
	device.device.vector = 0x33;
	device.id = 3;
	device.features = 2;
	device.queue = queues;
	device.nr_queues = 2;
	device.config = config;
	device.config_size = sizeof(config);
	virtio_mmio_init(&device);
	set(VIRTIO_MMIO_STATUS, 0);
	raised = notified = 0;
}

static void transport(void **state)
{
	(void)state;
	make_device();
	assert_int_equal(get(VIRTIO_MMIO_MAGIC_VALUE), 0x74726976);
	assert_int_equal(get(VIRTIO_MMIO_VERSION), 2);
	assert_int_equal(get(VIRTIO_MMIO_DEVICE_ID), 3);
	set(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	assert_int_equal(get(VIRTIO_MMIO_DEVICE_FEATURES), 1);
	/* a feature that was not offered */
	set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	set(VIRTIO_MMIO_DRIVER_FEATURES, 1);
	set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	set(VIRTIO_MMIO_DRIVER_FEATURES, 4);
	set(VIRTIO_MMIO_STATUS, 1 | 2 | VIRTIO_CONFIG_S_FEATURES_OK);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 3);
	set(VIRTIO_MMIO_DRIVER_FEATURES, 2);
	set(VIRTIO_MMIO_STATUS, 1 | 2 | VIRTIO_CONFIG_S_FEATURES_OK);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 11);
	set(VIRTIO_MMIO_QUEUE_SEL, 1);
	set(VIRTIO_MMIO_QUEUE_NUM, 3);		/* not a power of two: ignored */
	set(VIRTIO_MMIO_QUEUE_READY, 1);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 0);
	set(VIRTIO_MMIO_QUEUE_NUM, SIZE);
	set(VIRTIO_MMIO_QUEUE_DESC_LOW, DESC);
	set(VIRTIO_MMIO_QUEUE_AVAIL_LOW, AVAIL);
	set(VIRTIO_MMIO_QUEUE_USED_LOW, USED);
	set(VIRTIO_MMIO_QUEUE_READY, 1);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 1);
	set(VIRTIO_MMIO_QUEUE_NOTIFY, 1);	/* not yet live */
	assert_int_equal(notified, 0);
	set(VIRTIO_MMIO_STATUS, 15);
	set(VIRTIO_MMIO_QUEUE_NOTIFY, 1);
	assert_int_equal(notified, 1);
	set(VIRTIO_MMIO_QUEUE_NOTIFY, 0);	/* not set up */
	set(VIRTIO_MMIO_QUEUE_NOTIFY, 2);
	set(VIRTIO_MMIO_QUEUE_NOTIFY, 0xffffffff);
	assert_int_equal(notified, 1);
	queues[1].raise = true;
	virtio_mmio_interrupt(&device);
	virtio_mmio_interrupt(&device);
	assert_int_equal(raised, 1);
	assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), 1);
	set(VIRTIO_MMIO_INTERRUPT_ACK, 1);
	assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), 0);
	assert_int_equal(get(VIRTIO_MMIO_CONFIG + 4), 0x55667788);
	assert_int_equal(device.device.read(&device.device, VIRTIO_MMIO_CONFIG + 1, 1), 0x33);
	assert_int_equal(get(VIRTIO_MMIO_CONFIG + 6), 0xffffffff);
	assert_int_equal(get(0xffc), 0xffffffff);
	virtio_mmio_broken(&device);
	assert_false(virtio_mmio_live(&device));
	set(VIRTIO_MMIO_STATUS, 15);
	assert_false(virtio_mmio_live(&device));
	resets = 0;
	set(VIRTIO_MMIO_STATUS, 0);
	assert_int_equal(resets, 1);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 0);
	assert_false(queues[1].ready);
}

static void register_noise(void **state)
{
	unsigned int i;

	(void)state;
	make_device();
	srandom(3);
	for (i = 0; i < 500000; i++) {
		static const unsigned int sizes[] = { 1, 2, 4, 8 };
		unsigned int size = sizes[random() % 4], offset = random() % 0x140;

		if (random() & 1)
			offset &= ~3U;
		if (random() & 1)
			device.device.read(&device.device, offset, size);
		else
			device.device.write(&device.device, offset, size, random() % 3 ? (uint64_t)random() % 16 : (uint64_t)random());
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(chains, setup, teardown),
		cmocka_unit_test_setup_teardown(wraps, setup, teardown),
		cmocka_unit_test_setup_teardown(lies, setup, teardown),
		cmocka_unit_test_setup_teardown(noise, setup, teardown),
		cmocka_unit_test_setup_teardown(transport, setup, teardown),
		cmocka_unit_test_setup_teardown(register_noise, setup, teardown),
	};

	return cmocka_run_group_tests_name("virtqueue", tests, NULL, NULL);
}
