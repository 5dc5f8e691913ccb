/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Split bridge, inside a space: the agent thread, and the user thread's ways out
 * of guest user code and into it.
 *
 * The agent shares its memory with guest user code, which may write anywhere it
 * can while the agent runs.  So it has no stack, keeps everything in registers,
 * takes no signals, and reads nothing but pages that are read-only here.  Its calls
 * need no cookie (roles.h): it runs no guest code.
 *
 * The user thread runs on its signal stack, which is shared with K: the host's
 * frame on it holds the user's registers, and stays where it is until the user
 * runs again.
 */
#include <asm/unistd.h>
#include <lol/layout.h>
#include "syscall-bridge/regs.h"

#define CLEAN_FLAGS	0x202

#define HANDOFF_OPS	0x1000
#define OPS_COUNT	4
#define OPS_GOOD	8
#define OPS_BAD		16
#define OPS_PID		24
#define OPS_ENTER	28
#define OPS_OP		32
#define OP_KIND		0
#define OP_PROT		4
#define OP_START	8
#define OP_LENGTH	16
#define OP_OFFSET	24
#define OP_SIZE		32
#define OPS_MAX		127

#define MAP_SHARED_FIXED 0x11
#define MAP_POPULATE	0x8000
#define PROT_WRITE	2
#define FEW		0x10000		/* bytes: mapped for writing, they are mostly all used soon */
#define FD_RAM		3
#define FD_BRIDGE	6
#define FUTEX_WAIT	0
#define FUTEX_WAKE	1

	.text

/*
 * long agent_start(u64 flags, ops, done, u64 pid << 32 | offset of done in the memfd,
 *		    const struct sock_fprog *filter or NULL)
 *
 * Return: as clone.
 */
	.globl agent_start
agent_start:
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsi, %r15			/* struct lol_ops */
	movq %rdx, %r14			/* struct lol_done */
	movq %rcx, %r13
	movq %r8, %r12
	xorl %esi, %esi
	xorl %edx, %edx
	xorl %r10d, %r10d
	xorl %r8d, %r8d
	movl $__NR_clone, %eax
	syscall
	testq %rax, %rax
	jz 1f
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	ret
1:	xorl %esp, %esp
	testq %r12, %r12
	jz 2f
	movl $1, %edi			/* SECCOMP_SET_MODE_FILTER */
	movl $4, %esi			/* SECCOMP_FILTER_FLAG_SPEC_ALLOW */
	movq %r12, %rdx
	movl $__NR_seccomp, %eax
	syscall
	testq %rax, %rax
	jnz agent_exit
2:	movl $1, agent_ready(%rip)
	leaq agent_ready(%rip), %rdi
	movl $FUTEX_WAKE, %esi
	movl $0x7fffffff, %edx
	movl $__NR_futex, %eax
	syscall
	xorl %ebp, %ebp			/* sequence of the last batch: words start at 0 */

agent_loop:
	movl (%r15), %eax
	cmpl %ebp, %eax
	jne agent_work
	movq %r15, %rdi
	xorl %esi, %esi			/* FUTEX_WAIT */
	movl %ebp, %edx
	xorl %r10d, %r10d
	movl $__NR_futex, %eax
	syscall
	jmp agent_loop

agent_work:
	movl %eax, %ebp
	movq %r13, %rcx
	shrq $32, %rcx
	cmpl OPS_PID(%r15), %ecx
	jne agent_loop
	movl OPS_COUNT(%r15), %r12d
	cmpl $OPS_MAX, %r12d
	ja agent_exit
	leaq OPS_OP(%r15), %rbx
	leaq OPS_GOOD(%r15), %rsp	/* what to report; no stack, so rsp is free */
1:	subl $1, %r12d
	js agent_report
	movq OP_START(%rbx), %rdi
	movq OP_LENGTH(%rbx), %rsi
	movl OP_PROT(%rbx), %edx
	movl OP_KIND(%rbx), %eax
	cmpl $1, %eax
	je 2f
	cmpl $2, %eax
	je 3f
	cmpl $3, %eax
	jne agent_exit
	movl $__NR_mprotect, %eax
	jmp 4f
