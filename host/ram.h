/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_RAM_H
#define HOST_RAM_H

#include <stdbool.h>
#include <stdint.h>

#include "host/base/error.h"

/* Guest RAM: guest-physical 0 .. size, one memfd. */
struct ram {
	int fd;
	uint8_t *base;		/* the monitor's mapping, aligned to 2 MiB */
	uint64_t size;
};

/**
 * memfd_make - a memfd of fixed size
 * @name: for /proc
 * @size: bytes
 * @executable: it will be mapped executable
 *
 * Sealed against growing, shrinking and further seals.  Hosts before 6.3 do not
 * know MFD_EXEC; hosts with vm.memfd_noexec=2 refuse it, but allow executable
 * mappings of a memfd that cannot itself be executed.
 *
 * Return: a close-on-exec descriptor, or -1 with errno.
 */
int memfd_make(const char *name, uint64_t size, bool executable);

/**
 * memfd_constant - a memfd whose content cannot be changed by anybody
 * @name: for /proc
 * @data: content
 * @length: of it, in bytes
 *
 * Return: a close-on-exec descriptor, or -1 with errno.
 */
int memfd_constant(const char *name, const void *data, size_t length);

/** ram_make - create and map guest RAM of @size bytes; 0 or -1 with @error */
int ram_make(struct ram *ram, uint64_t size, struct error *error);

/**
 * ram_at - the monitor's view of guest-physical memory
 * @ram: guest RAM
 * @address: guest-physical, from anywhere
 * @size: bytes
 *
 * Return: a pointer to @size bytes, or NULL where they are not all RAM.
 */
static inline void *ram_at(const struct ram *ram, uint64_t address, uint64_t size)
{
	if (address > ram->size || size > ram->size - address)
		return (void *)0;
	return ram->base + address;
}

/**
 * ram_collapse - ask for huge pages where a kernel image will be loaded
 * @ram: guest RAM
 * @start: guest-physical
 * @end: guest-physical
 *
 * Each new space maps an image of huge pages about 40 times cheaper.  Failure
 * costs nothing but that, so it is ignored.
 */
void ram_collapse(struct ram *ram, uint64_t start, uint64_t end);

#endif
