// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reader of guest kernels: ELF64, x86-64, ET_EXEC, loaded by physical address.
 *
 * The file is hostile.  Each header is copied once, then checked, and only the
 * copy is used; every sum is checked for overflow before it is compared.  A
 * file passes only if all its PT_LOAD segments lie inside the file, inside the
 * limit and above what the monitor keeps for itself, and if its entry point
 * lies in the image.
 *
 * Source: System V ABI, chapter 4, and its AMD64 supplement.
 *
 * Calls after start-up: none
 */
#include <elf.h>
#include <string.h>
#include <unistd.h>

#include <lol/layout.h>
#include <lol/version.h>

#include "host/elf.h"

#define MAX_HEADERS	64
#define MAX_NOTES	65536

static int read_fd(const struct elf_source *source, uint64_t offset, void *to, size_t size)
{
	while (size) {
		ssize_t got = pread(source->fd, to, size, offset);

		if (got <= 0)
			return -1;
		to = (char *)to + got;
		offset += got;
		size -= got;
	}
	return 0;
}

static int read_memory(const struct elf_source *source, uint64_t offset, void *to, size_t size)
{
	if (offset > source->size || size > source->size - offset)
		return -1;
	memcpy(to, (const char *)source->data + offset, size);
	return 0;
}

struct elf_source elf_source_fd(int fd, uint64_t size)
{
	return (struct elf_source){ .read = read_fd, .size = size, .fd = fd };
}

struct elf_source elf_source_memory(const void *data, size_t size)
{
	return (struct elf_source){ .read = read_memory, .size = size, .data = data, .fd = -1 };
}

static bool in_file(const struct elf_source *source, uint64_t offset, uint64_t size)
{
	return offset <= source->size && size <= source->size - offset;
}

static int add_segment(const struct elf_source *source, const Elf64_Phdr *ph, uint64_t limit,
		       struct elf_image *image, struct error *error)
{
	struct elf_segment *s = &image->segment[image->nr_segments];
	unsigned int i;

	if (!ph->p_memsz)
		return 0;
	if (image->nr_segments == ELF_MAX_SEGMENTS)
		return error_set(error, "has more than %d segments", ELF_MAX_SEGMENTS);
	if (ph->p_filesz > ph->p_memsz || !in_file(source, ph->p_offset, ph->p_filesz))
		return error_set(error, "has a segment outside the file (truncated?)");
	if (ph->p_paddr < LOL_GPA_KERNEL)
		return error_set(error, "has a segment at %#llx; the lowest load address is %#llx",
				 (unsigned long long)ph->p_paddr, (unsigned long long)LOL_GPA_KERNEL);
	if (ph->p_paddr > limit || ph->p_memsz > limit - ph->p_paddr)
		return error_set(error, "does not fit into guest memory: it has %llu bytes at %#llx (more --memory?)",
				 (unsigned long long)ph->p_memsz, (unsigned long long)ph->p_paddr);
	if (ph->p_paddr + ph->p_memsz > LOL_KERNEL_MAP_SIZE)
		return error_set(error, "is larger than the %llu MiB of the kernel's window",
				 (unsigned long long)LOL_KERNEL_MAP_SIZE >> 20);
	*s = (struct elf_segment){ ph->p_offset, ph->p_filesz, ph->p_memsz, ph->p_paddr };
	for (i = 0; i < image->nr_segments; i++)
		if (s->address < image->segment[i].address + image->segment[i].size &&
		    image->segment[i].address < s->address + s->size)
			return error_set(error, "has overlapping segments");
	if (!image->nr_segments || s->address < image->start)
		image->start = s->address;
	if (s->address + s->size > image->end)
		image->end = s->address + s->size;
	image->nr_segments++;
	return 0;
}

static int take_note(uint32_t type, const unsigned char *desc, uint32_t size,
		     struct elf_image *image, struct error *error)
{
	if (type == LOL_NOTE_VERSION) {
		if (size < sizeof(image->version))
			return error_set(error, "has a damaged version note");
		memcpy(&image->version, desc, sizeof(image->version));
		image->has_version = true;
	} else if (type == LOL_NOTE_SITES) {
		if (size < 16)
			return error_set(error, "has a damaged note of its site records");
		memcpy(&image->sites, desc, 8);
		memcpy(&image->sites_end, desc + 8, 8);
	}
	return 0;
}

