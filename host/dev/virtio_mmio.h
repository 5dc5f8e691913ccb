/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_DEV_VIRTIO_MMIO_H
#define HOST_DEV_VIRTIO_MMIO_H

#include "host/dev/device.h"
#include "host/dev/virtqueue.h"

struct virtio_device;

/* What a kind of virtio device does; all are called in the monitor's one thread. */
struct virtio_ops {
	/* the driver has put buffers into @queue */
	void (*notify)(struct virtio_device *device, unsigned int queue);
	/* the driver has reset the device: queues are gone, forget all state */
	void (*reset)(struct virtio_device *device);
};

/* Transport part of a virtio device; the kind's own struct contains it. */
struct virtio_device {
	struct device device;	/* first */
	const struct virtio_ops *ops;
	const struct ram *ram;
	void (*raise)(void *context, unsigned int vector);
	void *context;		/* of raise */
	uint32_t id;		/* virtio device id */
	uint64_t features;	/* offered */
	struct virtqueue *queue;
	unsigned int nr_queues;
	unsigned int queue_max;	/* entries of a queue at most, up to VIRTQUEUE_MAX_SIZE */
	const void *config;	/* the kind's configuration space, read-only for the driver */
	unsigned int config_size;

	uint64_t driver_features;
	uint32_t features_select, driver_features_select, queue_select;
	uint32_t status, interrupt, generation;
};

/** virtio_mmio_init - finish a device whose fields above driver_features are set */
void virtio_mmio_init(struct virtio_device *device);

/** virtio_mmio_interrupt - raise the vector if a driver wants to know of used buffers */
void virtio_mmio_interrupt(struct virtio_device *device);

/** virtio_mmio_config_changed - the configuration space has changed */
void virtio_mmio_config_changed(struct virtio_device *device);

/** virtio_mmio_broken - the driver broke the rules: the device stops until reset */
void virtio_mmio_broken(struct virtio_device *device);

/** virtio_mmio_live - the driver is set up and the device works */
bool virtio_mmio_live(const struct virtio_device *device);

#endif
