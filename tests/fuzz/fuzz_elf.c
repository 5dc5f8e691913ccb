// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reader of guest kernels: the input is the file.  What it accepts lies in the
 * file and in guest memory, above the monitor's part of it, without overlaps; what
 * it refuses it refuses with one line.
 */
#include "host/elf.h"
#include "tests/fuzz/fuzz.h"
#include <lol/layout.h>

#define LIMIT	(64ULL << 20)

static void check_image(const struct elf_image *image, size_t size)
{
	uint64_t start = ~0ULL, end = 0;
	unsigned int i, j;

	check(image->nr_segments && image->nr_segments <= ELF_MAX_SEGMENTS && image->has_version);
	for (i = 0; i < image->nr_segments; i++) {
		const struct elf_segment *s = &image->segment[i];

		check(s->size && s->file_size <= s->size);
		check(s->offset <= size && s->file_size <= size - s->offset);
		check(s->address >= LOL_GPA_KERNEL && s->address < LIMIT && s->size <= LIMIT - s->address);
		for (j = 0; j < i; j++)
			check(s->address >= image->segment[j].address + image->segment[j].size ||
			      image->segment[j].address >= s->address + s->size);
		start = s->address < start ? s->address : start;
		end = s->address + s->size > end ? s->address + s->size : end;
	}
	check(image->start == start && image->end == end);
	check(image->entry >= LOL_KERNEL_MAP + start && image->entry < LOL_KERNEL_MAP + end);
	check(image->sites <= image->sites_end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_source source = elf_source_memory(data, size);
	struct elf_image image;
	struct error error = { "" };

	if (!elf_parse(&source, LIMIT, &image, &error))
		check_image(&image, size);
	else
		check(*error.text && !strchr(error.text, '\n') && strlen(error.text) < sizeof(error.text));
	return 0;
}
