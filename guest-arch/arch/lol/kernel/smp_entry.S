/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where another CPU begins: in the address space of the CPU that started it, with
 * the kernel mapped, interrupts off and nothing else promised.  It takes what it
 * needs from lol_secondary (smp.c) and goes on in C.
 */
#include <linux/linkage.h>
#include <asm/msr-index.h>

	.text
SYM_CODE_START(secondary_startup)
	cli
	cld
	movq	lol_secondary+16(%rip), %rax
	movq	%rax, %cr4

	movl	$MSR_EFER, %ecx
	movl	lol_secondary+24(%rip), %eax
	movl	lol_secondary+28(%rip), %edx
	wrmsr

	movl	$MSR_GS_BASE, %ecx
	movl	lol_secondary+8(%rip), %eax
	movl	lol_secondary+12(%rip), %edx
	wrmsr

	movq	lol_secondary(%rip), %rsp
	xorl	%ebp, %ebp
	call	lol_secondary_start
	ud2
SYM_CODE_END(secondary_startup)

	.section .note.GNU-stack, "", @progbits
