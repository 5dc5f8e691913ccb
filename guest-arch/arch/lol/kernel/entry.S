/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways into the kernel and out of it.
 *
 * In: the system call instruction (LSTAR), exceptions and interrupts (IDT).
 * Each builds a struct pt_regs at the place it finds itself, swaps in the
 * kernel's GS base if it came from user mode, and calls C with rbp pointing one
 * byte into the registers, which tells the unwinder that a register frame
 * follows.  C works on an aligned stack; rbx remembers where the registers are.
 *
 * What hardware guarantees and we rely on: gates and FMASK turn interrupts off;
 * a gate from user mode starts on TSS.rsp0, the top of the task's kernel stack,
 * so that user registers always end there.  At LSTAR the stack is still the
 * user's: nothing is pushed before it is replaced.
 *
 * Out: user registers are restored with interrupts off; the frame goes by iretq,
 * or by sysretq where C says that this gives the same.  If iretq refuses a user
 * frame (a tracer or a signal frame may put anything in it), the exception hits
 * lol_iret_user with the user's GS base in place; the common path recognises
 * the address and makes it look as if it had come from user mode.
 */
#include <linux/linkage.h>
#include <asm/ptrace-abi.h>
#include <asm/segment.h>
#include <asm/trapnr.h>
#include <asm/traps.h>
#include <linux/errno.h>

/* On the stack: ss, rsp, flags, cs, rip, orig_ax, rdi. */
.macro PUSH_REST ax=%rax
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	\ax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

/* Leaves rsp at orig_ax. */
.macro POP_REGS
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
.endm

/* Calls C with the registers at rsp; they are at rsp again afterwards. */
.macro CALL_C function
	leaq	1(%rsp), %rbp
	movq	%rsp, %rbx
	andq	$-16, %rsp
	call	\function
	movq	%rbx, %rsp
.endm

	.section .entry.text, "ax"

SYM_CODE_START(lol_syscall_entry)
	swapgs
	movq	%rsp, %gs:entry_user_sp(%rip)
	movq	%gs:cpu_stack_top(%rip), %rsp
	pushq	$__USER_DS
	pushq	%gs:entry_user_sp(%rip)
	pushq	%r11
	pushq	$__USER_CS
	pushq	%rcx
	pushq	%rax
	pushq	%rdi
	PUSH_REST ax=$-ENOSYS

	movq	%rsp, %rdi
	movl	%eax, %esi
	CALL_C	do_syscall_64
	testb	%al, %al
	jz	return_to_user

	/* rcx and r11 hold rip and flags, as C has made sure. */
	POP_REGS
	movq	RSP - ORIG_RAX(%rsp), %rsp
	swapgs
	sysretq
SYM_CODE_END(lol_syscall_entry)

/*
 * One stub per vector, LOL_ENTRY_STRIDE bytes apart: the word in place of
 * orig_ax (the error code, or -1), rdi, and the vector in edi.
 */
	.balign	LOL_ENTRY_STRIDE
SYM_CODE_START(lol_exception_entries)
	vector = 0
	.rept	LOL_NR_EXCEPTIONS
	.balign	LOL_ENTRY_STRIDE
	.if	vector != X86_TRAP_DF && (vector < X86_TRAP_TS || vector > X86_TRAP_PF) && \
		vector != X86_TRAP_AC && vector != X86_TRAP_CP
	pushq	$0
	.endif
	pushq	%rdi
	movl	$vector, %edi
	jmp	exception_common
	vector = vector + 1
	.endr
SYM_CODE_END(lol_exception_entries)

	.balign	LOL_ENTRY_STRIDE
SYM_CODE_START(lol_irq_entries)
	vector = LOL_NR_EXCEPTIONS
	.rept	256 - LOL_NR_EXCEPTIONS
	.balign	LOL_ENTRY_STRIDE
	pushq	$-1
	pushq	%rdi
	movl	$vector, %edi
	jmp	irq_common
	vector = vector + 1
	.endr
SYM_CODE_END(lol_irq_entries)

SYM_CODE_START_LOCAL(exception_common)
	PUSH_REST
	cld
	movl	%edi, %r12d
	testb	$USER_RPL, CS(%rsp)
	jz	.Lfrom_kernel
	swapgs
.Lhandle:
	movq	%rsp, %rdi
	movl	%r12d, %esi
	movq	ORIG_RAX(%rsp), %rdx
	movq	$-1, ORIG_RAX(%rsp)
	CALL_C	lol_exception
	testb	$USER_RPL, CS(%rsp)
	jnz	return_to_user
	jmp	return_to_kernel

.Lfrom_kernel:
	leaq	lol_iret_user(%rip), %rax
	cmpq	%rax, RIP(%rsp)
	jne	.Lhandle
	swapgs
	movq	%rsp, %rdi
	CALL_C	fixup_bad_iret
	movq	%rax, %rsp
	jmp	.Lhandle
SYM_CODE_END(exception_common)

SYM_CODE_START_LOCAL(irq_common)
	PUSH_REST
	cld
	movl	%edi, %esi
	testb	$USER_RPL, CS(%rsp)
	jz	1f
	swapgs
1:	movq	%rsp, %rdi
	CALL_C	lol_handle_irq
	testb	$USER_RPL, CS(%rsp)
	jnz	return_to_user
	jmp	return_to_kernel
SYM_CODE_END(irq_common)

SYM_CODE_START_LOCAL(return_to_user)
	POP_REGS
	addq	$8, %rsp
	swapgs
SYM_INNER_LABEL(lol_iret_user, SYM_L_GLOBAL)
	iretq
SYM_CODE_END(return_to_user)

SYM_CODE_START_LOCAL(return_to_kernel)
	POP_REGS
	addq	$8, %rsp
	iretq
SYM_CODE_END(return_to_kernel)

/*
 * A new task's first instruction: __switch_to() returns here with the previous
 * task in rax; copy_thread() has put the kernel function, if any, in rbx and
 * its argument in r12.
 */
SYM_CODE_START(ret_from_fork_asm)
	movq	%rax, %rdi
	movq	%rsp, %rsi
	movq	%rbx, %rdx
	movq	%r12, %rcx
	CALL_C	ret_from_fork
	jmp	return_to_user
SYM_CODE_END(ret_from_fork_asm)

	.text

/*
 * struct task_struct *__switch_to_asm(prev, next, &prev's sp, next's sp)
 *
 * Interrupts are off.  What is pushed is struct inactive_task_frame.
 */
SYM_FUNC_START(__switch_to_asm)
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdx)
	movq	%rcx, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	jmp	__switch_to
SYM_FUNC_END(__switch_to_asm)

	.section .note.GNU-stack, "", @progbits
