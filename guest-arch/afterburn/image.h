/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef AFTERBURN_IMAGE_H
#define AFTERBURN_IMAGE_H

#include <libelf.h>
#include <stddef.h>
#include <stdint.h>
#include <lol/site.h>

/*
 * What the checker wants to know of an ELF file.  Addresses are virtual in a
 * linked file, section offsets in a relocatable one.
 */
struct image_text {		/* an executable section */
	size_t section;
	uint64_t address, size;
	const uint8_t *data;
};

struct image_symbol {		/* sorted by section, address */
	size_t section;
	uint64_t address, size;
	const char *name;
	int object;
};

struct image_site {		/* sorted by section, address */
	size_t section;
	uint64_t address;
	struct lol_site record;
	int seen;
};

struct image {
	const char *path;
	int fd, relocatable;
	Elf *elf;
	size_t names;		/* section of section names */
	struct image_text *texts;
	struct image_symbol *symbols;
	struct image_site *sites;
	size_t nr_texts, nr_symbols, nr_sites;
};

int image_open(struct image *image, const char *path);
void image_close(struct image *image);

const char *image_section_name(const struct image *image, size_t section);
size_t image_first_symbol(const struct image *image, size_t section);
const struct image_symbol *image_symbol_at(const struct image *image, size_t section,
					   uint64_t address);
struct image_site *image_site_at(const struct image *image, size_t section, uint64_t address);
void image_relocations(const struct image *image,
		       void (*bad)(const struct image *, size_t section, uint64_t offset,
				   const char *what));

#endif
