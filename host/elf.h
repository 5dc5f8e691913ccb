/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_ELF_H
#define HOST_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/base/error.h"

#define ELF_MAX_SEGMENTS	16

/* Where the bytes of a file come from: a descriptor, or memory in tests. */
struct elf_source {
	/* reads exactly @size bytes at @offset; -1: cannot */
	int (*read)(const struct elf_source *source, uint64_t offset, void *to, size_t size);
	uint64_t size;		/* of the file */
	const void *data;
	int fd;
};

struct elf_segment {
	uint64_t offset;	/* in the file */
	uint64_t file_size;	/* bytes from the file, */
	uint64_t size;		/* then zeroes up to this */
	uint64_t address;	/* guest-physical */
};

struct elf_image {
	uint64_t entry;		/* guest-virtual */
	uint64_t start, end;	/* guest-physical span of all segments */
	unsigned int nr_segments;
	struct elf_segment segment[ELF_MAX_SEGMENTS];
	bool has_version;
	uint32_t version;	/* of the contract */
	uint64_t sites, sites_end;	/* guest-virtual bounds of the site records; equal: none */
};

/**
 * elf_parse - read the headers of a guest kernel
 * @source: the file; nothing in it is trusted
 * @limit: segments must end at or below this guest-physical address
 * @image: gets the result
 * @error: gets the reason, without the file's name
 *
 * Return: 0, or -1.
 */
int elf_parse(const struct elf_source *source, uint64_t limit, struct elf_image *image,
	      struct error *error);

/** elf_source_fd - a source that reads an open file of @size bytes */
struct elf_source elf_source_fd(int fd, uint64_t size);

/** elf_source_memory - a source that reads memory */
struct elf_source elf_source_memory(const void *data, size_t size);

#endif
