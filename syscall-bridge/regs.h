/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_REGS_H
#define LOL_REGS_H

/* Offsets of struct lol_regs, for assembly; signal.c asserts that they are right. */
#define REGS_R8		0
#define REGS_R9		8
#define REGS_R10	16
#define REGS_R11	24
#define REGS_R12	32
#define REGS_R13	40
#define REGS_R14	48
#define REGS_R15	56
#define REGS_RDI	64
#define REGS_RSI	72
#define REGS_RBP	80
#define REGS_RBX	88
#define REGS_RDX	96
#define REGS_RAX	104
#define REGS_RCX	112
#define REGS_RSP	120
#define REGS_RIP	128
#define REGS_RFLAGS	136

#ifdef __ASSEMBLER__
/* All general registers but rsp from the struct lol_regs at rdi. */
.macro LOAD_REGS
	movq REGS_R8(%rdi), %r8
	movq REGS_R9(%rdi), %r9
	movq REGS_R10(%rdi), %r10
	movq REGS_R11(%rdi), %r11
	movq REGS_R12(%rdi), %r12
	movq REGS_R13(%rdi), %r13
	movq REGS_R14(%rdi), %r14
	movq REGS_R15(%rdi), %r15
	movq REGS_RSI(%rdi), %rsi
	movq REGS_RBP(%rdi), %rbp
	movq REGS_RBX(%rdi), %rbx
	movq REGS_RDX(%rdi), %rdx
	movq REGS_RAX(%rdi), %rax
	movq REGS_RCX(%rdi), %rcx
	movq REGS_RDI(%rdi), %rdi
.endm

/* Goes on with the registers of the struct lol_regs at rdi.  Uses 40 bytes of stack. */
.macro IRET_TO_REGS ss:req, cs:req
	pushq \ss
	pushq REGS_RSP(%rdi)
	pushq REGS_RFLAGS(%rdi)
	pushq \cs
	pushq REGS_RIP(%rdi)
	LOAD_REGS
	iretq
.endm

#define FLAG_TF	0x100		/* with it there is no way but iretq */

/*
 * The same where TF is clear and cs and ss are as they are now; iretq takes 50 ns longer.
 * A signal at the last instruction, \last, finds all registers loaded but rip, which is in
 * \rip; its frame lies at the top of the signal stack, since rsp has left that.
 */
.macro JUMP_TO_REGS rip:req, rsp:req, last:req
	movq REGS_RIP(%rdi), %rax
	movq %rax, \rip(%rip)
	movq REGS_RSP(%rdi), %rax
	movq %rax, \rsp(%rip)
	pushq REGS_RFLAGS(%rdi)
	LOAD_REGS
	popfq
	movq \rsp(%rip), %rsp
\last:	jmpq *\rip(%rip)
.endm
#endif

#endif
