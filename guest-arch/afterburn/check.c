// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checker: does every sensitive instruction of a vmlinux or module have its
 * record, and every record its instruction?
 *
 * It trusts nothing that the afterburner believes.  The executable sections of
 * the finished file are walked instruction by instruction, starting afresh at
 * every symbol, so that data in text costs at most the rest of a function.
 * Lengths come from capstone, the classification from the decoder that the
 * emulator uses; where both know the length they must agree.  Objects (symbols
 * of type STT_OBJECT) are skipped.  Modules are also searched for relocations
 * that the guest's module loader refuses.
 *
 * One line per violation, exit status 1 if there was one, 2 if the file could
 * not be read.
 */
#include <capstone/capstone.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "guest-arch/afterburn/image.h"
#include "guest-arch/afterburn/kinds.h"
#include "syscall-bridge/insn.h"

static unsigned long violations;

/* "file: symbol+off: instruction: what" */
static void violation(const struct image *image, size_t section, uint64_t address,
		      const char *insn, const char *what)
{
	const struct image_symbol *symbol = image_symbol_at(image, section, address);

	if (symbol)
		printf("%s: %s+0x%llx: %s: %s\n", image->path, symbol->name,
		       (unsigned long long)(address - symbol->address), insn, what);
	else
		printf("%s: %s+0x%llx: %s: %s\n", image->path,
		       image_section_name(image, section), (unsigned long long)address,
		       insn, what);
	violations++;
}

/* Length of the NOP at @at, or 0. */
static unsigned int nop_length(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *p = at;
	unsigned int length;

	while (p < end && (*p == 0x66 || *p == 0x2e))
		p++;
	if (p < end && *p == 0x90)
		return p + 1 - at;
	if (end - p < 3 || p[0] != 0x0f || p[1] != 0x1f || (p[2] & 0x38))
		return 0;
	length = p + 3 - at;
	if ((p[2] & 7) == 4)
		length++;
	if (p[2] >> 6 == 1)
		length++;
	else if (p[2] >> 6 == 2)
		length += 4;
	return p[2] >> 6 == 3 || at + length > end ? 0 : length;
}

static int all_nops(const uint8_t *at, const uint8_t *end)
{
	unsigned int length;

	for (; at < end; at += length) {
		length = nop_length(at, end);
		if (!length)
			return 0;
	}
	return 1;
}

/* A sensitive instruction of @kind was found. */
static void check_site(struct image *image, const struct image_text *text, uint64_t address,
		       const struct lol_insn *insn, const char *name)
{
	struct image_site *site = image_site_at(image, text->section, address);
	const uint8_t *at = text->data + (address - text->address);
	char what[128];

	if (!site) {
		violation(image, text->section, address, name, "unrecorded");
		return;
	}
	site->seen = 1;
	if (site->record.kind != insn->kind) {
		snprintf(what, sizeof(what), "recorded as %s, is %s",
			 site_kind_name(site->record.kind), site_kind_name(insn->kind));
		violation(image, text->section, address, name, what);
	} else if (site->record.insn_length != insn->length) {
		snprintf(what, sizeof(what), "recorded with %u bytes, has %u",
			 site->record.insn_length, insn->length);
		violation(image, text->section, address, name, what);
	} else if (site->record.length != site_kind_length(insn->kind)) {
		snprintf(what, sizeof(what), "site of %u bytes, %s needs %u",
			 site->record.length, site_kind_name(insn->kind),
			 site_kind_length(insn->kind));
		violation(image, text->section, address, name, what);
	} else if (site->record.flags & ~LOL_SITE_CC) {
		violation(image, text->section, address, name, "unknown flags");
	} else if (site->record.length > text->size - (address - text->address)) {
		violation(image, text->section, address, name, "site leaves its section");
	} else if (!all_nops(at + insn->length, at + site->record.length)) {
		violation(image, text->section, address, name, "padding is not NOPs");
	}
}

/* 6c..6f behind prefixes. */
static int is_string_io(const cs_insn *insn)
{
	switch (insn->id) {
	case X86_INS_INSB:
	case X86_INS_INSW:
	case X86_INS_INSD:
	case X86_INS_OUTSB:
	case X86_INS_OUTSW:
	case X86_INS_OUTSD:
		return 1;
	}
	return 0;
}

/*
 * The instruction at @address.  Return: its length, 1 where none can be told, so
 * that the walk goes on.
 */
