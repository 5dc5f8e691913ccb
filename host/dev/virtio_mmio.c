// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio over memory-mapped registers, version 2 (no legacy interface).
 *
 * Every register write is hostile: selectors are checked where they are used,
 * sizes are powers of two up to VIRTQUEUE_MAX_SIZE, addresses are checked by the
 * queue code at each use, since RAM never changes its size.
 *
 * Source: Virtual I/O Device (VIRTIO) 1.2, section 4.2.
 *
 * Calls after start-up: none
 */
#include <string.h>

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>

#include "host/dev/virtio_mmio.h"

#define MAGIC		0x74726976	/* "virt" */
#define VERSION		2
#define VENDOR		0x006c6f6c	/* "lol" */

bool virtio_mmio_live(const struct virtio_device *device)
{
	return device->status & VIRTIO_CONFIG_S_DRIVER_OK &&
	       !(device->status & VIRTIO_CONFIG_S_NEEDS_RESET);
}

static void raise(struct virtio_device *device, uint32_t why)
{
	device->interrupt |= why;
	device->raise(device->context, device->device.vector);
}

void virtio_mmio_interrupt(struct virtio_device *device)
{
	bool wanted = false;
	unsigned int i;

	for (i = 0; i < device->nr_queues; i++) {
		wanted |= device->queue[i].raise;
		device->queue[i].raise = false;
	}
	if (wanted)
		raise(device, VIRTIO_MMIO_INT_VRING);
}

void virtio_mmio_config_changed(struct virtio_device *device)
{
	device->generation++;
	if (virtio_mmio_live(device))
		raise(device, VIRTIO_MMIO_INT_CONFIG);
}

void virtio_mmio_broken(struct virtio_device *device)
{
	device->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	raise(device, VIRTIO_MMIO_INT_CONFIG);
}

static void reset(struct virtio_device *device)
{
	device->driver_features = 0;
	device->features_select = device->driver_features_select = device->queue_select = 0;
	device->status = device->interrupt = 0;
	memset(device->queue, 0, device->nr_queues * sizeof(*device->queue));
	device->ops->reset(device);
}

static struct virtqueue *selected(struct virtio_device *device)
{
	return device->queue_select < device->nr_queues ? &device->queue[device->queue_select] : NULL;
}

static uint64_t read_config(struct virtio_device *device, uint64_t offset, unsigned int size)
{
	uint64_t value = 0;

	if (offset >= device->config_size || size > device->config_size - offset)
		return ~0ULL;
	memcpy(&value, (const char *)device->config + offset, size);
	return value;
}

static uint64_t mmio_read(struct device *base, uint64_t offset, unsigned int size)
{
	struct virtio_device *device = (struct virtio_device *)base;
	struct virtqueue *queue = selected(device);

	if (offset >= VIRTIO_MMIO_CONFIG)
		return read_config(device, offset - VIRTIO_MMIO_CONFIG, size);
	if (size != 4)
		return ~0ULL;
	switch (offset) {
	case VIRTIO_MMIO_MAGIC_VALUE:
		return MAGIC;
	case VIRTIO_MMIO_VERSION:
		return VERSION;
	case VIRTIO_MMIO_DEVICE_ID:
		return device->id;
	case VIRTIO_MMIO_VENDOR_ID:
		return VENDOR;
	case VIRTIO_MMIO_DEVICE_FEATURES:
		return device->features_select < 2 ?
			(uint32_t)(device->features >> (32 * device->features_select)) : 0;
	case VIRTIO_MMIO_QUEUE_NUM_MAX:
		return queue ? device->queue_max : 0;
	case VIRTIO_MMIO_QUEUE_READY:
		return queue && queue->ready;
	case VIRTIO_MMIO_INTERRUPT_STATUS:
		return device->interrupt;
	case VIRTIO_MMIO_STATUS:
		return device->status;
	case VIRTIO_MMIO_CONFIG_GENERATION:
		return device->generation;
	case VIRTIO_MMIO_SHM_LEN_LOW:
	case VIRTIO_MMIO_SHM_LEN_HIGH:
		return ~0U;	/* no shared memory regions */
	default:
		return 0;
	}
}

