// SPDX-License-Identifier: GPL-2.0-only
/* The reader of guest kernels: good files, each kind of bad file, random damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <elf.h>

#include <lol/layout.h>
#include <lol/version.h>

#include "host/elf.h"

#define LIMIT	(64ULL << 20)

struct note {
	Elf64_Nhdr head;
	char name[4];
	union {
		uint32_t version;
		uint64_t sites[2];
	};
};

struct file {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[4];
	struct note version, sites;
	unsigned char text[64];
};

static struct file good_file(void)
{
	struct file f;

	memset(&f, 0, sizeof(f));
	memcpy(f.eh.e_ident, ELFMAG, SELFMAG);
	f.eh.e_ident[EI_CLASS] = ELFCLASS64;
	f.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	f.eh.e_type = ET_EXEC;
	f.eh.e_machine = EM_X86_64;
	f.eh.e_entry = LOL_KERNEL_MAP + LOL_GPA_KERNEL + 8;
	f.eh.e_phoff = offsetof(struct file, ph);
	f.eh.e_phentsize = sizeof(Elf64_Phdr);
	f.eh.e_phnum = 4;
	f.ph[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = offsetof(struct file, text), .p_filesz = 64,
		.p_memsz = 8192, .p_paddr = LOL_GPA_KERNEL, .p_vaddr = LOL_KERNEL_MAP + LOL_GPA_KERNEL };
	f.ph[1] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = offsetof(struct file, text), .p_filesz = 32,
		.p_memsz = 4096, .p_paddr = LOL_GPA_KERNEL + 0x4000 };
	f.ph[2] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = offsetof(struct file, version),
		.p_filesz = 2 * sizeof(struct note) };
	f.ph[3] = (Elf64_Phdr){ .p_type = PT_GNU_STACK };
	f.version.head = (Elf64_Nhdr){ .n_namesz = 4, .n_descsz = 16, .n_type = LOL_NOTE_VERSION };
	memcpy(f.version.name, "lol", 4);
	f.version.version = LOL_ABI_VERSION;
	f.sites.head = (Elf64_Nhdr){ .n_namesz = 4, .n_descsz = 16, .n_type = LOL_NOTE_SITES };
	memcpy(f.sites.name, "lol", 4);
	f.sites.sites[0] = LOL_KERNEL_MAP + LOL_GPA_KERNEL + 16;
	f.sites.sites[1] = LOL_KERNEL_MAP + LOL_GPA_KERNEL + 32;
	return f;
}

static int parse(const void *data, size_t size, struct elf_image *image, struct error *error)
{
	struct elf_source source = elf_source_memory(data, size);

	return elf_parse(&source, LIMIT, image, error);
}

static void good(void **state)
{
	struct file f = good_file();
	struct elf_image image;
	struct error error;

	(void)state;
	assert_int_equal(parse(&f, sizeof(f), &image, &error), 0);
	assert_int_equal(image.nr_segments, 2);
	assert_int_equal(image.start, LOL_GPA_KERNEL);
	assert_int_equal(image.end, LOL_GPA_KERNEL + 0x5000);
	assert_int_equal(image.version, LOL_ABI_VERSION);
	assert_int_equal(image.sites_end - image.sites, 16);
}

static void refused(struct file *f, const char *reason)
{
	struct elf_image image;
	struct error error = { "" };

	assert_int_equal(parse(f, sizeof(*f), &image, &error), -1);
	if (!strstr(error.text, reason))
		fail_msg("\"%s\" does not say \"%s\"", error.text, reason);
}

#define REFUSED(change, reason) do {		\
	struct file f = good_file();		\
	change;					\
	refused(&f, reason);			\
} while (0)

static void bad(void **state)
{
	(void)state;
	REFUSED(f.eh.e_ident[0] = 0, "not an ELF file");
	REFUSED(f.eh.e_ident[EI_CLASS] = ELFCLASS32, "not for x86-64");
	REFUSED(f.eh.e_machine = EM_AARCH64, "not for x86-64");
	REFUSED(f.eh.e_type = ET_DYN, "ET_EXEC");
	REFUSED(f.eh.e_phnum = 0, "program header");
	REFUSED(f.eh.e_phnum = 65535, "program header");
	REFUSED(f.eh.e_phoff = ~0ULL, "program header");
	REFUSED(f.eh.e_phoff = ~0ULL - 100, "program header");
	REFUSED(f.eh.e_phentsize = 1, "program header");
	REFUSED(f.eh.e_entry = 0, "entry point");
	REFUSED(f.eh.e_entry = LOL_KERNEL_MAP + LOL_GPA_KERNEL + 0x5000, "entry point");
	REFUSED(f.eh.e_entry = ~0ULL, "entry point");
	REFUSED(f.ph[0].p_offset = ~0ULL, "outside the file");
	REFUSED(f.ph[0].p_filesz = ~0ULL, "outside the file");
	REFUSED(f.ph[0].p_filesz = 8193, "outside the file");
	REFUSED(f.ph[0].p_paddr = 0, "lowest load address");
	REFUSED(f.ph[0].p_paddr = LIMIT - 4096, "does not fit");
	REFUSED(f.ph[0].p_paddr = ~0ULL - 4096, "does not fit");
	REFUSED(f.ph[0].p_memsz = ~0ULL, "does not fit");
	REFUSED(f.ph[1].p_paddr = LOL_GPA_KERNEL + 4096, "overlapping");
	REFUSED((f.ph[0].p_type = PT_NULL, f.ph[1].p_type = PT_NULL), "nothing to load");
	REFUSED(f.ph[2].p_type = PT_NULL, "no note");
	REFUSED(f.ph[2].p_offset = ~0ULL, "notes outside");
	REFUSED(f.version.head.n_type = 77, "no note");
	REFUSED(f.version.name[0] = 'x', "no note");
	REFUSED(f.version.head.n_descsz = 0xffffffff, "damaged notes");
	REFUSED(f.version.head.n_namesz = 0xffffffff, "damaged notes");
	REFUSED(f.version.version = 4711, "version 4711");
	REFUSED(f.sites.sites[1] = ~0ULL, "site records outside");
	REFUSED(f.sites.sites[0] = 8, "site records outside");
}

static void truncated(void **state)
{
	struct file f = good_file();
	struct elf_image image;
	struct error error;
	size_t size;

	(void)state;
	for (size = 0; size < sizeof(f); size++) {
		/* An exact copy, so that a sanitizer sees reads beyond it. */
		void *copy = malloc(size ? size : 1);

		memcpy(copy, &f, size);
		assert_int_equal(parse(copy, size, &image, &error), -1);
		free(copy);
	}
}