static unsigned int check_insn(csh capstone, cs_insn *cs, struct image *image,
			       const struct image_text *text, uint64_t address, uint64_t limit)
{
	const uint8_t *at = text->data + (address - text->address);
	size_t left = text->size - (address - text->address);
	uint64_t pc = address;
	struct lol_insn insn;
	char name[256];
	int known, ours;

	ours = !lol_insn_decode(at, left < LOL_INSN_MAX ? left : LOL_INSN_MAX, &insn);
	known = cs_disasm_iter(capstone, &at, &left, &pc, cs);
	if (known)
		snprintf(name, sizeof(name), "%s%s%s", cs->mnemonic, *cs->op_str ? " " : "",
			 cs->op_str);
	if (ours && !known)
		snprintf(name, sizeof(name), "%s", site_kind_name(insn.kind));
	if (ours && address + insn.length > limit)
		return limit - address;
	if (ours && insn.kind == LOL_SITE_MMIO) {
		struct image_site *site = image_site_at(image, text->section, address);

		if (site)
			check_site(image, text, address, &insn, name);
	} else if (ours) {
		if (known && cs->size != insn.length)
			violation(image, text->section, address, name, "length is not certain");
		check_site(image, text, address, &insn, name);
	} else if (known && is_string_io(cs)) {
		violation(image, text->section, address, name,
			  "not part of the lol machine");
	}
	return ours ? insn.length : known ? cs->size : 1;
}

static void check_text(csh capstone, cs_insn *cs, struct image *image,
		       const struct image_text *text)
{
	uint64_t at = text->address, end = text->address + text->size, limit;
	const struct image_symbol *symbol;
	size_t next = image_first_symbol(image, text->section);

	while (at < end) {
		limit = end;
		for (; next < image->nr_symbols; next++) {
			symbol = &image->symbols[next];
			if (symbol->section != text->section || symbol->address > at)
				break;
			if (symbol->object && symbol->address + symbol->size > at)
				at = symbol->address + symbol->size;
		}
		if (next < image->nr_symbols && image->symbols[next].section == text->section &&
		    image->symbols[next].address < end)
			limit = image->symbols[next].address;
		if (at >= limit)
			continue;
		at += check_insn(capstone, cs, image, text, at, limit);
		if (at > limit)
			at = limit;
	}
}

static void check_records(struct image *image)
{
	char name[64];
	size_t i;

	for (i = 0; i < image->nr_sites; i++) {
		struct image_site *site = &image->sites[i];

		snprintf(name, sizeof(name), "record of %s", site_kind_name(site->record.kind));
		if (i && site[-1].section == site->section &&
		    site[-1].address + site[-1].record.length > site->address)
			violation(image, site->section, site->address, name,
				  "overlaps another site");
		if (!site->seen)
			violation(image, site->section, site->address, name,
				  "no sensitive instruction there");
	}
}

static void bad_relocation(const struct image *image, size_t section, uint64_t offset,
			   const char *what)
{
	violation(image, section, offset, "relocation", what);
}

static void statistics(const struct image *image)
{
	unsigned long count[256] = { 0 };
	size_t i;

	for (i = 0; i < image->nr_sites; i++)
		count[image->sites[i].record.kind]++;
	printf("%s: %zu sites\n", image->path, image->nr_sites);
	for (i = 0; i < LOL_SITE_KINDS; i++)
		if (count[i])
			printf("  %-10s %lu\n", site_kind_name(i), count[i]);
}

static void check_file(csh capstone, cs_insn *cs, const char *path, int verbose)
{
	struct image image;
	size_t i;

	if (image_open(&image, path))
		exit(2);
	for (i = 0; i < image.nr_texts; i++)
		check_text(capstone, cs, &image, &image.texts[i]);
	check_records(&image);
	image_relocations(&image, bad_relocation);
	if (verbose)
		statistics(&image);
	image_close(&image);
}

int main(int argc, char **argv)
{
	int verbose = argc > 1 && !strcmp(argv[1], "-v");
	cs_insn *cs;
	csh capstone;
	int i;

	if (argc < 2 + verbose) {
		fprintf(stderr, "usage: check [-v] vmlinux|module.ko...\n");
		return 2;
	}
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &capstone)) {
		fprintf(stderr, "check: capstone does not know x86\n");
		return 2;
	}
	cs_option(capstone, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
	cs = cs_malloc(capstone);
	for (i = 1 + verbose; i < argc; i++)
		check_file(capstone, cs, argv[i], verbose);
	cs_free(cs, 1);
	cs_close(&capstone);
	return violations ? 1 : 0;
}
