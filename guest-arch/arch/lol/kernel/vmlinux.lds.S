/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The image: linked at LOL_KERNEL_MAP plus its load address, so that one
 * subtraction turns an address of it into a guest-physical one.  Text, read-only
 * data and data begin at page boundaries; paging_init() maps each with its own
 * protection.
 */
#define EMITS_PT_NOTE
#define RO_EXCEPTION_TABLE_ALIGN 16
#define RUNTIME_DISCARD_EXIT
#include <linux/sizes.h>
#include <lol/layout.h>
#define LOAD_OFFSET LOL_KERNEL_MAP
#include <asm-generic/vmlinux.lds.h>
#include <asm/cache.h>
#include <asm/page.h>
#include <asm/thread_info.h>

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)
ENTRY(startup_64)

PHDRS {
	text PT_LOAD FLAGS(5);
	data PT_LOAD FLAGS(7);
	note PT_NOTE FLAGS(4);
}

jiffies = jiffies_64;

SECTIONS
{
	. = LOL_KERNEL_MAP + LOL_GPA_KERNEL;
	_text = .;
	_stext = .;
	.text : AT(ADDR(.text) - LOAD_OFFSET) {
		HEAD_TEXT
		ENTRY_TEXT
		TEXT_TEXT
		SCHED_TEXT
		LOCK_TEXT
		KPROBES_TEXT
		SOFTIRQENTRY_TEXT
		IRQENTRY_TEXT
		*(.gnu.warning)
	} :text =0xcccccccc
	/*
	 * Text and read-only data fill blocks of 2 MiB, which every space then maps
	 * as such: large leaves here, huge pages of the host there.
	 */
	. = ALIGN(SZ_2M);
	_etext = .;

	RO_DATA(PAGE_SIZE)

	/* Kept: where modules and init text come and go, the rest stays known. */
	.lol.sites : AT(ADDR(.lol.sites) - LOAD_OFFSET) {
		__start_lol_sites = .;
		KEEP(*(.lol.sites .lol.sites.*))
		__stop_lol_sites = .;
	} :text
	. = ALIGN(SZ_2M);
	__end_ro = .;

	_sdata = .;
	.data : AT(ADDR(.data) - LOAD_OFFSET) {
		INIT_TASK_DATA(THREAD_SIZE)
		NOSAVE_DATA
		PAGE_ALIGNED_DATA(PAGE_SIZE)
		CACHELINE_ALIGNED_DATA(L1_CACHE_BYTES)
		READ_MOSTLY_DATA(L1_CACHE_BYTES)
		DATA_DATA
		*(.data.rel.local .data.rel.local.*)
		CONSTRUCTORS
	} :data
	BUG_TABLE
	_edata = .;

	. = ALIGN(PAGE_SIZE);
	__init_begin = .;
	INIT_TEXT_SECTION(PAGE_SIZE) :data
	.exit.text : AT(ADDR(.exit.text) - LOAD_OFFSET) {
		EXIT_TEXT
	}
	. = ALIGN(PAGE_SIZE);
	__init_text_end = .;
	INIT_DATA_SECTION(16)
	.exit.data : AT(ADDR(.exit.data) - LOAD_OFFSET) {
		EXIT_DATA
	}
	PERCPU_SECTION(L1_CACHE_BYTES)
	. = ALIGN(PAGE_SIZE);
	__init_end = .;

	BSS_SECTION(PAGE_SIZE, PAGE_SIZE, PAGE_SIZE)
	. = ALIGN(PAGE_SIZE);
	_end = .;
	__image_end = .;

	STABS_DEBUG
	DWARF_DEBUG
	ELF_DETAILS

	/* Nothing may need a dynamic linker or an indirection table. */
	.got.plt (INFO) : { *(.got.plt) }
	ASSERT(SIZEOF(.got.plt) == 0 || SIZEOF(.got.plt) == 0x18, "entries in .got.plt")
	.got (INFO) : { *(.got) *(.igot.*) }
	ASSERT(SIZEOF(.got) == 0, "entries in .got: a symbol is not hidden")
	.plt (INFO) : { *(.plt) *(.plt.*) *(.iplt) }
	ASSERT(SIZEOF(.plt) == 0, "entries in .plt")
	.rela.dyn (INFO) : { *(.rela.*) *(.rela_*) }
	ASSERT(SIZEOF(.rela.dyn) == 0, "dynamic relocations")

	DISCARDS
	/DISCARD/ : { *(.eh_frame) *(.note.gnu.property) }
}

ASSERT((_end - _text <= LOL_KERNEL_MAP_SIZE / 2), "the image is too large")
