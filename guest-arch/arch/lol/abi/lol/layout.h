/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_LAYOUT_H
#define LOL_LAYOUT_H

/*
 * The address space of a lol machine: 47 bits, because the upper half belongs
 * to the host.  Plain numbers, for C, assembler and linker scripts alike.
 *
 *   0x0000_0000_0000  64 KiB never mapped (the host's vm.mmap_min_addr)
 *   0x0000_0001_0000  64 KiB of the wedge's, in every space: first the user page
 *   0x0000_0002_0000  guest user
 *   0x6000_0000_0000  guest kernel: direct map of RAM
 *   0x6800_0000_0000  guest kernel: vmalloc, ioremap
 *   0x77ff_ff00_0000  the wedge's: the vCPU page, within 2 GiB of what follows
 *   0x7800_0000_0000  guest kernel: image, then modules
 *   0x7c00_0000_0000  wedge: text, data, shared state, window on guest RAM
 *   0x7e00_0000_0000  the host's leavings (vdso where it is sealed)
 */
#define LOL_WEDGE_LOW		0x0000000000010000
#define LOL_USER_PAGE		0x0000000000010000	/* struct lol_user_page, read-only */
#define LOL_USER_START		0x0000000000020000
#define LOL_USER_END		0x0000600000000000	/* TASK_SIZE */

#define LOL_DIRECT_MAP		0x0000600000000000
#define LOL_DIRECT_MAP_END	0x0000680000000000
#define LOL_VMALLOC_START	0x0000680000000000
#define LOL_VMALLOC_END		0x0000700000000000
#define LOL_KERNEL_MAP		0x0000780000000000	/* guest-virtual of the image = this + guest-physical */
#define LOL_KERNEL_MAP_SIZE	0x0000000040000000	/* 1 GiB */
#define LOL_MODULES_START	0x0000780040000000
#define LOL_MODULES_END		0x0000780070000000
#define LOL_KERNEL_START	LOL_DIRECT_MAP		/* the kernel half */
#define LOL_KERNEL_END		0x0000780080000000

/* Inside the kernel half and not the guest's: the virtual MMU never maps here. */
#define LOL_NEAR_START		0x000077ffff000000
#define LOL_VCPU_PAGE		0x000077ffff000000	/* struct lol_vcpu of the running vCPU */
#define LOL_NEAR_END		0x0000780000000000

#define LOL_WEDGE_START		0x00007c0000000000
#define LOL_WEDGE_TEXT		0x00007c0000000000
#define LOL_WEDGE_VCPU		0x00007c0008000000	/* second view of the vCPU page, near the wedge */
#define LOL_WEDGE_STATE		0x00007c0010000000	/* the shared state, see syscall-bridge/state.h */
#define LOL_WEDGE_RAM		0x00007d0000000000	/* window on guest RAM: this + guest-physical */
#define LOL_WEDGE_END		0x00007e0000000000

/* Guest-physical addresses.  RAM starts at 0 and is contiguous. */
#define LOL_GPA_BOOT		0x1000			/* struct lol_boot */
#define LOL_GPA_CLOCK		0x2000			/* struct lol_clock */
#define LOL_GPA_RESERVED_END	0x10000			/* RAM below is the monitor's */
#define LOL_GPA_KERNEL		0x200000		/* lowest load address of an image */
#define LOL_GPA_DEVICES		0x0000010000000000	/* device windows: 1 TiB, one page each */
#define LOL_RAM_MAX		0x0000010000000000

/* Selectors are facts of the host (user) or of the manuals' (kernel). */
#define LOL_KERNEL_CS		0x10
#define LOL_KERNEL_DS		0x18
#define LOL_USER_CS		0x33
#define LOL_USER_DS		0x2b

#endif