/* Notes: name size, desc size, type, name and desc each padded to 4 bytes. */
static int read_notes(const struct elf_source *source, const Elf64_Phdr *ph,
		      struct elf_image *image, struct error *error)
{
	static unsigned char notes[MAX_NOTES];
	uint64_t at = 0, size = ph->p_filesz;

	if (!in_file(source, ph->p_offset, size))
		return error_set(error, "has notes outside the file (truncated?)");
	if (size > MAX_NOTES)
		return error_set(error, "has more than %d bytes of notes", MAX_NOTES);
	if (source->read(source, ph->p_offset, notes, size))
		return error_set(error, "cannot be read");
	while (size - at >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr note;
		uint64_t name, desc;

		memcpy(&note, notes + at, sizeof(note));
		name = at + sizeof(note);
		desc = name + (((uint64_t)note.n_namesz + 3) & ~3ULL);
		if (desc > size || note.n_descsz > size - desc)
			return error_set(error, "has damaged notes");
		if (note.n_namesz == sizeof(LOL_NOTE_NAME) &&
		    !memcmp(notes + name, LOL_NOTE_NAME, sizeof(LOL_NOTE_NAME)) &&
		    take_note(note.n_type, notes + desc, note.n_descsz, image, error))
			return -1;
		at = desc + (((uint64_t)note.n_descsz + 3) & ~3ULL);
		if (at > size)
			break;
	}
	return 0;
}

/* Guest-virtual addresses of the image are LOL_KERNEL_MAP + guest-physical. */
static bool in_image(const struct elf_image *image, uint64_t start, uint64_t end)
{
	return start <= end && start >= LOL_KERNEL_MAP + image->start &&
	       end <= LOL_KERNEL_MAP + image->end;
}

static int check_image(const struct elf_image *image, struct error *error)
{
	if (!image->nr_segments)
		return error_set(error, "has nothing to load");
	if (!image->has_version)
		return error_set(error, "is not a kernel for lol (it has no note of the contract's version)");
	if (image->version != LOL_ABI_VERSION)
		return error_set(error, "speaks version %u of the machine's contract, this lol speaks version %u",
				 image->version, LOL_ABI_VERSION);
	if (!in_image(image, image->entry, image->entry + 1))
		return error_set(error, "has its entry point %#llx outside the image",
				 (unsigned long long)image->entry);
	if (image->sites != image->sites_end && !in_image(image, image->sites, image->sites_end))
		return error_set(error, "has site records outside the image");
	return 0;
}

int elf_parse(const struct elf_source *source, uint64_t limit, struct elf_image *image,
	      struct error *error)
{
	Elf64_Ehdr eh;
	unsigned int i;

	memset(image, 0, sizeof(*image));
	if (source->size < sizeof(eh) || source->read(source, 0, &eh, sizeof(eh)) ||
	    memcmp(eh.e_ident, ELFMAG, SELFMAG))
		return error_set(error, "is not an ELF file (wanted is vmlinux, not bzImage)");
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh.e_machine != EM_X86_64)
		return error_set(error, "is not for x86-64");
	if (eh.e_type != ET_EXEC)
		return error_set(error, "is not an executable with fixed addresses (ET_EXEC)");
	if (eh.e_phentsize != sizeof(Elf64_Phdr) || !eh.e_phnum || eh.e_phnum > MAX_HEADERS ||
	    !in_file(source, eh.e_phoff, (uint64_t)eh.e_phnum * sizeof(Elf64_Phdr)))
		return error_set(error, "has a damaged program header table");
	image->entry = eh.e_entry;
	for (i = 0; i < eh.e_phnum; i++) {
		Elf64_Phdr ph;
		int failed = 0;

		if (source->read(source, eh.e_phoff + i * sizeof(ph), &ph, sizeof(ph)))
			return error_set(error, "cannot be read");
		if (ph.p_type == PT_LOAD)
			failed = add_segment(source, &ph, limit, image, error);
		else if (ph.p_type == PT_NOTE)
			failed = read_notes(source, &ph, image, error);
		if (failed)
			return -1;
	}
	return check_image(image, error);
}
