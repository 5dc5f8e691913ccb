// SPDX-License-Identifier: GPL-2.0-only
/*
 * Split virtqueues: the input is a queue as the driver may set it up, and RAM.
 * Whatever is there, taking buffers ends; a buffer lies in RAM and is what a plain
 * reading of the ring says; nothing but the used ring and buffers is written.
 */
#include <linux/virtio_ring.h>
#include "host/dev/virtqueue.h"
#include "tests/fuzz/fuzz.h"

#define SIZE	16384UL

static struct ram ram;

static uint64_t number(uint64_t at, unsigned int bytes)
{
	uint64_t n = 0;

	memcpy(&n, ram.base + at, bytes);
	return n;
}

static bool inside(uint64_t at, uint64_t size)
{
	return at <= SIZE && size <= SIZE - at;
}

/* What virtqueue_pop() must say: 1 with the chain's head and sizes, 0 or -1. */
static int expected(const struct virtqueue *q, uint16_t *head, uint64_t size[2], unsigned int nr[2])
{
	uint64_t at, seen = 0;
	uint16_t i, flags;

	size[0] = size[1] = nr[0] = nr[1] = 0;
	if (!q->ready)
		return 0;
	if (q->avail % 2 || !inside(q->avail, 4 + 2 * q->size) || q->desc % 16 || !inside(q->desc, 16 * q->size))
		return -1;
	if ((uint16_t)number(q->avail + 2, 2) == q->last_avail)
		return 0;
	if ((uint16_t)(number(q->avail + 2, 2) - q->last_avail) > q->size)
		return -1;
	*head = i = number(q->avail + 4 + 2 * (q->last_avail % q->size), 2);
	do {
		if (i >= q->size || seen++ == q->size)
			return -1;
		at = q->desc + 16 * i;
		flags = number(at + 12, 2);
		if (flags & VRING_DESC_F_INDIRECT || !inside(number(at, 8), number(at + 8, 4)))
			return -1;
		if (!(flags & VRING_DESC_F_WRITE) && nr[1])
			return -1;
		if (nr[!!(flags & VRING_DESC_F_WRITE)]++ == VIRTQUEUE_MAX_SEGMENTS)
			return -1;
		size[!!(flags & VRING_DESC_F_WRITE)] += number(at + 8, 4);
		i = number(at + 14, 2);
	} while (flags & VRING_DESC_F_NEXT);
	return 1;
}

static void check_segments(const struct iovec *v, unsigned int n)
{
	for (; n; n--, v++)
		check(inside((uint8_t *)v->iov_base - ram.base, v->iov_len));
}

/* Bytes that may have changed: the used ring and the in part. */
static void forget(const struct virtqueue *q, const struct virtqueue_chain *chain, uint8_t *before)
{
	unsigned int i;

	if (inside(q->used, 4 + 8 * q->size))
		memcpy(before + q->used, ram.base + q->used, 4 + 8 * q->size);
	for (i = 0; i < chain->nr_in; i++)
		memcpy(before + ((uint8_t *)chain->in[i].iov_base - ram.base), chain->in[i].iov_base,
		       chain->in[i].iov_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t before[SIZE], bytes[SIZE];
	static struct virtqueue_chain chain;
	struct input in = { data, size };
	struct virtqueue q = { .ready = true };
	unsigned int nr[2], i;
	uint64_t sizes[2];
	uint16_t head = 0;
	int want, got;

	if (!ram.base)
		ram = (struct ram){ .base = guarded(SIZE), .size = SIZE };
	q.size = 1U << TAKE(&in, uint8_t) % 9;
	q.desc = TAKE(&in, uint32_t);
	q.avail = TAKE(&in, uint32_t);
	q.used = TAKE(&in, uint32_t);
	q.last_avail = TAKE(&in, uint16_t);
	q.used_index = TAKE(&in, uint16_t);
	for (i = 0; in.size && i < SIZE; i += in.size)
		memcpy(ram.base + i, in.data, in.size < SIZE - i ? in.size : SIZE - i);
	if (!in.size)
		memset(ram.base, 0, SIZE);

	/* writing into buffers may offer new ones, for ever, as a driver may */
	for (i = 0; i < 600; i++) {
		memcpy(before, ram.base, SIZE);
		want = expected(&q, &head, sizes, nr);
		got = virtqueue_pop(&ram, &q, &chain);
		check(got == want);
		if (got != 1)
			break;
		check(chain.head == head && chain.nr_out == nr[0] && chain.nr_in == nr[1]);
		check(chain.out_size == sizes[0] && chain.in_size == sizes[1]);
		check_segments(chain.out, chain.nr_out);
		check_segments(chain.in, chain.nr_in);
		check(virtqueue_copy_out(&chain, bytes, sizeof(bytes)) ==
		      (chain.out_size < sizeof(bytes) ? chain.out_size : sizeof(bytes)));
		check(virtqueue_copy_in(&chain, "0123456789", 10) == (chain.in_size < 10 ? chain.in_size : 10));
		virtqueue_push(&ram, &q, chain.head, 10);
		forget(&q, &chain, before);
		check(!memcmp(before, ram.base, SIZE));
	}
	virtqueue_want_notify(&ram, &q, i & 1);
	return 0;
}
