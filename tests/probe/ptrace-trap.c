// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: a tracer cannot tell a write or a fetch from a read of memory that is not
 * there: signal, si_code and si_addr are the same.  If it has the signal delivered by
 * PTRACE_SYSEMU_SINGLESTEP, the tracee stops before the first instruction of its
 * handler, and the frame with trap number, error code and CR2 is on the alternate
 * stack, at its top if rsp was set to 0 before.  Vector registers are reset by that,
 * and PTRACE_SETREGSET puts them back.  A system call stops by PTRACE_SYSEMU before it
 * is made, int $0x80 too, and PTRACE_GET_SYSCALL_INFO tells which it was.  A signal that
 * comes while the tracee is stopped stops it again before it runs.
 * Relied on by: syscall-bridge/tracer.c, ptrace.c.
 */
#include "tests/probe/probe.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

static struct shared {
	uint64_t stack[8192];
	volatile uint64_t handled, called;
} *shared;
static char *hole, *data;
static pid_t child;
static struct user_regs_struct regs;

static void handler(int signal)
{
	(void)signal;
	shared->handled++;
}

/* Where the tracee goes on, with rdi as argument. */
void insn_read(void), insn_write(void), insn_jump(void), insn_call(void), insn_call32(void);
asm(".pushsection .text\n"
    "insn_read: movb (%rdi), %al\nint3\n"
    "insn_write: movb %al, (%rdi)\nint3\n"
    "insn_jump: jmp *%rdi\nint3\n"
    "insn_call: syscall\nint3\n"
    "insn_call32: int $0x80\nint3\n"
    ".popsection\n");

static void tracee(void)
{
	stack_t stack = { .ss_sp = shared->stack, .ss_size = sizeof(shared->stack) };
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK | SA_NODEFER };

	must(sigaltstack(&stack, NULL));
	must(sigaction(SIGSEGV, &action, NULL));
	must(sigaction(SIGUSR1, &action, NULL));
	for (;;)
		asm volatile("int3");
}

/* Continues the tracee and waits.  Returns the stop's signal and event. */
static int go_on(int request, int signal)
{
	int status;

	if (ptrace(request, child, NULL, (void *)(long)signal) || waitpid(child, &status, __WALL) != child ||
	    !WIFSTOPPED(status))
		bail("the tracee has ended");
	return status >> 8;
}

static int run(void (*rip)(void), const void *rdi, uint64_t rax, siginfo_t *info)
{
	int stop;

	regs.rip = (uint64_t)rip;
	regs.rdi = (uint64_t)rdi;
	regs.rax = rax;
	regs.orig_rax = -1;
	must(ptrace(PTRACE_SETREGS, child, NULL, &regs));
	stop = go_on(PTRACE_SYSEMU, 0);
	if (info)
		must(ptrace(PTRACE_GETSIGINFO, child, NULL, info));
	return stop;
}

static void frame_of(const char *what, void (*rip)(void), const char *address, uint64_t error)
{
	struct user_regs_struct at = regs;
	siginfo_t info;
	ucontext_t *uc;
	uint8_t before[16384] __attribute__((aligned(64))), after[16384] __attribute__((aligned(64)));
	struct iovec iov = { before, sizeof(before) };
	int stop;

	stop = run(rip, address, 0, &info);
	ok(stop == SIGSEGV && info.si_code == SEGV_MAPERR && info.si_addr == address,
	   "%s: SIGSEGV, SEGV_MAPERR, the address, and no more", what);
	must(ptrace(PTRACE_GETREGSET, child, (void *)NT_X86_XSTATE, &iov));
	at.rsp = 0;
	must(ptrace(PTRACE_SETREGS, child, NULL, &at));
	stop = go_on(PTRACE_SYSEMU_SINGLESTEP, SIGSEGV);
	must(ptrace(PTRACE_GETREGS, child, NULL, &at));
	ok(stop == SIGTRAP && at.rip == (uint64_t)handler && !shared->handled,
	   "%s: stopped before the handler's first instruction", what);
	uc = (ucontext_t *)at.rdx;
	ok((char *)uc > (char *)shared->stack && (char *)uc < (char *)(shared + 1) &&
	   (uint64_t)uc->uc_mcontext.gregs[REG_ERR] == error && uc->uc_mcontext.gregs[REG_TRAPNO] == 14 &&
	   (char *)uc->uc_mcontext.gregs[REG_CR2] == address, "%s: trap 14, error code %#lx, CR2 on the stack", what, error);
	must(ptrace(PTRACE_SETREGSET, child, (void *)NT_X86_XSTATE, &iov));
	iov.iov_base = after;
	must(ptrace(PTRACE_GETREGSET, child, (void *)NT_X86_XSTATE, &iov));
	ok(!memcmp(before, after, iov.iov_len), "%s: vector registers as before", what);
}

static bool calls(void (*rip)(void), uint64_t nr, uint32_t arch)
{
	struct __ptrace_syscall_info info = { 0 };

	if (run(rip, NULL, nr, NULL) != (SIGTRAP | 0x80))
		return false;
	must(ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info));
	return info.op == PTRACE_SYSCALL_INFO_ENTRY && info.arch == arch && info.entry.nr == nr;
}

int main(void)
{
	int status;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	hole = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	data = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || hole == MAP_FAILED || data == MAP_FAILED)
		bail("mmap");
	must(munmap(hole, PAGE));
	child = must(fork());
	if (!child) {
		while (!shared->called)
			;
		tracee();
	}
	if (ptrace(PTRACE_SEIZE, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) {
		ok(true, "a child can be traced # SKIP %s", strerror(errno));
		kill(child, SIGKILL);
		return finish();
	}
	shared->called = 1;
	if (waitpid(child, &status, __WALL) != child || !WIFSTOPPED(status))
		bail("the tracee has ended");
	must(ptrace(PTRACE_GETREGS, child, NULL, &regs));

	frame_of("read", insn_read, hole + 8, 4);
	frame_of("write", insn_write, hole + 8, 6);
	frame_of("fetch", insn_jump, hole + 8, 0x14);

	ok(calls(insn_call, SYS_getpid, 0xc000003e), "syscall stops, of 64 bits");
	ok(calls(insn_call32, 20, 0x40000003), "int $0x80 stops, of 32 bits");
	must(ptrace(PTRACE_GETREGS, child, NULL, &regs));
	ok((long)regs.rax == -ENOSYS && regs.orig_rax == 20, "and is not made");

	/* still at the call */
	must(kill(child, SIGUSR1));
	ok(run(insn_read, data, 0, NULL) == SIGUSR1, "a signal while it was stopped");
	must(ptrace(PTRACE_GETREGS, child, NULL, &regs));
	ok(regs.rip == (uint64_t)insn_read, "comes before it goes on");
	ok(go_on(PTRACE_SYSEMU, 0) == SIGTRAP && !shared->handled, "and can be dropped");
	kill(child, SIGKILL);
	waitpid(child, &status, __WALL);
	return finish();
}
