// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checker's view of an ELF file: executable sections, symbols, site records.
 *
 * In a linked file the records lie where the note LOL_NOTE_SITES says, or in a
 * section of their own.  In a module they are still to be relocated: the place
 * of a site is the target of the relocation of its record.
 */
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <lol/version.h>
#include "guest-arch/afterburn/image.h"

static int fail(const struct image *image, const char *what)
{
	fprintf(stderr, "%s: %s\n", image->path, what);
	return -1;
}

static void *grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	array = realloc(array, (count ? count * 2 : 1) * size);
	if (!array) {
		fprintf(stderr, "check: out of memory\n");
		exit(2);
	}
	return array;
}

/**
 * image_section_name() - name of a section, for messages
 * @image: the file
 * @section: its number
 */
const char *image_section_name(const struct image *image, size_t section)
{
	Elf_Scn *scn = elf_getscn(image->elf, section);
	const char *name;
	GElf_Shdr shdr;

	if (!scn || !gelf_getshdr(scn, &shdr))
		return "?";
	name = elf_strptr(image->elf, image->names, shdr.sh_name);
	return name ? name : "?";
}

static void add_text(struct image *image, size_t section, const GElf_Shdr *shdr,
		     const Elf_Data *data)
{
	image->texts = grow(image->texts, image->nr_texts, sizeof(*image->texts));
	image->texts[image->nr_texts++] = (struct image_text){
		.section = section, .address = shdr->sh_addr, .size = data->d_size,
		.data = data->d_buf,
	};
}

static void add_site(struct image *image, size_t section, uint64_t address,
		     const struct lol_site *record)
{
	image->sites = grow(image->sites, image->nr_sites, sizeof(*image->sites));
	image->sites[image->nr_sites++] = (struct image_site){
		.section = section, .address = address, .record = *record,
	};
}

static void add_symbols(struct image *image, const GElf_Shdr *shdr, Elf_Data *data)
{
	size_t i, count = shdr->sh_size / shdr->sh_entsize;
	GElf_Sym sym;
	int type;

	for (i = 1; i < count; i++) {
		if (!gelf_getsym(data, i, &sym) || sym.st_shndx == SHN_UNDEF ||
		    sym.st_shndx >= SHN_LORESERVE)
			continue;
		type = GELF_ST_TYPE(sym.st_info);
		if (type != STT_FUNC && type != STT_OBJECT && type != STT_NOTYPE)
			continue;
		image->symbols = grow(image->symbols, image->nr_symbols, sizeof(*image->symbols));
		image->symbols[image->nr_symbols++] = (struct image_symbol){
			.section = sym.st_shndx, .address = sym.st_value, .size = sym.st_size,
			.name = elf_strptr(image->elf, shdr->sh_link, sym.st_name),
			.object = type == STT_OBJECT,
		};
	}
}

/* The section that holds @address, in a linked file. */
static size_t section_of(const struct image *image, uint64_t address)
{
	size_t i;

	for (i = 0; i < image->nr_texts; i++)
		if (address - image->texts[i].address < image->texts[i].size)
			return image->texts[i].section;
	return 0;
}

/* Records in linked form: @bytes of them at virtual address @address. */
static void linked_records(struct image *image, const uint8_t *bytes, uint64_t address,
			   uint64_t size)
{
	struct lol_site record;
	uint64_t at, target;

	for (at = 0; at + sizeof(record) <= size; at += sizeof(record)) {
		memcpy(&record, bytes + at, sizeof(record));
		target = address + at + (int64_t)record.offset;
		add_site(image, section_of(image, target), target, &record);
	}
}

/* Records from virtual address @first to @last, wherever they are. */
static int records_between(struct image *image, uint64_t first, uint64_t last)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	Elf_Data *data;

	if (last < first || (last - first) % sizeof(struct lol_site))
		return fail(image, "the note of the site records makes no sense");
	if (last == first)
		return 0;
	while ((scn = elf_nextscn(image->elf, scn))) {
		if (!gelf_getshdr(scn, &shdr) || !(shdr.sh_flags & SHF_ALLOC) ||
		    shdr.sh_type != SHT_PROGBITS || first < shdr.sh_addr ||
		    last > shdr.sh_addr + shdr.sh_size)
			continue;
		data = elf_getdata(scn, NULL);
		if (!data || data->d_size < shdr.sh_size)
			continue;
		linked_records(image, (uint8_t *)data->d_buf + (first - shdr.sh_addr), first,
			       last - first);
		return 0;
	}
	return fail(image, "the note of the site records points nowhere");
}

