/* SPDX-License-Identifier: GPL-2.0-only */
/* One read-only, executable segment; the data pages are mapped in front of it. */
#include <asm/page.h>
#include <asm/vdso.h>

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)

SECTIONS
{
	PROVIDE_HIDDEN(_vdso_data = . - (VVAR_NR_PAGES - VVAR_DATA_PAGE) * PAGE_SIZE);
	PROVIDE_HIDDEN(_timens_data = . - (VVAR_NR_PAGES - VVAR_TIMENS_PAGE) * PAGE_SIZE);
	PROVIDE_HIDDEN(_vdso_clock = . - (VVAR_NR_PAGES - VVAR_CLOCK_PAGE) * PAGE_SIZE);
	. = SIZEOF_HEADERS;

	.hash		: { *(.hash) }			:text
	.gnu.hash	: { *(.gnu.hash) }
	.dynsym		: { *(.dynsym) }
	.dynstr		: { *(.dynstr) }
	.gnu.version	: { *(.gnu.version) }
	.gnu.version_d	: { *(.gnu.version_d) }
	.gnu.version_r	: { *(.gnu.version_r) }
	.dynamic	: { *(.dynamic) }		:text :dynamic
	.rodata		: { *(.rodata*) *(.data*) *(.got.plt) *(.got) *(.bss*) }	:text
	.note		: { *(.note.Linux) *(.note.gnu.build-id) }	:text :note
	.eh_frame_hdr	: { *(.eh_frame_hdr) }		:text :eh_frame_hdr
	.eh_frame	: { KEEP (*(.eh_frame)) }	:text
	.text		: { *(.text*) }			:text =0x90909090

	/DISCARD/ : {
		*(.note.gnu.property) *(.note.GNU-stack) *(.comment)
		*(.discard*) *(__bug_table) *(.lol.sites*)
	}
}

PHDRS
{
	text		PT_LOAD		FLAGS(5) FILEHDR PHDRS;
	dynamic		PT_DYNAMIC	FLAGS(4);
	note		PT_NOTE		FLAGS(4);
	eh_frame_hdr	PT_GNU_EH_FRAME;
}

VERSION {
	LINUX_2.6 {
	global:
		clock_gettime;
		__vdso_clock_gettime;
		gettimeofday;
		__vdso_gettimeofday;
		getcpu;
		__vdso_getcpu;
		time;
		__vdso_time;
		clock_getres;
		__vdso_clock_getres;
	local: *;
	};
}
