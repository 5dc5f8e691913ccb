/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_PROBE_PROBE_H
#define TESTS_PROBE_PROBE_H

/*
 * What the probes share: TAP (tests/guest/tap.h) and a way to run one
 * instruction and learn what the host made of it.
 *
 * Signals are handled as the wedge handles them: on an alternate stack, with
 * clean flags, and left by XRSTOR and iretq instead of rt_sigreturn.  So every
 * probe relies on what no-sigreturn proves: read its result first.
 *
 * Compile with -mno-red-zone: the code in TRY() pushes.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "tests/guest/tap.h"

#define FLAG_TF		0x100UL
#define FLAG_IF		0x200UL
#define FLAG_DF		0x400UL
#define FLAG_NT		0x4000UL
#define FLAG_AC		0x40000UL
#define FLAG_ID		0x200000UL

#define PAGE		4096UL

void probe_entry(void);
__attribute__((noreturn)) void probe_leave(const greg_t *regs, const void *fp);

/*
 * probe_entry: signal handler; AC and NT may be set, and either would fault.
 * probe_leave: vector state first, then general registers only, then rip,
 * rflags and rsp at once.  Offsets are those of gregset_t: r8 .. r15, rdi, rsi,
 * rbp, rbx, rdx, rax, rcx, rsp, rip, rflags, then cs, gs, fs, ss of 16 bits.
 */
#define PROBE_LOAD_REGS		/* but rdi, rcx, rsp */						\
	"	movq 0(%rdi), %r8\n	movq 8(%rdi), %r9\n	movq 16(%rdi), %r10\n"			\
	"	movq 24(%rdi), %r11\n	movq 32(%rdi), %r12\n	movq 40(%rdi), %r13\n"			\
	"	movq 48(%rdi), %r14\n	movq 56(%rdi), %r15\n	movq 72(%rdi), %rsi\n"			\
	"	movq 80(%rdi), %rbp\n	movq 88(%rdi), %rbx\n	movq 96(%rdi), %rdx\n"			\
	"	movq 104(%rdi), %rax\n"

asm(	".pushsection .text\n"
	"	.globl probe_entry, probe_leave\n"
	"probe_entry:\n"
	"	pushq $0x202\n"
	"	popfq\n"
	"	jmp probe_handler\n"
	"probe_leave:\n"
	"	movl 472(%rsi), %eax\n"		/* the components in the frame: see frame-xfeatures */
	"	movl 476(%rsi), %edx\n"
	"	xrstor64 (%rsi)\n"
	"	movzwl 150(%rdi), %eax\n"
	"	pushq %rax\n"
	"	pushq 120(%rdi)\n"
	"	pushq 136(%rdi)\n"
	"	movzwl 144(%rdi), %eax\n"
	"	pushq %rax\n"
	"	pushq 128(%rdi)\n"
	PROBE_LOAD_REGS
	"	movq 112(%rdi), %rcx\n"
	"	movq 64(%rdi), %rdi\n"
	"	iretq\n"
	".popsection\n");

/* What the last TRY() met; signal is 0 if nothing. */
struct trap {
	int signal, code, arch, nr;
	uint64_t number, error, cr2;	/* trap number, error code */
	uint64_t address, call;		/* si_addr; of SIGSYS, si_call_addr */
	uint64_t at, resume;		/* the instruction, and what follows it */
	greg_t regs[NGREG];
};

static struct trap trap;
__attribute__((used)) static uint64_t trap_at, trap_resume, trap_rsp, trap_rbp;

/* If set, called first; returns to have the signal treated as that of a TRY(). */
__attribute__((unused)) static void (*trap_hook)(int signal, siginfo_t *info, ucontext_t *uc);

#define PROBE_STACK	0x20000
__attribute__((aligned(4096))) static char probe_stack[PROBE_STACK];