/* Whatever is accepted keeps the promises of elf.h. */
static void damaged(void **state)
{
	unsigned int round, accepted = 0;

	(void)state;
	srandom(1);
	for (round = 0; round < 200000; round++) {
		struct file f = good_file();
		size_t size = sizeof(f);
		struct elf_image image;
		struct error error;
		unsigned int i, n = 1 + random() % 4;

		for (i = 0; i < n; i++)
			((unsigned char *)&f)[random() % offsetof(struct file, text)] =
				random() % 3 ? random() : (random() & 1) * 255;
		if (!(random() % 8))
			size = random() % sizeof(f);
		if (parse(&f, size, &image, &error))
			continue;
		accepted++;
		assert_true(image.nr_segments <= ELF_MAX_SEGMENTS);
		for (i = 0; i < image.nr_segments; i++) {
			const struct elf_segment *s = &image.segment[i];

			assert_true(s->address >= LOL_GPA_KERNEL && s->address <= LIMIT);
			assert_true(s->size <= LIMIT - s->address);
			assert_true(s->file_size <= s->size);
			assert_true(s->offset <= size && s->file_size <= size - s->offset);
		}
	}
	assert_true(accepted > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
		cmocka_unit_test(truncated),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests_name("elf", tests, NULL, NULL);
}
