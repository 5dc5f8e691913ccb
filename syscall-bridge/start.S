/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The wedge's assembly: entries from host signals and from rewritten sites, and
 * the ways back into guest code.
 *
 * One stack serves both kinds of entry: it is the alternate signal stack, so a
 * signal that arrives while the wedge runs is pushed below what is in use, and
 * one that arrives in guest code starts at the top.
 *
 * Labelled ranges.  An interrupt that becomes due after the last test of
 * lol_vcpu.pending and before guest code runs would be forgotten.  From that
 * test on the code lies between two labels; a kick that lands there is treated
 * by signal.c as one that came an instant later:
 *
 *   leave_begin .. leave_end      the exit is done over, from its start
 *   leave_last                    the user's or kernel's registers but rip, which is leave_rip
 *   sysret_commit .. sysret_end   the user's registers are rcx, r11, sysret_rsp
 *   iret_commit .. iret_end       the user's frame is at rsp
 *
 * Host state on entry of a signal: the flags AC, NT and ID are whatever guest
 * code left, and either of the first two would fault in here.  So each entry
 * loads clean flags first.
 */
#include <lol/layout.h>
#include "syscall-bridge/regs.h"

/* wedge_vcpu: LOL_WEDGE_VCPU, from wedge.lds */
#define VCPU_VIF	wedge_vcpu + 0x00
#define VCPU_CPL	wedge_vcpu + 0x01
#define VCPU_PENDING	wedge_vcpu + 0x04

#define CLEAN_FLAGS	0x202

/*
 * What the host saved in a frame, from the words it leaves to software.  A mask
 * of all ones would reach behind the frame where the CPU knows more components
 * (AMX) than the process uses: tests/probe/frame-xfeatures.
 */
#define FRAME_XFEATURES	472

	.text

/* The kernel of the host enters here after exec, rsp on its stack. */
	.globl _start
_start:
	pushq $CLEAN_FLAGS
	popfq
	movq %rsp, %rdi
	leaq wedge_stack_top(%rip), %rsp
	xorl %ebp, %ebp
	call zygote
	ud2

/* handler(sig = edi, siginfo = rsi, ucontext = rdx) */
	.globl signal_entry
signal_entry:
	pushq $CLEAN_FLAGS
	popfq
	andq $-16, %rsp
	call signal_handler
	ud2

/*
 * noreturn void leave(struct lol_regs *regs, void *fp)
 *
 * iretq is the one instruction that loads rip, rflags (TF and all) and rsp at
 * once; it works at ring 3 between equal privilege levels.  It is slow, and seldom needed.
 */
	.globl leave, leave_begin, leave_end, leave_last
leave:
	/* what a kick needs to do the exit over: see signal.c */
	movq %rdi, leave_regs(%rip)
	movq %rsi, leave_fp(%rip)
	leaq -256(%rdi), %rsp
leave_begin:
	testq %rsi, %rsi
	jz 1f
	movl FRAME_XFEATURES(%rsi), %eax
	movl FRAME_XFEATURES+4(%rsi), %edx
	xrstor64 (%rsi)
1:	cmpb $0, VCPU_VIF(%rip)
	je 2f
	cmpl $0, VCPU_PENDING(%rip)
	jne 3f
2:	cmpl $LOL_USER_CS, leave_cs(%rip)
	jne 4f
	testl $FLAG_TF, REGS_RFLAGS(%rdi)
	jnz 4f
	JUMP_TO_REGS rip=leave_rip, rsp=leave_rsp, last=leave_last
4:	IRET_TO_REGS ss=leave_ss(%rip), cs=leave_cs(%rip)
leave_end:
3:	andq $-16, %rsp
	call resume
	ud2

/*
 * noreturn void return_inside(struct lol_regs *regs, void *fp)
 *
 * Back into the wedge after a signal that interrupted it.  Neither tests for
 * interrupts nor touches what leave() remembers.
 */
	.globl return_inside
return_inside:
	testq %rsi, %rsi
	jz 1f
	movl FRAME_XFEATURES(%rsi), %eax
	movl FRAME_XFEATURES+4(%rsi), %edx
	xrstor64 (%rsi)
1:	IRET_TO_REGS ss=$LOL_USER_DS, cs=$LOL_USER_CS

/* Builds struct lol_regs on the wedge stack from live registers; rip is a number. */
.macro SAVE_REGS rsp:req, rip:req
	leaq wedge_stack_top(%rip), %rsp
	pushfq
	pushq \rip
	pushq \rsp
	pushq %rcx
	pushq %rax
	pushq %rdx
	pushq %rbx
	pushq %rbp
	pushq %rsi
	pushq %rdi
	pushq %r15
	pushq %r14
	pushq %r13
	pushq %r12
	pushq %r11
	pushq %r10
	pushq %r9
	pushq %r8
	pushq $CLEAN_FLAGS
	popfq
	movq %rsp, %rdi
.endm

/* The site's index is in the vCPU page; no guest stack is used. */
.macro SLOT name:req, function:req
	.globl \name
\name:
	movq %rsp, slot_rsp(%rip)
	SAVE_REGS slot_rsp(%rip), $0
	call \function
	ud2