__attribute__((used, noreturn))
static void probe_handler(int signal, siginfo_t *info, ucontext_t *uc)
{
	greg_t *regs = uc->uc_mcontext.gregs;

	if (trap_hook)
		trap_hook(signal, info, uc);
	if (!trap_resume) {
		static const char text[] = "Bail out! unexpected signal\n";

		_exit(write(1, text, sizeof(text) - 1) < 0 ? 98 : 99);
	}
	trap.signal = signal;
	trap.code = info->si_code;
	trap.address = (uint64_t)info->si_addr;
	trap.call = signal == SIGSYS ? (uint64_t)info->si_call_addr : 0;
	trap.nr = signal == SIGSYS ? info->si_syscall : 0;
	trap.arch = signal == SIGSYS ? (int)info->si_arch : 0;
	trap.number = regs[REG_TRAPNO];
	trap.error = regs[REG_ERR];
	trap.cr2 = regs[REG_CR2];
	trap.at = trap_at;
	trap.resume = trap_resume;
	for (int i = 0; i < NGREG; i++)
		trap.regs[i] = regs[i];
	regs[REG_RIP] = trap_resume;
	regs[REG_RSP] = trap_rsp;
	regs[REG_RBP] = trap_rbp;
	regs[REG_EFL] &= ~(FLAG_TF | FLAG_NT | FLAG_AC | FLAG_DF);
	regs[REG_CSGSFS] = (regs[REG_CSGSFS] & 0xffffffff0000) | 0x33 | 0x2bLL << 48;
	trap_resume = 0;
	probe_leave(regs, uc->uc_mcontext.fpregs);
}

/*
 * TRY(before, insn, after, rdi) - run @before, then one instruction, then @after
 *
 * @after runs whether or not the instruction trapped, with rsp and rbp as they
 * were before @before.  Value: the signal, 0 for none; more in struct trap.
 */
#define TRY(before, insn, after, rdi) ({					\
	uint64_t rdi_ = (uint64_t)(rdi);					\
	trap.signal = 0;							\
	asm volatile("leaq 8f(%%rip), %%rax\n\tmovq %%rax, trap_at(%%rip)\n\t"	\
		     "leaq 9f(%%rip), %%rax\n\tmovq %%rax, trap_resume(%%rip)\n\t" \
		     "movq %%rsp, trap_rsp(%%rip)\n\tmovq %%rbp, trap_rbp(%%rip)\n\t" \
		     "xorl %%eax, %%eax\n\txorl %%ecx, %%ecx\n\txorl %%edx, %%edx\n\t" \
		     before "\n8:\t" insn "\n9:\t" after			\
		     : "+D"(rdi_) : : "rax", "rbx", "rcx", "rdx", "rsi", "r8", "r9", \
		     "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");	\
	trap_resume = 0;							\
	trap.signal; })

/* Handler @entry for a signal, as the wedge installs it. */
__attribute__((unused))
static void probe_handle(int signal, void (*entry)(void))
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART };

	action.sa_sigaction = (void (*)(int, siginfo_t *, void *))(uintptr_t)entry;
	must(sigaction(signal, &action, NULL));
}

/* All faults and SIGSYS to probe_entry, on the alternate stack. */
__attribute__((unused))
static void probe_setup(void)
{
	static const int signals[] = { SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS };
	stack_t stack = { .ss_sp = probe_stack, .ss_size = sizeof(probe_stack) };

	must(sigaltstack(&stack, NULL));
	for (unsigned int i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		probe_handle(signals[i], probe_entry);
}

/* The calling thread's calls pass this filter from now on. */
__attribute__((unused))
static void probe_filter(struct sock_filter *filter, unsigned short length)
{
	struct sock_fprog program = { length, filter };

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program));
}
#define FILTER_LENGTH(filter)	(sizeof(filter) / sizeof((filter)[0]))

/* Memory both sides of a fork see. */
__attribute__((unused))
static void *shared_page(void)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		bail("mmap");
	return p;
}

#endif
