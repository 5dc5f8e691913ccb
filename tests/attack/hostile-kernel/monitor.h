/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_TEST_MONITOR_H
#define LOL_TEST_MONITOR_H

/*
 * Attacks on the host's side of what a guest kernel shares with it: monitor and
 * zygote.  The kernel does not wait for an answer, but goes on writing, so it is the
 * second thread that a double fetch takes.
 */
#include "syscall-bridge/roles.h"
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>

static struct lol_vcpu *const vcpu = (struct lol_vcpu *)LOL_VCPU_PAGE;
static struct lol_state *const state = (struct lol_state *)LOL_WEDGE_STATE;

#define SET(field, value)	__atomic_store_n(&(field), (value), __ATOMIC_SEQ_CST)

static void wait(u64 loops)
{
	for (volatile u64 i = 0; i < loops; i++)
		;
}

static u64 ticks(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return low | (u64)high << 32;
}

/* The monitor raises the timer's interrupt: a deadline that has passed when it is set would stay with the wedge. */
static void timer_interrupt(void)
{
	wrmsr(0x6e0, ticks() + (1 << 20));
	for (int i = 0; i < 10000 && vcpu->tsc_deadline; i++)
		wait(10000);
}

/* A host call that the filter passes, by a syscall instruction of the wedge's before a return. */
static long host_call(u64 nr, u64 a, u64 b, u64 c)
{
	const u8 *text = (const u8 *)LOL_WEDGE_TEXT;
	register u64 r9 asm("r9") = LOL_COOKIE;
	register u64 r10 asm("r10") = 0;
	static u64 gadget;
	long ret;

	for (u64 i = 0; i < 0x8000 && !gadget; i++)
		if (text[i] == 0x0f && text[i + 1] == 0x05 && text[i + 2] == 0xc3)
			gadget = LOL_WEDGE_TEXT + i;
	asm volatile("call *%1" : "=a"(ret)
		     : "r"(gadget), "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r9) : "rcx", "r11", "memory");
	return ret;
}

static void ring_bell(void)
{
	u64 one = 1;

	host_call(1, LOL_FD_EVENT, (u64)&one, 8);
}

/* A request without the wedge's help; nobody waits for the answer. */
static void post(u32 reason, u64 a0, u64 a1, u64 a2)
{
	vcpu->exit.reason = reason;
	vcpu->exit.arg[0] = a0;
	vcpu->exit.arg[1] = a1;
	vcpu->exit.arg[2] = a2;
	SET(vcpu->exit.state, LOL_EXIT_REQUESTED);
	ring_bell();
}

static void await(void)
{
	while (__atomic_load_n(&vcpu->exit.state, __ATOMIC_ACQUIRE) == LOL_EXIT_REQUESTED)
		;
}

static u32 mmio_read(u64 at)
{
	post(LOL_EXIT_MMIO_READ, at, 4, 0);
	await();
	return vcpu->exit.result;
}

static void mmio_write(u64 at, u32 value)
{
	post(LOL_EXIT_MMIO_WRITE, at, 4, value);
	await();
}

/* Everything that is shared with the monitor, while it reads it. */
static void shared_noise(u64 pid)
{
	struct lol_boot *boot = (struct lol_boot *)(LOL_DIRECT_MAP + LOL_GPA_BOOT);
	u32 reason;

	put("making noise\n");
	for (u32 i = 1; i < LOL_MAX_SPACES; i++) {
		struct lol_space *space = lol_state_space(state, i);

		space->pid = pid;
		space->state = LOL_SPACE_BOUND;
		space->lock = space->nr_flushes = random();
	}
	SET(vcpu->holder, 5);
	for (u64 i = 0; i < sizeof(*boot) / 8; i++)
		((u64 *)boot)[i] = random();
	for (u64 i = 0; i < sizeof(struct lol_clock) / 8; i++)
		((u64 *)(LOL_DIRECT_MAP + LOL_GPA_CLOCK))[i] = random();
	for (int i = 0; i < 4000; i++) {
		struct lol_exit *e = &vcpu->exit;

		reason = i < 1000 ? (u32)LOL_EXIT_KILL : random() % 12;
		if (reason == LOL_EXIT_SHUTDOWN || reason == LOL_EXIT_BROKEN || reason == LOL_EXIT_HOST ||
		    reason == LOL_EXIT_SPACE || reason == LOL_EXIT_NONE || reason == 11)
			continue;	/* the end of the guest */
		for (int k = 0; k < 5; k++)
			e->arg[k] = i < 1000 ? (u64)(i + 1) : random();
		if (random() & 1) {	/* nearly right ones */
			e->arg[0] = reason == LOL_EXIT_SITES ? random() & 1 : LOL_GPA_DEVICES + (random() & 0x3fff);
			e->arg[1] = 1 << (random() & 3);
		}
		for (int k = 0; k < LOL_EXIT_TEXT / 8; k++)
			((u64 *)e->text)[k] = 0x0a2e2e2e2e2e2e2eULL;
		SET(vcpu->holder, random() & 1 ? 5 : random());
		e->reason = reason;
		SET(e->state, LOL_EXIT_REQUESTED);
		ring_bell();
		for (int k = 0; k < 200 && e->state == LOL_EXIT_REQUESTED; k++) {
			if (!(i & 3)) {	/* it changes while it is read */
				e->arg[0] ^= 1ULL << (k & 63);
				e->arg[1] ^= k & 15;
			}
			wait(50);
		}
		if (i & 8)
			await();
	}
	SET(vcpu->holder, 5);	/* a timer interrupt would kick the stranger */
	SET(vcpu->kicked, 0);
	timer_interrupt();
	put("survived\n");
}

/* A deadline that is another one at each look. */
static void restless_timer(void)
{
	put("restless\n");
	for (;;) {
		wrmsr(0x6e0, ticks() + (1 << 20));
		for (int i = 0; i < 1000000; i++)
			SET(vcpu->tsc_deadline, ticks() + (1ULL << 34));
	}
}

/* ---- virtqueues ---- */

#define QUEUE_SIZE	256
#define RINGS		0x800000	/* guest-physical */

static struct vring_desc *const desc = (struct vring_desc *)(LOL_DIRECT_MAP + RINGS);
static u16 *const avail = (u16 *)(LOL_DIRECT_MAP + RINGS + 0x2000);

static u32 queue_size;

/* The register window of the device with this id, its queue 0 in use; 0: there is none. */
static u64 start_device(u32 id, u32 queue)
{
	for (u64 at = LOL_GPA_DEVICES; at < LOL_GPA_DEVICES + 0x8000; at += 0x1000) {
		if (mmio_read(at + VIRTIO_MMIO_DEVICE_ID) != id)
			continue;
		mmio_write(at + VIRTIO_MMIO_STATUS, 0);
		mmio_write(at + VIRTIO_MMIO_STATUS, 3);
		mmio_write(at + VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
		mmio_write(at + VIRTIO_MMIO_DRIVER_FEATURES, 1);
		mmio_write(at + VIRTIO_MMIO_STATUS, 11);
		mmio_write(at + VIRTIO_MMIO_QUEUE_SEL, queue);
		queue_size = mmio_read(at + VIRTIO_MMIO_QUEUE_NUM_MAX);
		if (queue_size > QUEUE_SIZE)
			queue_size = QUEUE_SIZE;
		mmio_write(at + VIRTIO_MMIO_QUEUE_NUM, queue_size);
		mmio_write(at + VIRTIO_MMIO_QUEUE_DESC_LOW, RINGS);
		mmio_write(at + VIRTIO_MMIO_QUEUE_AVAIL_LOW, RINGS + 0x2000);
		mmio_write(at + VIRTIO_MMIO_QUEUE_USED_LOW, RINGS + 0x3000);
		mmio_write(at + VIRTIO_MMIO_QUEUE_READY, 1);
		mmio_write(at + VIRTIO_MMIO_STATUS, 15);
		return mmio_read(at + VIRTIO_MMIO_QUEUE_READY) ? at : 0;
	}
	return 0;
}

/* A ring that never becomes empty. */
static void endless_ring(u32 id, u32 queue)
{
	u64 at = start_device(id, queue);

	desc[0] = (struct vring_desc){ .addr = 0x900000, .len = id == 4 ? 4096 : 0,	/* output: of nothing */
				   .flags = id == 4 ? VRING_DESC_F_WRITE : 0 };
	for (int i = 0; i < QUEUE_SIZE; i++)
		avail[2 + i] = 0;
	put(at ? "restless\n" : "no device\n");
	for (volatile u16 *used = (u16 *)(LOL_DIRECT_MAP + RINGS + 0x3000);;) {
		SET(avail[1], (u16)(used[1] + queue_size));
		post(LOL_EXIT_MMIO_WRITE, at + VIRTIO_MMIO_QUEUE_NOTIFY, 4, queue);
		while (__atomic_load_n(&vcpu->exit.state, __ATOMIC_ACQUIRE) == LOL_EXIT_REQUESTED)
			SET(avail[1], (u16)(used[1] + queue_size));
	}
}

/* Descriptors and rings that change while the monitor walks them. */
static void shifting_rings(u32 id, u32 queue)
{
	u64 at = start_device(id, queue), ram_end = ((struct lol_boot *)(LOL_DIRECT_MAP + LOL_GPA_BOOT))->ram[0].size;

	put(at ? "shifting\n" : "no device\n");
	for (int i = 0; i < (id == 4 ? 3000 : 300); i++) {
		for (int k = 0; k < QUEUE_SIZE; k++) {
			desc[k] = (struct vring_desc){
				.addr = k & 1 ? ram_end - (random() & 0x1fff) : random(),
				.len = random() >> (random() & 63), .flags = random() & 7, .next = random() & 0x1ff,
			};
			if (k & 2)
				desc[k] = (struct vring_desc){ 0x900000, 64, VRING_DESC_F_NEXT, (k + 1) & 255 };
			avail[2 + k] = random() & 0x1ff;
		}
		SET(avail[1], (u16)random());
		post(LOL_EXIT_MMIO_WRITE, at + VIRTIO_MMIO_QUEUE_NOTIFY, 4, queue);
		for (u32 k = 0; vcpu->exit.state == LOL_EXIT_REQUESTED; k++) {
			desc[k & 255].addr ^= k & 1 ? ~0ULL << 20 : 1ULL << 63;
			desc[k & 255].len ^= 0xffff0000;
			desc[k & 255].next ^= 0x100;
			SET(avail[1], (u16)(avail[1] + 1));
		}
		if (!(i & 7))
			at = start_device(id, queue);
	}
	put("survived\n");
}

/* ---- the zygote ---- */

/* Runs in whatever process was led here: harms the host, if that has no filter. */
static u64 stranger;

static void harm(void)
{
	static const char path[] = "canary/was-here";
	long ret;

	asm volatile("syscall" : "=a"(ret) : "a"(2L), "D"(path), "S"(0102L), "d"(0600L) : "rcx", "r11", "memory");
	asm volatile("syscall" : "=a"(ret) : "a"(62L), "D"(stranger), "S"(10L) : "rcx", "r11", "memory");
	for (;;)
		asm volatile("syscall" : "=a"(ret) : "a"(231L), "D"(0L) : "rcx", "r11", "memory");
}

/*
 * The zygote makes processes, so it has no filter, and it reads what this kernel can
 * write.  Whatever it finds there, it must not fault, or if it does must not take
 * that for an event of the guest and go on where the guest's IDT says.
 */
static void mislead_zygote(void)
{
	static const u32 numbers[] = { 0x70000000, ~0U, 0x08000000, 0x7fffffff };
	struct lol_space *space = lol_state_space(state, 5);
	u64 at = (u64)harm;

	for (int i = 0; i < 32; i++) {
		idt[i].low = at;
		idt[i].middle = at >> 16;
		idt[i].high = at >> 32;
	}
	for (int i = 0; i < 400; i++) {
		space->pid = stranger;
		space->vcpu = 0;
		space->root = 0x123000;
		space->state = LOL_SPACE_BOUND;
		service(LOL_SERVICE_ROOT_GONE, 0x123000, 0, 0, 0);	/* wakes it */
		SET(vcpu->cpl, 3);
		SET(vcpu->number, numbers[i % 4]);
		if (i & 4)		/* slots that are not there */
			SET(state->max_spaces, 0x1000000U << (i % 8));
		wait(300000);
		SET(vcpu->cpl, 0);
		SET(vcpu->number, 0);
		SET(state->max_spaces, LOL_MAX_SPACES);
	}
	put("survived\n");
}

/* Slots are free again and again, while their processes live. */
static void many_processes(void)
{
	put("making processes\n");
	SET(state->spare_spaces, LOL_MAX_SPACES);
	for (int i = 0; i < 3000; i++) {
		for (u32 slot = 1; slot < LOL_MAX_SPACES; slot++) {
			struct lol_space *space = lol_state_space(state, slot);

			if (slot != vcpu->holder && space->state == LOL_SPACE_READY)
				SET(space->state, LOL_SPACE_FREE);
		}
		__atomic_add_fetch(&state->wanted, 1, __ATOMIC_SEQ_CST);
		host_call(202, (u64)&state->wanted, 1, 0x7fffffff);
		wait(100000);
	}
	put("survived\n");
}

#endif
