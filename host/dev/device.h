/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_DEV_DEVICE_H
#define HOST_DEV_DEVICE_H

#include <stdint.h>

/*
 * A device as the machine sees it: one page of registers and one interrupt
 * vector.  Accesses come from the guest, one at a time, with an offset below
 * 0x1000 and a size of 1, 2, 4 or 8; anything else about them is hostile.
 */
struct device {
	uint64_t address;	/* guest-physical of the window */
	unsigned int vector;
	uint64_t (*read)(struct device *device, uint64_t offset, unsigned int size);
	void (*write)(struct device *device, uint64_t offset, unsigned int size, uint64_t value);
};

#endif
