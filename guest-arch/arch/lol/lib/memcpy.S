/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memcpy and memmove.  Up to 64 bytes go through registers, all loads before the
 * first store, so that overlap does not matter; longer blocks are what rep movsb
 * is fast at.  memmove needs the backward direction only where the target lies
 * inside the source's block.
 */
#include <linux/export.h>
#include <linux/linkage.h>

	.text

SYM_FUNC_START(__memmove)
	movq	%rdi, %rax
	cmpq	$64, %rdx
	jbe	.Lsmall
	movq	%rdi, %rcx
	subq	%rsi, %rcx
	cmpq	%rdx, %rcx
	jae	.Lforward
	testq	%rcx, %rcx
	jz	.Ldone

	/* Backward, 32 bytes at a time; the head is loaded before it is overwritten. */
	movq	(%rsi), %r8
	movq	8(%rsi), %r9
	pushq	16(%rsi)
	pushq	24(%rsi)
.Lback:
	movq	-8(%rsi,%rdx), %rcx
	movq	-16(%rsi,%rdx), %r10
	movq	-24(%rsi,%rdx), %r11
	pushq	-32(%rsi,%rdx)
	movq	%rcx, -8(%rdi,%rdx)
	movq	%r10, -16(%rdi,%rdx)
	movq	%r11, -24(%rdi,%rdx)
	popq	-32(%rdi,%rdx)
	subq	$32, %rdx
	cmpq	$32, %rdx
	ja	.Lback
	popq	24(%rdi)
	popq	16(%rdi)
	movq	%r9, 8(%rdi)
	movq	%r8, (%rdi)
.Ldone:
	RET
SYM_FUNC_END(__memmove)
SYM_FUNC_ALIAS(memmove, __memmove)
EXPORT_SYMBOL(__memmove)
EXPORT_SYMBOL(memmove)

SYM_FUNC_START(__memcpy)
	movq	%rdi, %rax
	cmpq	$64, %rdx
	jbe	.Lsmall
.Lforward:
	movq	%rdx, %rcx
	rep movsb
	RET

.Lsmall:
	cmpl	$32, %edx
	ja	.L33_64
	cmpl	$16, %edx
	jae	.L16_32
	cmpl	$8, %edx
	jae	.L8_15
	cmpl	$4, %edx
	jae	.L4_7
	subl	$1, %edx
	jb	.Lnone
	/* One to three bytes: first, middle and last, which may be the same. */
	movzbl	(%rsi), %ecx
	movzbl	(%rsi,%rdx), %r8d
	movl	%edx, %r10d
	shrl	$1, %r10d
	movzbl	(%rsi,%r10), %r9d
	movb	%cl, (%rdi)
	movb	%r9b, (%rdi,%r10)
	movb	%r8b, (%rdi,%rdx)
.Lnone:
	RET
.L4_7:
	movl	(%rsi), %ecx
	movl	-4(%rsi,%rdx), %r8d
	movl	%ecx, (%rdi)
	movl	%r8d, -4(%rdi,%rdx)
	RET
.L8_15:
	movq	(%rsi), %rcx
	movq	-8(%rsi,%rdx), %r8
	movq	%rcx, (%rdi)
	movq	%r8, -8(%rdi,%rdx)
	RET
.L16_32:
	movq	(%rsi), %rcx
	movq	8(%rsi), %r8
	movq	-16(%rsi,%rdx), %r9
	movq	-8(%rsi,%rdx), %r10
	movq	%rcx, (%rdi)
	movq	%r8, 8(%rdi)
	movq	%r9, -16(%rdi,%rdx)
	movq	%r10, -8(%rdi,%rdx)
	RET
.L33_64:
	pushq	%rbx
	pushq	%r12
	movq	(%rsi), %rcx
	movq	8(%rsi), %r8
	movq	16(%rsi), %r9
	movq	24(%rsi), %r10
	movq	-32(%rsi,%rdx), %r11
	movq	-24(%rsi,%rdx), %rbx
	movq	-16(%rsi,%rdx), %r12
	movq	-8(%rsi,%rdx), %rsi
	movq	%rcx, (%rdi)
	movq	%r8, 8(%rdi)
	movq	%r9, 16(%rdi)
	movq	%r10, 24(%rdi)
	movq	%r11, -32(%rdi,%rdx)
	movq	%rbx, -24(%rdi,%rdx)
	movq	%r12, -16(%rdi,%rdx)
	movq	%rsi, -8(%rdi,%rdx)
	popq	%r12
	popq	%rbx
	RET
SYM_FUNC_END(__memcpy)
SYM_FUNC_ALIAS(memcpy, __memcpy)
EXPORT_SYMBOL(__memcpy)
EXPORT_SYMBOL(memcpy)
