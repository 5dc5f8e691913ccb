// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loader: kernel by the physical addresses of its segments, initial file system
 * below the page tables, which boot.c puts at the top of RAM.
 *
 *	0	2 MiB			      size
 *	| monitor | kernel ...   initrd | tables |
 *
 * Calls after start-up: none
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/load.h"

#define PAGE	0x1000UL

static int open_file(const char *path, uint64_t *size, struct error *error)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);	/* a FIFO would wait */

	if (fd < 0)
		return error_errno(error, "%s", path);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return error_set(error, "%s: not a regular file", path);
	}
	*size = st.st_size;
	return fd;
}

static int load_segments(struct vm *vm, const struct elf_source *source, struct error *error)
{
	unsigned int i;

	ram_collapse(&vm->ram, vm->image.start, vm->image.end);
	for (i = 0; i < vm->image.nr_segments; i++) {
		const struct elf_segment *s = &vm->image.segment[i];
		void *to = ram_at(&vm->ram, s->address, s->size);

		if (!to || source->read(source, s->offset, to, s->file_size))
			return error_set(error, "cannot be read");
		/* The rest is zero: RAM is fresh. */
	}
	return 0;
}

int load_kernel(struct vm *vm, const char *path, struct error *error)
{
	struct error reason;
	struct elf_source source;
	uint64_t size;
	int fd, failed;

	fd = open_file(path, &size, error);
	if (fd < 0)
		return -1;
	source = elf_source_fd(fd, size);
	failed = elf_parse(&source, vm->ram.size, &vm->image, &reason) ||
		 load_segments(vm, &source, &reason);
	close(fd);
	return failed ? error_set(error, "%s: %s", path, reason.text) : 0;
}

int load_initrd(struct vm *vm, const char *path, const void *extra, size_t extra_size,
		struct error *error)
{
	uint64_t size = 0, padded, total, start;
	struct elf_source source;
	uint8_t *to;
	int fd = -1, failed;

	if (path) {
		fd = open_file(path, &size, error);
		if (fd < 0)
			return -1;
	}
	padded = extra_size ? (size + PAGE - 1) & -PAGE : size;
	total = padded + extra_size;
	if (!total)
		return 0;
	start = vm->tables.start;
	if (total > start || ((start - total) & -PAGE) < vm->image.end) {
		if (fd >= 0)
			close(fd);
		return error_set(error, "%s: %llu KiB do not fit into guest memory (more --memory?)",
				 path ? path : "command", (unsigned long long)total >> 10);
	}
	start = (start - total) & -PAGE;
	to = ram_at(&vm->ram, start, total);
	if (fd >= 0) {
		source = elf_source_fd(fd, size);
		failed = source.read(&source, 0, to, size);
		close(fd);
		if (failed)
			return error_set(error, "%s: cannot be read", path);
	}
	if (extra_size)
		memcpy(to + padded, extra, extra_size);
	vm->initrd = (struct lol_range){ start, total };
	return 0;
}