static void set_half(uint64_t *address, uint32_t value, bool high)
{
	if (high)
		*address = (*address & 0xffffffffULL) | (uint64_t)value << 32;
	else
		*address = (*address & ~0xffffffffULL) | value;
}

/* Registers of the selected queue; its place cannot be changed while it is in use. */
static void write_queue(const struct virtio_device *device, struct virtqueue *queue, uint64_t offset,
			uint32_t value)
{
	if (offset == VIRTIO_MMIO_QUEUE_READY) {
		if (!(value & 1))
			queue->ready = false;
		else if (queue->size && !queue->ready) {
			queue->last_avail = queue->used_index = 0;
			queue->raise = false;
			queue->ready = true;
		}
		return;
	}
	if (queue->ready)
		return;
	switch (offset) {
	case VIRTIO_MMIO_QUEUE_NUM:
		queue->size = value <= device->queue_max && !(value & (value - 1)) ? value : 0;
		break;
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
	case VIRTIO_MMIO_QUEUE_DESC_HIGH:
		set_half(&queue->desc, value, offset == VIRTIO_MMIO_QUEUE_DESC_HIGH);
		break;
	case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
	case VIRTIO_MMIO_QUEUE_AVAIL_HIGH:
		set_half(&queue->avail, value, offset == VIRTIO_MMIO_QUEUE_AVAIL_HIGH);
		break;
	case VIRTIO_MMIO_QUEUE_USED_LOW:
	case VIRTIO_MMIO_QUEUE_USED_HIGH:
		set_half(&queue->used, value, offset == VIRTIO_MMIO_QUEUE_USED_HIGH);
		break;
	}
}

static void write_status(struct virtio_device *device, uint32_t value)
{
	if (!value) {
		reset(device);
		return;
	}
	/* Features that were not offered, or no VERSION_1: the driver is told by the bit missing. */
	if (value & VIRTIO_CONFIG_S_FEATURES_OK && !(device->status & VIRTIO_CONFIG_S_FEATURES_OK) &&
	    (device->driver_features & ~device->features ||
	     !(device->driver_features & 1ULL << VIRTIO_F_VERSION_1)))
		value &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	device->status = (value & 0xff) | (device->status & VIRTIO_CONFIG_S_NEEDS_RESET);
}

static void mmio_write(struct device *base, uint64_t offset, unsigned int size, uint64_t value64)
{
	struct virtio_device *device = (struct virtio_device *)base;
	struct virtqueue *queue = selected(device);
	uint32_t value = value64;

	if (offset >= VIRTIO_MMIO_CONFIG || size != 4)
		return;
	switch (offset) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		device->features_select = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		device->driver_features_select = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		if (device->driver_features_select < 2)
			set_half(&device->driver_features, value, device->driver_features_select);
		break;
	case VIRTIO_MMIO_QUEUE_SEL:
		device->queue_select = value;
		break;
	case VIRTIO_MMIO_QUEUE_NOTIFY:
		if (virtio_mmio_live(device) && value < device->nr_queues && device->queue[value].ready) {
			device->ops->notify(device, value);
			virtio_mmio_interrupt(device);
		}
		break;
	case VIRTIO_MMIO_INTERRUPT_ACK:
		device->interrupt &= ~value;
		break;
	case VIRTIO_MMIO_STATUS:
		write_status(device, value);
		break;
	default:
		if (queue)
			write_queue(device, queue, offset, value);
	}
}

void virtio_mmio_init(struct virtio_device *device)
{
	device->features |= 1ULL << VIRTIO_F_VERSION_1;
	if (!device->queue_max)
		device->queue_max = VIRTQUEUE_MAX_SIZE;
	device->device.read = mmio_read;
	device->device.write = mmio_write;
}
