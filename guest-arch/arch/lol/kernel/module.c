// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modules.
 *
 * They are compiled like the kernel and live within 2 GiB of it, so their text
 * needs PC-relative relocations only; a relocation through a global offset table
 * means that a compiler was not told about hidden visibility, and is refused.
 *
 * A module brings site records for its sensitive instructions.  When it is
 * finalised, its text still writable and not yet executed, the monitor is told
 * and rewrites them; before text is given back, after init or at unload, the
 * records are withdrawn, or they would match whatever comes to lie there.
 */
#include <linux/elf.h>
#include <linux/execmem.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleloader.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <asm/module.h>
#include <asm/service.h>
#include <lol/layout.h>
#include <lol/site.h>

#ifndef R_X86_64_PC64
#define R_X86_64_PC64		24
#endif

static struct execmem_info execmem __ro_after_init;

struct execmem_info __init *execmem_arch_setup(void)
{
	execmem = (struct execmem_info) {
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start		= LOL_MODULES_START,
				.end		= LOL_MODULES_END,
				.pgprot		= PAGE_KERNEL,
				.alignment	= PAGE_SIZE,
			},
		},
	};
	return &execmem;
}

static int relocate_one(const Elf64_Rela *rela, void *where, u64 value, struct module *me)
{
	u64 relative = value - (u64)where;

	switch (ELF64_R_TYPE(rela->r_info)) {
	case R_X86_64_NONE:
		return 0;
	case R_X86_64_64:
		put_unaligned(value, (u64 *)where);
		return 0;
	case R_X86_64_PC64:
		put_unaligned(relative, (u64 *)where);
		return 0;
	case R_X86_64_32:
		put_unaligned((u32)value, (u32 *)where);
		if (value == (u32)value)
			return 0;
		break;
	case R_X86_64_32S:
		put_unaligned((u32)value, (u32 *)where);
		if ((s64)value == (s32)value)
			return 0;
		break;
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		put_unaligned((u32)relative, (u32 *)where);
		if ((s64)relative == (s32)relative)
			return 0;
		break;
	case R_X86_64_GOTPCREL:
	case 41: /* R_X86_64_GOTPCRELX */
	case 42: /* R_X86_64_REX_GOTPCRELX */
		pr_err("%s: relocation through a global offset table: compiled without hidden visibility?\n",
		       me->name);
		return -ENOEXEC;
	default:
		pr_err("%s: relocation type %llu is not supported\n", me->name,
		       ELF64_R_TYPE(rela->r_info));
		return -ENOEXEC;
	}
	pr_err("%s: relocation type %llu at %px: %#llx is out of reach\n", me->name,
	       ELF64_R_TYPE(rela->r_info), where, value);
	return -ENOEXEC;
}

int apply_relocate_add(Elf64_Shdr *sechdrs, const char *strtab, unsigned int symindex,
		       unsigned int relsec, struct module *me)
{
	const Elf64_Rela *rela = (void *)sechdrs[relsec].sh_addr;
	unsigned long n = sechdrs[relsec].sh_size / sizeof(*rela);
	void *base = (void *)sechdrs[sechdrs[relsec].sh_info].sh_addr;
	const Elf64_Sym *symbols = (void *)sechdrs[symindex].sh_addr;

	for (; n; n--, rela++) {
		u64 symbol = symbols[ELF64_R_SYM(rela->r_info)].st_value;
		int err = relocate_one(rela, base + rela->r_offset,
				       symbol + rela->r_addend, me);

		if (err)
			return err;
	}
	return 0;
}

static unsigned long site_address(const struct lol_site *site)
{
	return (unsigned long)&site->offset + site->offset;
}

/* Records are relative to themselves: exchanging two moves their origin. */
static void swap_sites(struct lol_site *a, struct lol_site *b)
{
	s32 distance = (char *)b - (char *)a;

	swap(*a, *b);
	a->offset += distance;
	b->offset -= distance;
}

/* Moves the records of one text to the front; returns how many they are. */
static unsigned int gather_sites(struct lol_site *sites, unsigned int nr,
				 const struct module_memory *text)
{
	unsigned int i, found = 0;

	for (i = 0; i < nr; i++) {
		if (site_address(&sites[i]) - (unsigned long)text->base >= text->size)
			continue;
		if (i != found)
			swap_sites(&sites[found], &sites[i]);
		found++;
	}
	return found;
}

/* Announces one text's records, which begin at *sites, and steps past them. */
static int add_sites(struct module *mod, enum mod_mem_type type, struct lol_site **sites,
		     unsigned int *nr, bool *added)
{
	const struct module_memory *text = &mod->mem[type];
	unsigned int count;
	long err;

	if (!text->size)
		return 0;
	count = gather_sites(*sites, *nr, text);
	if (!count)
		return 0;
	err = lol_sites_add(text->base, text->size, *sites, count);
	if (err) {
		pr_err("%s: the monitor refuses %u sites: %ld\n", mod->name, count, err);
		return err;
	}
	*added = true;
	*sites += count;
	*nr -= count;
	return 0;
}

int module_finalize(const Elf_Ehdr *hdr, const Elf_Shdr *sechdrs, struct module *mod)
{
	const char *names = (void *)sechdrs[hdr->e_shstrndx].sh_addr;
	struct lol_site *sites;
	unsigned int nr;
	int i, err;

	for (i = 1; i < hdr->e_shnum; i++)
		if ((sechdrs[i].sh_flags & SHF_ALLOC) &&
		    !strcmp(names + sechdrs[i].sh_name, ".lol.sites"))
			break;
	if (i == hdr->e_shnum)
		return 0;

	sites = (void *)sechdrs[i].sh_addr;
	nr = sechdrs[i].sh_size / sizeof(*sites);

	err = add_sites(mod, MOD_TEXT, &sites, &nr, &mod->arch.text_sites);
	if (!err)
		err = add_sites(mod, MOD_INIT_TEXT, &sites, &nr, &mod->arch.init_sites);
	if (!err && nr) {
		pr_err("%s: %u site records outside its text\n", mod->name, nr);
		err = -ENOEXEC;
	}
	if (err) {
		/* Nobody calls the cleanup hooks for a module that was not finalised. */
		module_arch_cleanup(mod);
		module_arch_freeing_init(mod);
	}
	return err;
}

void module_arch_cleanup(struct module *mod)
{
	if (!mod->arch.text_sites)
		return;
	lol_sites_remove(mod->mem[MOD_TEXT].base, mod->mem[MOD_TEXT].size);
	mod->arch.text_sites = false;
}

void module_arch_freeing_init(struct module *mod)
{
	if (!mod->arch.init_sites)
		return;
	lol_sites_remove(mod->mem[MOD_INIT_TEXT].base, mod->mem[MOD_INIT_TEXT].size);
	mod->arch.init_sites = false;
}