.endm

	SLOT slot_emulate, emulate_slot			/* LOL_SLOT_EMULATE */
	SLOT slot_sysret_elsewhere, sysret_slot		/* LOL_SLOT_SYSRET where user code runs elsewhere */

/* LOL_SLOT_INTERRUPT: called, so the way back is on the guest's stack. */
	.globl slot_interrupt
slot_interrupt:
	popq slot_rip(%rip)
	movq %rsp, slot_rsp(%rip)
	SAVE_REGS slot_rsp(%rip), slot_rip(%rip)
	xorl %esi, %esi
	call resume
	ud2

/*
 * LOL_SLOT_IRET: the frequent case, a return to 64-bit user code with nothing
 * pending, is done here on the guest's own frame.  The rest goes to the emulator.
 */
	.globl slot_iret, iret_commit, iret_end
slot_iret:
	movq %rax, slot_rax(%rip)
	cmpl $LOL_USER_CS, 8(%rsp)
	jne 9f
	cmpl $LOL_USER_DS, 32(%rsp)
	jne 9f
	movl 16(%rsp), %eax
	andl $0x4200, %eax		/* IF set, NT clear */
	cmpl $0x200, %eax
	jne 9f
	cmpl $0x8000, 4(%rsp)		/* rip below 2^47 */
	jae 9f
	movq slot_rax(%rip), %rax
iret_commit:
	movb $1, VCPU_VIF(%rip)
	movb $3, VCPU_CPL(%rip)
	cmpl $0, VCPU_PENDING(%rip)
	jne 8f
	iretq
iret_end:
8:	movb $0, VCPU_VIF(%rip)
	movb $0, VCPU_CPL(%rip)
	jmp slot_emulate
9:	movq slot_rax(%rip), %rax
	jmp slot_emulate

/* LOL_SLOT_SYSRET: likewise; rcx and r11 hold what they will hold. */
	.globl slot_sysret, sysret_commit, sysret_end
slot_sysret:
	movq %rsp, sysret_rsp(%rip)
	movq %rcx, sysret_rip(%rip)
	leaq wedge_stack_top(%rip), %rsp
	cmpl $0x8000, sysret_rip+4(%rip)
	jae 9f
	pushq %r11
	andl $0x4300, (%rsp)		/* IF set, TF and NT clear */
	cmpl $0x200, (%rsp)
	jne 9f
sysret_commit:
	movb $1, VCPU_VIF(%rip)
	movb $3, VCPU_CPL(%rip)
	cmpl $0, VCPU_PENDING(%rip)
	jne 8f
	pushq %r11
	popfq
	movq sysret_rsp(%rip), %rsp
	jmpq *sysret_rip(%rip)
sysret_end:
8:	movb $0, VCPU_VIF(%rip)
	movb $0, VCPU_CPL(%rip)
9:	movq sysret_rsp(%rip), %rsp
	jmp slot_emulate

/*
 * int guarded_fp(void *area, u64 mask, u32 operation)
 *
 * Runs one instruction of the xsave family on guest memory.  A #GP or #UD in
 * the range is the guest's: signal.c continues at guarded_fault.
 */
	.globl guarded_fp, guarded_begin, guarded_end, guarded_fault
guarded_fp:
	movl %edx, %ecx
	movl %esi, %eax
	movq %rsi, %rdx
	shrq $32, %rdx
guarded_begin:
	cmpl $1, %ecx
	jb 1f
	je 2f
	cmpl $3, %ecx
	jb 3f
	je 4f
	fxrstor64 (%rdi)
	jmp 5f
1:	xsave64 (%rdi)
	jmp 5f
2:	xsavec64 (%rdi)
	jmp 5f
3:	fxsave64 (%rdi)
	jmp 5f
4:	xrstor64 (%rdi)
5:	xorl %eax, %eax
	ret
guarded_end:
guarded_fault:
	movl $1, %eax
	ret

/* noreturn void wait_turn(void): what was on the stack is gone. */
	.globl wait_turn
wait_turn:
	leaq wedge_stack_top-1024(%rip), %rsp	/* room for struct lol_regs */
	xorl %ebp, %ebp
	call run_at_turn
	ud2

	.section .data
	.globl leave_cs, leave_ss
leave_cs:	.quad LOL_USER_CS
leave_ss:	.quad LOL_USER_DS

	.bss
	.globl leave_regs, leave_fp, leave_rip, sysret_rsp, sysret_rip, slot_rsp
	.balign 8
leave_regs:	.quad 0
leave_fp:	.quad 0
leave_rip:	.quad 0
leave_rsp:	.quad 0
sysret_rsp:	.quad 0
sysret_rip:	.quad 0
slot_rsp:	.quad 0
slot_rip:	.quad 0
slot_rax:	.quad 0

	/* 128 KiB: several host frames, which AMX can make 12 KiB each, deep */
	.balign 4096
	.globl wedge_stack, wedge_stack_top
wedge_stack:
	.skip 0x20000
wedge_stack_top:

	.section .note.GNU-stack,"",@progbits
