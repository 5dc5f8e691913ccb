// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio-rng: the host's random numbers for the guest.
 *
 * Source: Virtual I/O Device (VIRTIO) 1.2, section 5.4.
 *
 * Calls after start-up: getrandom
 */
#include <sys/random.h>

#include <linux/virtio_ids.h>

#include "host/dev/rng.h"
#include "host/dev/virtio_mmio.h"
#include "host/vcpu.h"

#define MOST	4096	/* bytes per buffer: the guest asks again */

static struct {
	struct virtio_device virtio;	/* first */
	struct virtqueue queue[1];
} rng;

static void notify(struct virtio_device *device, unsigned int queue)
{
	struct virtqueue_chain chain;
	unsigned char data[MOST];
	unsigned int n;
	ssize_t have;
	size_t want;
	int got = 0;

	/* A guest that fills it as fast as it is emptied has to ring again. */
	for (n = 0; n < device->queue[queue].size; n++) {
		got = virtqueue_pop(device->ram, &device->queue[queue], &chain);
		if (got <= 0)
			break;
		want = chain.in_size < MOST ? chain.in_size : MOST;
		have = getrandom(data, want, 0);
		if (virtqueue_push(device->ram, &device->queue[queue], chain.head,
				   virtqueue_copy_in(&chain, data, have > 0 ? have : 0))) {
			got = -1;
			break;
		}
	}
	if (got < 0)
		virtio_mmio_broken(device);
}

static void reset(struct virtio_device *device)
{
	(void)device;
}

static void raise_vector(void *context, unsigned int vector)
{
	vcpu_raise(context, vector);
}

static const struct virtio_ops rng_ops = { .notify = notify, .reset = reset };

int rng_make(struct vm *vm, struct error *error)
{
	struct virtio_device *device = &rng.virtio;

	if (vm->nr_devices == VM_MAX_DEVICES)
		return error_set(error, "too many devices");
	device->ops = &rng_ops;
	device->ram = &vm->ram;
	device->raise = raise_vector;
	device->context = vm;
	device->id = VIRTIO_ID_RNG;
	device->queue = rng.queue;
	device->nr_queues = 1;
	device->device.address = LOL_GPA_DEVICES + vm->nr_devices * 0x1000ULL;
	device->device.vector = VM_VECTOR_DEVICE + vm->nr_devices;
	virtio_mmio_init(device);
	vm->device[vm->nr_devices++] = &device->device;
	return 0;
}
