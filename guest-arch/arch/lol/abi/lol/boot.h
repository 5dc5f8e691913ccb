/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_BOOT_H
#define LOL_BOOT_H

#include <linux/types.h>

/*
 * What the monitor tells the guest kernel.  The kernel is entered in 64-bit
 * mode at its ELF entry point, interrupts off, with rsi holding the
 * guest-physical address of struct lol_boot, and with page tables that map the
 * image at LOL_KERNEL_MAP and all RAM at LOL_DIRECT_MAP, everything writable
 * and executable.  No stack is provided.
 */

#define LOL_BOOT_MAGIC		0x746f6f626c6f6cULL	/* "lolboot" */
#define LOL_BOOT_MAX_RAM	8
#define LOL_BOOT_MAX_DEVICES	32
#define LOL_BOOT_COMMAND_LINE	2048

struct lol_range {
	__u64 start;		/* guest-physical */
	__u64 size;		/* bytes; 0: absent */
};

enum lol_device_kind {
	LOL_DEVICE_NONE,
	LOL_DEVICE_VIRTIO_MMIO,
};

struct lol_boot_device {
	__u32 kind;		/* enum lol_device_kind */
	__u32 vector;		/* interrupt vector it raises, on vCPU 0 */
	struct lol_range window;	/* register window, not RAM */
};

/* Written by the monitor before the first instruction, read by the guest kernel. */
struct lol_boot {
	__u64 magic;		/* LOL_BOOT_MAGIC */
	__u32 version;		/* LOL_ABI_VERSION */
	__u32 size;		/* of this struct */
	__u32 nr_ram;
	__u32 nr_vcpus;
	__u32 nr_devices;
	__u32 reserved;
	struct lol_range ram[LOL_BOOT_MAX_RAM];
	struct lol_range kernel;	/* the loaded image */
	struct lol_range initrd;	/* page aligned start; size in bytes */
	struct lol_range tables;	/* the page tables of the entry state; free once unused */
	__u64 clock;		/* guest-physical of struct lol_clock */
	__u64 xsave_mask;	/* state components the guest may save and restore */
	__u32 xsave_size;	/* bytes of an XSAVE area (standard format) for that mask */
	__u32 timer_vector;	/* vector of the TSC deadline timer */
	__u64 entropy[4];	/* random, to seed the guest's generator */
	struct lol_boot_device devices[LOL_BOOT_MAX_DEVICES];
	char command_line[LOL_BOOT_COMMAND_LINE];	/* NUL terminated */
};

/*
 * The clock page: sequence-locked, written by the monitor, read by the guest
 * kernel and, through its vDSO, by guest user code.  An odd seq means that a
 * write is in progress.
 *
 *   monotonic_ns = ns + (((unsigned __int128)(rdtsc - tsc) * mult) >> 32)
 *   realtime_ns  = monotonic_ns + wall_offset_ns
 *
 * But for stolen: time that passed while a vCPU had something to run and the host
 * had no process ready to run it in.  Written by the wedge, by whoever runs vCPU n
 * at the moment, outside of seq: each word is aligned, has one writer, and never
 * decreases.  Read by the guest kernel.  A guest kernel can write all of this page,
 * and so deceive itself; the monitor reads nothing here.
 */
#define LOL_MAX_VCPUS	32

struct lol_clock {
	__u32 seq;
	__u32 tsc_khz;		/* for information: TSC ticks per millisecond */
	__u64 tsc;		/* TSC value at the last update */
	__u64 ns;		/* host CLOCK_MONOTONIC at that moment, less the guest's start */
	__u64 mult;		/* nanoseconds per TSC tick, 32.32 fixed point */
	__u64 wall_offset_ns;	/* CLOCK_REALTIME of the guest's time zero */
	__u64 stolen[LOL_MAX_VCPUS];	/* nanoseconds; 0 on a monitor that does not count them */
};

/* One read-only page at LOL_USER_PAGE of every space: what user code may know of its vCPU. */
struct lol_user_page {
	__u32 version;		/* LOL_ABI_VERSION */
	__u32 vcpu;		/* number of the vCPU that runs this space */
};

#endif
