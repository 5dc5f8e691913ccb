/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_DEV_VIRTQUEUE_H
#define HOST_DEV_VIRTQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "host/ram.h"

#define VIRTQUEUE_MAX_SIZE	256
#define VIRTQUEUE_MAX_SEGMENTS	64

/* A split virtqueue, device side. */
struct virtqueue {
	bool ready;
	uint32_t size;		/* entries, a power of two */
	uint64_t desc, avail, used;	/* guest-physical */
	uint16_t last_avail;	/* entries taken so far */
	uint16_t used_index;	/* entries given back so far */
	bool raise;		/* something was given back that the driver wants to know of */
};

/* One buffer of the driver's: first what the device reads, then what it writes. */
struct virtqueue_chain {
	uint16_t head;
	unsigned int nr_out, nr_in;
	size_t out_size, in_size;	/* bytes */
	struct iovec out[VIRTQUEUE_MAX_SEGMENTS];	/* in guest RAM */
	struct iovec in[VIRTQUEUE_MAX_SEGMENTS];
};

/**
 * virtqueue_pop - take the next buffer
 * @ram: guest RAM
 * @queue: the queue
 * @chain: gets the buffer; its memory may change under the reader
 *
 * Return: 1: a buffer; 0: none; -1: the driver broke the ring's rules, and the
 * device needs a reset.
 */
int virtqueue_pop(const struct ram *ram, struct virtqueue *queue, struct virtqueue_chain *chain);

/** virtqueue_unpop - the buffer taken last was not used after all */
static inline void virtqueue_unpop(struct virtqueue *queue)
{
	queue->last_avail--;
}

/**
 * virtqueue_push - give a buffer back
 * @ram: guest RAM
 * @queue: the queue
 * @head: of the chain
 * @length: bytes written to its in part
 *
 * Return: 0, or -1 where the used ring is not RAM.
 */
int virtqueue_push(const struct ram *ram, struct virtqueue *queue, uint16_t head, uint32_t length);

/** virtqueue_pending - are there buffers to take? */
bool virtqueue_pending(const struct ram *ram, const struct virtqueue *queue);

/**
 * virtqueue_want_notify - shall the driver notify of new buffers?
 * @ram: guest RAM
 * @queue: the queue
 * @want: what the driver is told; it may notify nevertheless
 *
 * Return: whether there are buffers to take, looked at afterwards.
 */
bool virtqueue_want_notify(const struct ram *ram, const struct virtqueue *queue, bool want);

/** virtqueue_copy_in - write @length bytes into the in part; returns how many fitted */
size_t virtqueue_copy_in(const struct virtqueue_chain *chain, const void *data, size_t length);

/** virtqueue_copy_out - read up to @length bytes of the out part */
size_t virtqueue_copy_out(const struct virtqueue_chain *chain, void *data, size_t length);

#endif
