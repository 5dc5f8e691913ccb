// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest RAM and other memfds.
 *
 * Calls after start-up: none
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/ram.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL	0x0008U
#endif
#ifndef MFD_EXEC
#define MFD_EXEC	0x0010U
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

#define HUGE		(2UL << 20)

static int create(const char *name, bool executable)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd;

	fd = memfd_create(name, flags | (executable ? MFD_EXEC : MFD_NOEXEC_SEAL));
	if (fd < 0 && errno == EACCES)
		fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, flags);
	return fd;
}

static int give_up(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
	return -1;
}

int memfd_make(const char *name, uint64_t size, bool executable)
{
	int fd = create(name, executable);

	if (fd < 0)
		return -1;
	if (ftruncate(fd, size) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))
		return give_up(fd);
	return fd;
}

int memfd_constant(const char *name, const void *data, size_t length)
{
	int fd = create(name, false);

	if (fd < 0)
		return -1;
	errno = EIO;
	if (pwrite(fd, data, length, 0) != (ssize_t)length ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))
		return give_up(fd);
	return fd;
}

int ram_make(struct ram *ram, uint64_t size, struct error *error)
{
	uint8_t *area;

	ram->size = size;
	ram->fd = memfd_make("lol-ram", size, true);
	if (ram->fd < 0)
		return error_errno(error, "guest memory of %llu MiB", (unsigned long long)size >> 20);
	area = mmap(NULL, size + HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED)
		return error_errno(error, "address space for %llu MiB of guest memory",
				   (unsigned long long)size >> 20);
	ram->base = (uint8_t *)(((uintptr_t)area + HUGE - 1) & -HUGE);
	if (mmap(ram->base, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, ram->fd, 0) == MAP_FAILED)
		return error_errno(error, "mapping %llu MiB of guest memory", (unsigned long long)size >> 20);
	/* Guest memory is the guest's business: neither core dumps nor children need it. */
	madvise(ram->base, size, MADV_DONTDUMP);
	madvise(ram->base, size, MADV_DONTFORK);
	return 0;
}

void ram_collapse(struct ram *ram, uint64_t start, uint64_t end)
{
	uint64_t at;

	if (end - start < HUGE)
		return;
	start &= -HUGE;
	end = (end + HUGE - 1) & -HUGE;
	if (end > ram->size)
		end = ram->size & -HUGE;
	/* A hole cannot be collapsed; one page of it present is enough. */
	for (at = start; at < end; at += HUGE)
		*(volatile uint8_t *)(ram->base + at) = 0;
	madvise(ram->base + start, end - start, MADV_COLLAPSE);
}
