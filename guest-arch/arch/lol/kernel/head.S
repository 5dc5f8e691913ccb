/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entry point.  <lol/boot.h> says what holds here: 64-bit mode, interrupts
 * off, rsi the guest-physical address of the boot page, image and RAM mapped by
 * page tables that are not ours, no stack.
 *
 * GS base is made 0, so that per-CPU accesses reach their templates in the image
 * until setup_per_cpu_areas() has made copies.  Page tables are replaced in
 * paging_init(), exceptions work from lol_early_traps() on, in C.
 *
 * The notes tell the monitor which contract this kernel speaks and where its site
 * records are.
 */
#include <linux/init.h>
#include <linux/elfnote.h>
#include <linux/linkage.h>
#include <asm/msr-index.h>
#include <asm/thread_info.h>
#include <lol/version.h>

	__HEAD
SYM_CODE_START(startup_64)
	cld
	movl	$MSR_GS_BASE, %ecx
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr

	/* The topmost frame: where user registers will be if init becomes a user task. */
	leaq	init_thread_union + THREAD_SIZE - 168(%rip), %rsp
	xorl	%ebp, %ebp
	movq	%rsi, %rdi
	call	lol_start_kernel
	ud2
SYM_CODE_END(startup_64)

ELFNOTE(lol, LOL_NOTE_VERSION, .long LOL_ABI_VERSION)
ELFNOTE(lol, LOL_NOTE_SITES, .quad __start_lol_sites; .quad __stop_lol_sites)

	.section .note.GNU-stack, "", @progbits
