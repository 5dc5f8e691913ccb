/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of the toy guest.  Every event pushes struct frame (toy.c) and calls
 * event(frame); user code is a few instructions, copied to a user page.
 */
#include <lol/layout.h>
#include <lol/version.h>

	.section .note.lol, "a"
	.balign 4
	.long 4, 4, LOL_NOTE_VERSION
	.asciz "lol"
	.long LOL_ABI_VERSION
	.long 4, 16, LOL_NOTE_SITES
	.asciz "lol"
	.quad first_site, last_site

	.text
	.globl start
start:
	leaq stack_top(%rip), %rsp
	movq %rsi, %rdi
	xorl %ebp, %ebp
	call main
1:	hlt
	jmp 1b

/* LSTAR: the stack is the user's; gs:0 is a scratch word, gs:8 the kernel stack. */
	.globl syscall_entry
syscall_entry:
	swapgs
	movq %rsp, %gs:0
	movq %gs:8, %rsp
	pushq $LOL_USER_DS
	pushq %gs:0
	pushq %r11
	pushq $LOL_USER_CS
	pushq %rcx
	pushq $0
	pushq $0x100
	call save
	addq $16, %rsp
	popq %rcx
	addq $8, %rsp
	popq %r11
	popq %rsp
	swapgs
	sysretq

/* On entry: [vector][error][frame].  Pushes the registers, calls event(), pops them. */
save:
	popq %gs:16
	pushq %rax
	pushq %rbx
	pushq %rcx
	pushq %rdx
	pushq %rsi
	pushq %rdi
	pushq %rbp
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, %rdi
	pushq %gs:16
	pushq $0
	call event
	addq $8, %rsp
	popq %gs:16
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rbp
	popq %rdi
	popq %rsi
	popq %rdx
	popq %rcx
	popq %rbx
	popq %rax
	jmpq *%gs:16

common:
	testb $3, 24(%rsp)
	jz 1f
	swapgs
1:	call save
	testb $3, 24(%rsp)
	jz 2f
	swapgs
2:	addq $16, %rsp
	iretq

	.globl vectors
	.balign 16
vectors:
	n = 0
	.rept 256
	.balign 16
	.if !((n == 8) || (n >= 10 && n <= 14) || (n == 17))
	pushq $0
	.endif
	pushq $n
	jmp common
	n = n + 1
	.endr

/* What the user does; runs at USER_CODE. */
	.globl user_code, user_code_end
user_code:
	movl $1, %eax			/* system call 1: are rcx and r11 what they should be? */
	movl $0x1111, %edi
	syscall
	movq $0x7770000, %rbx
	movl $0x2222, (%rbx)		/* page fault: the kernel maps it */
	movl $2, %eax			/* system call 2: argument is what was written */
	movl (%rbx), %edi
	syscall
	ud2				/* invalid opcode: the kernel skips it */
	movl $3, %eax			/* system call 3: goes to another root and back */
	syscall
	movl $4, %eax
	movl $1000000000, %ecx
1:	pause				/* the timer must get us out of here */
	testl %r15d, %r15d
	jz 1b
	syscall
	jmp .
user_code_end:

	.bss
	.balign 16
	.skip 16384
	.globl stack_top
stack_top:
	.skip 16384
	.globl event_stack_top
event_stack_top:
	.section .note.GNU-stack,"",@progbits
