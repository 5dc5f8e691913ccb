/* SPDX-License-Identifier: GPL-2.0-only */
/* memset: short blocks by overlapping stores, longer ones by rep stosb. */
#include <linux/export.h>
#include <linux/linkage.h>

	.text

SYM_FUNC_START(__memset)
	movq	%rdi, %r9
	movzbl	%sil, %eax
	cmpq	$64, %rdx
	ja	.Llong
	movabsq	$0x0101010101010101, %rcx
	imulq	%rcx, %rax
	cmpl	$8, %edx
	jb	.Lbytes
	movq	%rax, -8(%rdi,%rdx)
	leal	-1(%rdx), %ecx
	shrl	$3, %ecx
	jz	.Lone
.Lwords:
	movq	%rax, (%rdi)
	addq	$8, %rdi
	decl	%ecx
	jnz	.Lwords
.Lone:
	movq	%r9, %rax
	RET
.Lbytes:
	testl	%edx, %edx
	jz	.Lone
.Lbyte:
	movb	%al, -1(%rdi,%rdx)
	decl	%edx
	jnz	.Lbyte
	movq	%r9, %rax
	RET
.Llong:
	movq	%rdx, %rcx
	rep stosb
	movq	%r9, %rax
	RET
SYM_FUNC_END(__memset)
SYM_FUNC_ALIAS(memset, __memset)
EXPORT_SYMBOL(__memset)
EXPORT_SYMBOL(memset)
