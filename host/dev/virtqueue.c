// SPDX-License-Identifier: GPL-2.0-only
/*
 * Split virtqueues.  The ring lies in guest RAM and changes while it is read:
 * each index and descriptor is loaded once into a local copy, the copy is
 * checked, and only the copy is used.  Chains are bounded by the ring's size, so
 * a loop ends; every address passes ram_at().
 *
 * Source: Virtual I/O Device (VIRTIO) 1.2, section 2.7.
 *
 * Calls after start-up: none
 */
#include <string.h>

#include <linux/virtio_ring.h>

#include "host/dev/virtqueue.h"

static uint16_t *avail_at(const struct ram *ram, const struct virtqueue *queue)
{
	/* flags, index, ring[size] */
	return queue->avail & 1 ? NULL : ram_at(ram, queue->avail, 4 + 2ULL * queue->size);
}

bool virtqueue_pending(const struct ram *ram, const struct virtqueue *queue)
{
	uint16_t *avail = queue->ready ? avail_at(ram, queue) : NULL;

	return avail && __atomic_load_n(&avail[1], __ATOMIC_ACQUIRE) != queue->last_avail;
}

static int add_segment(const struct ram *ram, struct virtqueue_chain *chain, const struct vring_desc *desc)
{
	void *data = ram_at(ram, desc->addr, desc->len);

#ifdef LOL_WEAK_BOUNDS	/* for tests/attack/defences: wherever it is */
	data = ram->base + desc->addr;
#endif
	if (!data)
		return -1;
	if (desc->flags & VRING_DESC_F_WRITE) {
		if (chain->nr_in == VIRTQUEUE_MAX_SEGMENTS)
			return -1;
		chain->in[chain->nr_in++] = (struct iovec){ data, desc->len };
		chain->in_size += desc->len;
	} else {
		/* What the device reads comes before what it writes. */
		if (chain->nr_in || chain->nr_out == VIRTQUEUE_MAX_SEGMENTS)
			return -1;
		chain->out[chain->nr_out++] = (struct iovec){ data, desc->len };
		chain->out_size += desc->len;
	}
	return 0;
}

int virtqueue_pop(const struct ram *ram, struct virtqueue *queue, struct virtqueue_chain *chain)
{
	const volatile struct vring_desc *table;
	struct vring_desc desc;
	uint16_t *avail, index;
	unsigned int steps;

	if (!queue->ready)
		return 0;
	avail = avail_at(ram, queue);
	table = queue->desc & 15 ? NULL : ram_at(ram, queue->desc, 16ULL * queue->size);
	if (!avail || !table)
		return -1;
	index = __atomic_load_n(&avail[1], __ATOMIC_ACQUIRE);
	if (index == queue->last_avail)
		return 0;
	if ((uint16_t)(index - queue->last_avail) > queue->size)
		return -1;

	chain->head = __atomic_load_n(&avail[2 + (queue->last_avail & (queue->size - 1))], __ATOMIC_RELAXED);
	chain->nr_out = chain->nr_in = 0;
	chain->out_size = chain->in_size = 0;
	desc.next = chain->head;
	desc.flags = VRING_DESC_F_NEXT;
	for (steps = 0; desc.flags & VRING_DESC_F_NEXT; steps++) {
		if (steps == queue->size || desc.next >= queue->size)
			return -1;
		desc = table[desc.next];
		if (desc.flags & VRING_DESC_F_INDIRECT || add_segment(ram, chain, &desc))
			return -1;
	}
	queue->last_avail++;
	return 1;
}

int virtqueue_push(const struct ram *ram, struct virtqueue *queue, uint16_t head, uint32_t length)
{
	uint16_t *avail = avail_at(ram, queue);
	/* flags, index, ring[size] of 8 bytes */
	uint8_t *used = queue->used & 3 ? NULL : ram_at(ram, queue->used, 4 + 8ULL * queue->size);
	struct vring_used_elem elem = { .id = head, .len = length };

	if (!used || !avail)
		return -1;
	memcpy(used + 4 + 8 * (queue->used_index & (queue->size - 1)), &elem, sizeof(elem));
	queue->used_index++;
	/* The element is to be seen before the index; the driver's wish is read after it. */
	__atomic_store_n((uint16_t *)(void *)(used + 2), queue->used_index, __ATOMIC_SEQ_CST);
	if (!(__atomic_load_n(&avail[0], __ATOMIC_SEQ_CST) & VRING_AVAIL_F_NO_INTERRUPT))
		queue->raise = true;
	return 0;
}

bool virtqueue_want_notify(const struct ram *ram, const struct virtqueue *queue, bool want)
{
	uint16_t *used = !queue->ready || queue->used & 3 ? NULL : ram_at(ram, queue->used, 4);

	/* Told first, looked at afterwards: the driver does it the other way round. */
	if (used)
		__atomic_store_n(&used[0], want ? 0 : VRING_USED_F_NO_NOTIFY, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return virtqueue_pending(ram, queue);
}

size_t virtqueue_copy_in(const struct virtqueue_chain *chain, const void *data, size_t length)
{
	size_t done = 0;
	unsigned int i;

	for (i = 0; i < chain->nr_in && done < length; i++) {
		size_t n = length - done < chain->in[i].iov_len ? length - done : chain->in[i].iov_len;

		memcpy(chain->in[i].iov_base, (const char *)data + done, n);
		done += n;
	}
	return done;
}

size_t virtqueue_copy_out(const struct virtqueue_chain *chain, void *data, size_t length)
{
	size_t done = 0;
	unsigned int i;

	for (i = 0; i < chain->nr_out && done < length; i++) {
		size_t n = length - done < chain->out[i].iov_len ? length - done : chain->out[i].iov_len;

		memcpy((char *)data + done, chain->out[i].iov_base, n);
		done += n;
	}
	return done;
}
