// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the entry point to generic code: the boot page becomes memblock ranges, a
 * command line and CPU numbers.  The order matters and is this:
 *
 *   exceptions     so that a mistake below is reported instead of ending silently
 *   command line   early parameters may switch consoles on or off
 *   memory         what is RAM, what of it is taken
 *   paging         our own tables; those of the entry state are free afterwards
 *   platform       clock, CPU map
 */
#include <linux/init.h>
#include <linux/initrd.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/random.h>
#include <linux/root_dev.h>
#include <linux/sched/task.h>
#include <linux/start_kernel.h>
#include <linux/string.h>
#include <asm/boot.h>
#include <asm/pgtable.h>
#include <asm/platform.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/traps.h>
#include <lol/version.h>

struct lol_boot *lol_boot __ro_after_init;

static char command_line[COMMAND_LINE_SIZE] __initdata;

asmlinkage void __init lol_start_kernel(unsigned long boot_page);

/* First C code: stack, image and direct map are all there is. */
asmlinkage void __init lol_start_kernel(unsigned long boot_page)
{
	lol_boot = __va(boot_page);
	start_kernel();
}

static void __init setup_command_line_early(char **cmdline_p)
{
	BUILD_BUG_ON(COMMAND_LINE_SIZE < LOL_BOOT_COMMAND_LINE);
	strscpy(boot_command_line, lol_boot->command_line, LOL_BOOT_COMMAND_LINE);
	strscpy(command_line, boot_command_line, sizeof(command_line));
	*cmdline_p = command_line;
}

static void __init setup_memory(void)
{
	const struct lol_range *kernel = &lol_boot->kernel;
	const struct lol_range *initrd = &lol_boot->initrd;
	unsigned int i;

	for (i = 0; i < min_t(u32, lol_boot->nr_ram, LOL_BOOT_MAX_RAM); i++)
		memblock_add(lol_boot->ram[i].start, lol_boot->ram[i].size);

	memblock_reserve(0, LOL_GPA_RESERVED_END);
	memblock_reserve(kernel->start, kernel->size);
	memblock_reserve(__pa_symbol(_text), __image_end - _text);
	memblock_reserve(lol_boot->tables.start, lol_boot->tables.size);
#ifdef CONFIG_BLK_DEV_INITRD
	if (initrd->size) {
		memblock_reserve(initrd->start, PAGE_ALIGN(initrd->size));
		initrd_start = (unsigned long)__va(initrd->start);
		initrd_end = initrd_start + initrd->size;
	}
#endif
	min_low_pfn = 0;
	max_pfn = PFN_DOWN(memblock_end_of_DRAM());
	max_low_pfn = max_pfn;
	high_memory = __va(PFN_PHYS(max_pfn) - 1) + 1;
}

/**
 * setup_arch() - make of the boot page what generic code works with
 * @cmdline_p: set to the command line that parameters are parsed from
 *
 * Context: boot CPU, interrupts off, no allocator but memblock.
 */
void __init setup_arch(char **cmdline_p)
{
	lol_early_traps();
	setup_initial_init_mm(_text, _etext, _edata, _end);
	setup_command_line_early(cmdline_p);
	parse_early_param();
	lol_early_console_init();

	if (lol_boot->magic != LOL_BOOT_MAGIC || lol_boot->version != LOL_ABI_VERSION)
		panic("boot page: magic %#llx, version %u; this kernel speaks version %u",
		      lol_boot->magic, lol_boot->version, LOL_ABI_VERSION);

	setup_memory();
	paging_init();
	memblock_phys_free(lol_boot->tables.start, lol_boot->tables.size);
	lol_platform_setup(lol_boot);
}