/* Finds the note. Return: 1 found and read, 0 there is none, -1 error. */
static int records_by_note(struct image *image)
{
	size_t at, next, name, desc;
	uint64_t bounds[2];
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	GElf_Nhdr note;
	Elf_Data *data;

	while ((scn = elf_nextscn(image->elf, scn))) {
		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_NOTE)
			continue;
		data = elf_getdata(scn, NULL);
		for (at = 0; data && (next = gelf_getnote(data, at, &note, &name, &desc)); at = next) {
			if (note.n_type != LOL_NOTE_SITES || note.n_namesz != sizeof(LOL_NOTE_NAME) ||
			    memcmp((char *)data->d_buf + name, LOL_NOTE_NAME, sizeof(LOL_NOTE_NAME)) ||
			    note.n_descsz < sizeof(bounds))
				continue;
			memcpy(bounds, (char *)data->d_buf + desc, sizeof(bounds));
			return records_between(image, bounds[0], bounds[1]) ? -1 : 1;
		}
	}
	return 0;
}

/* Records of a module: @rela relocates the section @records. */
static int relocated_records(struct image *image, const Elf_Data *records, Elf_Data *rela,
			     const GElf_Shdr *shdr)
{
	Elf_Scn *symtab = elf_getscn(image->elf, shdr->sh_link);
	Elf_Data *symbols = symtab ? elf_getdata(symtab, NULL) : NULL;
	size_t i, count = shdr->sh_size / shdr->sh_entsize;
	struct lol_site record;
	GElf_Rela r;
	GElf_Sym sym;

	if (!symbols || count != records->d_size / sizeof(record) ||
	    records->d_size % sizeof(record))
		return fail(image, ".lol.sites: not one relocation for each record");
	for (i = 0; i < count; i++) {
		if (!gelf_getrela(rela, i, &r) || r.r_offset % sizeof(record) ||
		    r.r_offset + sizeof(record) > records->d_size ||
		    GELF_R_TYPE(r.r_info) != R_X86_64_PC32 ||
		    !gelf_getsym(symbols, GELF_R_SYM(r.r_info), &sym))
			return fail(image, ".lol.sites: a relocation is not of a record");
		memcpy(&record, (char *)records->d_buf + r.r_offset, sizeof(record));
		add_site(image, sym.st_shndx, sym.st_value + r.r_addend, &record);
	}
	return 0;
}