2:	movl $MAP_SHARED_FIXED, %r10d
	testl $PROT_WRITE, %edx
	jz 5f
	cmpq $FEW, %rsi
	ja 5f
	orl $MAP_POPULATE, %r10d
5:	movl $FD_RAM, %r8d
	movq OP_OFFSET(%rbx), %r9
	movl $__NR_mmap, %eax
	jmp 4f
3:	movl $__NR_munmap, %eax
4:	syscall
	addq $OP_SIZE, %rbx
	cmpq $-4095, %rax
	jb 1b
	leaq OPS_BAD(%r15), %rsp
	jmp 1b

agent_report:
	movl $FD_BRIDGE, %edi
	movq %rsp, %rsi
	movl $8, %edx
	movl %r13d, %r10d
	movl $__NR_pwrite64, %eax
	syscall
	leaq 4(%r14), %rdi
	movl $FUTEX_WAKE, %esi
	movl $0x7fffffff, %edx
	movl $__NR_futex, %eax
	syscall
	cmpl $0, OPS_ENTER(%r15)
	je agent_loop
	leaq -HANDOFF_OPS(%r15), %rdi	/* lol_handoff.enter */
	movl $FUTEX_WAKE, %esi
	movl $0x7fffffff, %edx
	movl $__NR_futex, %eax
	syscall
	jmp agent_loop

agent_exit:
	xorl %edi, %edi
	movl $__NR_exit_group, %eax
	syscall
	ud2

/*
 * noreturn void user_start(u32 slot): to a stack that is not the signal stack,
 * which can be replaced then.
 */
	.globl user_start
user_start:
	leaq user_stack_top(%rip), %rsp
	xorl %ebp, %ebp
	call user_main
	ud2

/* handler(sig = edi, siginfo = rsi, ucontext = rdx) of the user thread */
	.globl user_entry
user_entry:
#ifndef LOL_WEAK_STATE	/* for tests/attack/state: the user's flags in the wedge */
	pushq $CLEAN_FLAGS
	popfq
#endif
	cmpl $0, user_confined(%rip)
	je 1f
	andq $-16, %rsp
	call user_signal
	ud2
1:	leaq user_stack_top(%rip), %rsp
	xorl %ebp, %ebp
	call user_confine
	ud2

/* noreturn void user_again(void *stack): drops what is below @stack, hands over again */
	.globl user_again
user_again:
	movq %rdi, %rsp
	xorl %ebp, %ebp
	call user_exchange
	ud2

/*
 * noreturn void user_leave(const struct lol_regs *regs, u64 cs)
 *
 * A kick in the labelled range, or before it, ends in LOL_REASON_NOT_LEFT; at its last
 * instruction the user's code has begun, but for rip.
 */
	.globl user_leave, user_leave_begin, user_leave_end, user_leave_last
user_leave:
user_leave_begin:
	cmpl $0, user_kicked(%rip)
	jne 2f
	cmpl $LOL_USER_CS, %esi
	jne 1f
	testl $FLAG_TF, REGS_RFLAGS(%rdi)
	jnz 1f
	JUMP_TO_REGS rip=user_leave_rip, rsp=user_leave_rsp, last=user_leave_last
1:	IRET_TO_REGS ss=$LOL_USER_DS, cs=%rsi
user_leave_end:
2:	andq $-16, %rsp
	call user_not_left
	ud2

	.bss
	.globl agent_ready, user_kicked, user_confined, user_leave_rip
	.balign 8
user_leave_rip:	.quad 0
user_leave_rsp:	.quad 0
agent_ready:	.long 0
user_kicked:	.long 0
user_confined:	.long 0		/* the filter is loaded */
	.balign 16
	.globl user_stack_top
	.skip 0x4000
user_stack_top:

	.section .note.GNU-stack,"",@progbits
