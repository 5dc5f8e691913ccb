// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: a seccomp filter on instruction pointer and number lets one page make
 * its calls and turns every other into SIGSYS with all registers as the
 * instruction left them (rax the full number, rcx rip, r11 flags).  Children
 * inherit it.  It sees x32 numbers, int 0x80 and sysenter (by arch) and the
 * vsyscall page, none of which gets past it.
 * Relied on by: host/filters.c (which does not use the instruction pointer) and system_call() of signal.c.
 */
#include "tests/probe/probe.h"
#include <linux/audit.h>
#include <stddef.h>

#define JUNK	(0xdead0000UL << 32)	/* the upper half of rax says nothing */
#define VSYSCALL	0xffffffffff600000UL

long inside(long nr, long a, long b, long c);
extern char inside_begin[], inside_end[];

asm(	"	.text\n	.globl inside, inside_begin, inside_end\n	.balign 4096\n"
	"inside_begin:\n"
	"inside: movq %rdi, %rax\n	movq %rsi, %rdi\n	movq %rdx, %rsi\n	movq %rcx, %rdx\n"
	"	xorl %r10d, %r10d\n	syscall\n	ret\n"
	"	.balign 4096\n"
	"inside_end:\n");

struct results {
	struct trap call, x32, int80, sysenter, vsyscall;
	long pid, child;
};

static void filter_load(void)
{
	uint64_t begin = (uint64_t)inside_begin;
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, begin >> 32, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)begin, 0, 3),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)begin + PAGE, 2, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	probe_filter(filter, FILTER_LENGTH(filter));
}

#define ATTEMPT(before, insn, rdi, to) (TRY(before, insn, "", rdi), (to) = trap)

static void confined(struct results *r, uint64_t low)
{
	long pid;
	int status = -1;

	filter_load();
	ATTEMPT("movl $2, %%esi\n\tmovl $3, %%edx\n\tmovl $4, %%r10d\n\tmovl $5, %%r8d\n\tmovl $6, %%r9d\n\t"
		"movabsq $0xdead000000000027, %%rax", "syscall", 1, r->call);
	r->pid = inside(SYS_getpid, 0, 0, 0);
	pid = inside(SYS_fork, 0, 0, 0);
	if (!pid) {
		TRY("movl $39, %%eax", "syscall", "", 0);
		inside(SYS_exit_group, trap.signal == SIGSYS && inside(SYS_getpid, 0, 0, 0) > 0 ? 42 : 1, 0, 0);
	}
	inside(SYS_wait4, pid, (long)&status, 0);
	r->child = status;
	ATTEMPT("movl $0x40000027, %%eax", "syscall", 0, r->x32);
	ATTEMPT("movl $20, %%eax", "int $0x80", 0, r->int80);
	ATTEMPT("movq %%rdi, %%rbp\n\tmovl $20, %%eax", "sysenter", low + 64, r->sysenter);
	ATTEMPT("xorl %%esi, %%esi\n\tmovq $-0xa00000, %%rax", "call *%%rax", 0, r->vsyscall);
	inside(SYS_exit_group, 0, 0, 0);
}

int main(void)
{
	struct results *r = shared_page();
	greg_t *regs = r->call.regs;
	void *low = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	pid_t pid;

	_Static_assert(sizeof(*r) <= PAGE, "results fit");
	probe_setup();
	pid = must(fork());
	if (!pid)
		confined(r, (uint64_t)low);
	ok(!wait_for(pid), "the filter is accepted from an ordinary user, its process lives");
	ok(r->pid == pid, "a call from the page passes");
	ok(r->call.signal == SIGSYS && r->call.code == 1 && r->call.arch == (int)AUDIT_ARCH_X86_64 &&
	   r->call.nr == 39 && r->call.call == r->call.resume, "one from elsewhere is SIGSYS, with number and arch");
	ok((uint64_t)regs[REG_RAX] == (JUNK | 39) && (uint64_t)regs[REG_RIP] == r->call.resume &&
	   regs[REG_RCX] == regs[REG_RIP] && regs[REG_R11] == regs[REG_EFL] && regs[REG_RDI] == 1 &&
	   regs[REG_RSI] == 2 && regs[REG_RDX] == 3 && regs[REG_R10] == 4 && regs[REG_R8] == 5 && regs[REG_R9] == 6,
	   "registers as the instruction left them, rax whole");
	ok(r->child == 42 << 8, "children inherit it");
	ok(r->x32.signal == SIGSYS && r->x32.nr == 0x40000027 && r->x32.arch == (int)AUDIT_ARCH_X86_64,
	   "x32 numbers arrive with their bit");
	ok((r->int80.signal == SIGSYS && r->int80.arch == AUDIT_ARCH_I386 && r->int80.nr == 20 &&
	    (uint64_t)r->int80.regs[REG_RIP] == r->int80.resume) ||
	   (r->int80.signal == SIGSEGV && r->int80.number == 13), "int 0x80 is SIGSYS with arch i386 or #GP");
	note("int 0x80: signal %d, rax %#llx", r->int80.signal, r->int80.regs[REG_RAX]);
	ok((r->sysenter.signal == SIGSYS && r->sysenter.arch == AUDIT_ARCH_I386) ||
	   r->sysenter.signal == SIGILL || r->sysenter.signal == SIGSEGV, "sysenter does not get past it");
	note("sysenter at %#lx: signal %d, vector %lu, rip %#llx, rsp %#llx, cs %#llx", r->sysenter.at,
	     r->sysenter.signal, r->sysenter.number, r->sysenter.regs[REG_RIP], r->sysenter.regs[REG_RSP],
	     r->sysenter.regs[REG_CSGSFS] & 0xffff);
	ok((r->vsyscall.signal == SIGSYS && r->vsyscall.call == VSYSCALL) ||
	   (r->vsyscall.signal == SIGSEGV && r->vsyscall.cr2 == VSYSCALL), "nor does the vsyscall page");
	note("vsyscall: signal %d, si_call_addr %#lx, rip %#llx (caller %#lx), rax %lld", r->vsyscall.signal,
	     r->vsyscall.call, r->vsyscall.regs[REG_RIP], r->vsyscall.resume, r->vsyscall.regs[REG_RAX]);
	return finish();
}