static int records_by_section(struct image *image)
{
	Elf_Scn *scn = NULL, *records = NULL;
	GElf_Shdr shdr, found;
	Elf_Data *data;

	while ((scn = elf_nextscn(image->elf, scn)))
		if (gelf_getshdr(scn, &shdr) &&
		    !strcmp(image_section_name(image, elf_ndxscn(scn)), ".lol.sites")) {
			records = scn;
			found = shdr;
		}
	if (!records)
		return 0;
	data = elf_getdata(records, NULL);
	if (!data)
		return fail(image, ".lol.sites: no data");
	if (!image->relocatable) {
		linked_records(image, data->d_buf, found.sh_addr, data->d_size);
		return 0;
	}
	while ((scn = elf_nextscn(image->elf, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_RELA &&
		    shdr.sh_info == elf_ndxscn(records))
			return relocated_records(image, data, elf_getdata(scn, NULL), &shdr);
	return data->d_size ? fail(image, ".lol.sites: not relocated") : 0;
}

static int by_address(const void *a, const void *b)
{
	const struct image_symbol *x = a, *y = b;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

static int by_site(const void *a, const void *b)
{
	const struct image_site *x = a, *y = b;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

/**
 * image_open() - read a file
 * @image: filled in
 * @path: of a linked kernel or a relocatable module
 *
 * Return: 0, or -1 after a message on stderr.
 */
int image_open(struct image *image, const char *path)
{
	Elf_Scn *scn = NULL;
	GElf_Ehdr ehdr;
	GElf_Shdr shdr;
	Elf_Data *data;
	int noted;

	*image = (struct image){ .path = path };
	elf_version(EV_CURRENT);
	image->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (image->fd < 0)
		return fail(image, "cannot be opened");
	image->elf = elf_begin(image->fd, ELF_C_READ_MMAP, NULL);
	if (!image->elf || !gelf_getehdr(image->elf, &ehdr) || ehdr.e_machine != EM_X86_64 ||
	    elf_getshdrstrndx(image->elf, &image->names))
		return fail(image, "not an x86-64 ELF file");
	image->relocatable = ehdr.e_type == ET_REL;
	while ((scn = elf_nextscn(image->elf, scn))) {
		if (!gelf_getshdr(scn, &shdr))
			return fail(image, "damaged section header");
		data = elf_getdata(scn, NULL);
		if (shdr.sh_type == SHT_SYMTAB && data && shdr.sh_entsize)
			add_symbols(image, &shdr, data);
		if (shdr.sh_type == SHT_PROGBITS && (shdr.sh_flags & SHF_EXECINSTR) &&
		    data && data->d_size)
			add_text(image, elf_ndxscn(scn), &shdr, data);
	}
	noted = image->relocatable ? 0 : records_by_note(image);
	if (noted < 0 || (!noted && records_by_section(image)))
		return -1;
	if (image->nr_symbols)
		qsort(image->symbols, image->nr_symbols, sizeof(*image->symbols), by_address);
	if (image->nr_sites)
		qsort(image->sites, image->nr_sites, sizeof(*image->sites), by_site);
	return 0;
}

/**
 * image_close() - forget a file
 * @image: opened by image_open()
 */
void image_close(struct image *image)
{
	free(image->texts);
	free(image->symbols);
	free(image->sites);
	elf_end(image->elf);
	close(image->fd);
}

/**
 * image_first_symbol() - index of the first symbol of a section
 * @image: the file
 * @section: the section; where it has none, the index of a later one's
 */
size_t image_first_symbol(const struct image *image, size_t section)
{
	size_t low = 0, high = image->nr_symbols;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (image->symbols[middle].section < section)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/**
 * image_symbol_at() - the last symbol at or before an address
 * @image: the file
 * @section: of the address
 * @address: the address
 */
const struct image_symbol *image_symbol_at(const struct image *image, size_t section,
					   uint64_t address)
{
	const struct image_symbol *found = NULL;
	size_t i;

	for (i = image_first_symbol(image, section); i < image->nr_symbols; i++) {
		if (image->symbols[i].section != section || image->symbols[i].address > address)
			break;
		found = &image->symbols[i];
	}
	return found;
}

/**
 * image_site_at() - the site that begins at an address, or NULL
 * @image: the file
 * @section: of the address
 * @address: the address
 */
struct image_site *image_site_at(const struct image *image, size_t section, uint64_t address)
{
	struct image_site key = { .section = section, .address = address };

	if (!image->nr_sites)
		return NULL;
	return bsearch(&key, image->sites, image->nr_sites, sizeof(key), by_site);
}

static const char *refused(unsigned int type, int executable)
{
	switch (type) {
	case R_X86_64_GOT32:
	case R_X86_64_GOTPCREL:
	case R_X86_64_GOTPCRELX:
	case R_X86_64_REX_GOTPCRELX:
	case R_X86_64_GOTOFF64:
	case R_X86_64_GOTPC32:
	case R_X86_64_GOT64:
	case R_X86_64_GOTPCREL64:
	case R_X86_64_GOTPC64:
	case R_X86_64_GOTPLT64:
	case R_X86_64_PLTOFF64:
		return "goes through the global offset table";
	case R_X86_64_32:
	case R_X86_64_32S:
	case R_X86_64_16:
	case R_X86_64_8:
		return executable ? "is absolute and has less than 64 bits" : NULL;
	}
	return NULL;
}

/**
 * image_relocations() - report relocations that a lol kernel cannot load
 * @image: the file; a linked one has none
 * @bad: called for each, with the section and offset that it applies to
 */
void image_relocations(const struct image *image,
		       void (*bad)(const struct image *, size_t section, uint64_t offset,
				   const char *what))
{
	GElf_Shdr shdr, target;
	Elf_Scn *scn = NULL, *to;
	const char *what;
	Elf_Data *data;
	GElf_Rela r;
	size_t i;

	while (image->relocatable && (scn = elf_nextscn(image->elf, scn))) {
		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_RELA || !shdr.sh_entsize)
			continue;
		to = elf_getscn(image->elf, shdr.sh_info);
		data = elf_getdata(scn, NULL);
		if (!to || !gelf_getshdr(to, &target) || !(target.sh_flags & SHF_ALLOC))
			continue;
		for (i = 0; data && i < shdr.sh_size / shdr.sh_entsize; i++) {
			if (!gelf_getrela(data, i, &r))
				continue;
			what = refused(GELF_R_TYPE(r.r_info), !!(target.sh_flags & SHF_EXECINSTR));
			if (what)
				bad(image, shdr.sh_info, r.r_offset, what);
		}
	}
}
