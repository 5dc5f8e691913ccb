// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracer: ptrace from both sides: registers, memory, vector state, breakpoints,
 * single steps, system-call stops, attach and detach, exec and fork events.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include "tap.h"

static volatile uint64_t shared_word = 0x1122334455667788;

__attribute__((noinline))
static long target(long x)
{
	asm volatile("" : "+r"(x));
	return x * 3 + 1;
}

/* Called through a pointer, so that no compiler makes a copy without the breakpoint. */
static long (*volatile call_target)(long) = target;

static int wait_stop(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, __WALL) != pid)
		bail("waitpid");
	return status;
}

static bool stopped_by(int status, int sig)
{
	return WIFSTOPPED(status) && WSTOPSIG(status) == sig;
}

static pid_t traced(void (*body)(void))
{
	pid_t pid = must(fork());

	if (!pid) {
		must(ptrace(PTRACE_TRACEME, 0, 0, 0));
		raise(SIGSTOP);
		body();
		_exit(0);
	}
	if (!stopped_by(wait_stop(pid), SIGSTOP))
		bail("no first stop");
	return pid;
}

static void body_loop(void)
{
	_exit(call_target(13) == 40 && shared_word == 42 ? 17 : 18);
}

static void memory_and_breakpoint(void)
{
	pid_t pid = traced(body_loop);
	struct user_regs_struct regs;
	int status, steps;
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, pid, &shared_word, 0);
	ok(!errno && (uint64_t)word == shared_word, "PEEKDATA");
	must(ptrace(PTRACE_POKEDATA, pid, &shared_word, 42));
	ok(ptrace(PTRACE_PEEKDATA, pid, &shared_word, 0) == 42 && shared_word != 42, "POKEDATA changes the tracee only");
	word = ptrace(PTRACE_PEEKTEXT, pid, target, 0);
	must(ptrace(PTRACE_POKETEXT, pid, target, (word & ~0xffL) | 0xcc));
	must(ptrace(PTRACE_CONT, pid, 0, 0));
	status = wait_stop(pid);
	must(ptrace(PTRACE_GETREGS, pid, 0, &regs));
	ok(stopped_by(status, SIGTRAP) && regs.rip == (uint64_t)target + 1 && regs.rdi == 13, "breakpoint is hit, argument in rdi");
	must(ptrace(PTRACE_POKETEXT, pid, target, word));
	regs.rip--;
	must(ptrace(PTRACE_SETREGS, pid, 0, &regs));
	for (steps = 0; steps < 4; steps++) {
		uint64_t before = regs.rip;

		must(ptrace(PTRACE_SINGLESTEP, pid, 0, 0));
		status = wait_stop(pid);
		must(ptrace(PTRACE_GETREGS, pid, 0, &regs));
		if (!stopped_by(status, SIGTRAP) || regs.rip == before)
			break;
	}
	ok(steps == 4, "4 single steps (%d)", steps);
	must(ptrace(PTRACE_CONT, pid, 0, 0));
	ok(wait_for(pid) == 17, "the tracee ended as it should");
}

static void body_calls(void)
{
	long r = syscall(SYS_getppid);

	_exit(r == 4711 ? 5 : 6);
}

static void system_calls(void)
{
	struct __ptrace_syscall_info info;
	struct user_regs_struct regs;
	int status, stops = 0, good = 0;
	pid_t pid = traced(body_calls);

	must(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
	for (;;) {
		must(ptrace(PTRACE_SYSCALL, pid, 0, 0));
		status = wait_stop(pid);
		if (!stopped_by(status, SIGTRAP | 0x80))
			break;
		stops++;
		must(ptrace(PTRACE_GETREGS, pid, 0, &regs));
		if (regs.orig_rax != SYS_getppid)
			continue;
		memset(&info, 0, sizeof(info));
		must(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info));
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_getppid && info.arch == 0xc000003e)
			good++;
		if (info.op == PTRACE_SYSCALL_INFO_EXIT && info.exit.rval == getpid()) {
			good++;
			regs.rax = 4711;
			must(ptrace(PTRACE_SETREGS, pid, 0, &regs));
		}
	}
	ok(good == 2 && stops >= 3, "system-call stops (%d) with information", stops);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 5, "the result was changed by the tracer");
}

static void body_vector(void)
{
	uint32_t x[4] = { 1, 2, 3, 4 }, y[4];

	asm volatile("movdqu %1, %%xmm7; int3; movdqu %%xmm7, %0" : "=m"(y) : "m"(x) : "xmm7", "memory");
	_exit(y[0] == 0x77 && y[1] == 2 && y[2] == 3 && y[3] == 4 ? 0 : 1);
}

static void vector_state(void)
{
	static uint8_t buffer[16384] __attribute__((aligned(64)));
	struct iovec iov = { buffer, sizeof(buffer) };
	struct user_fpregs_struct fp;
	struct user_regs_struct regs;
	pid_t pid = traced(body_vector);
	uint32_t *xmm7;

	must(ptrace(PTRACE_CONT, pid, 0, 0));
	ok(stopped_by(wait_stop(pid), SIGTRAP), "int3 stops");
	must(ptrace(PTRACE_GETFPREGS, pid, 0, &fp));
	ok(fp.xmm_space[28] == 1 && fp.xmm_space[31] == 4, "GETFPREGS");
	must(ptrace(PTRACE_GETREGSET, pid, NT_X86_XSTATE, &iov));
	xmm7 = (uint32_t *)(buffer + 160 + 16 * 7);
	ok(iov.iov_len >= 576 && xmm7[1] == 2, "NT_X86_XSTATE, %zu bytes", iov.iov_len);
	xmm7[0] = 0x77;
	must(ptrace(PTRACE_SETREGSET, pid, NT_X86_XSTATE, &iov));
	iov = (struct iovec){ &regs, sizeof(regs) };
	must(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov));
	ok(iov.iov_len == sizeof(regs) && regs.cs == 0x33 && regs.ss == 0x2b, "NT_PRSTATUS, cs %#llx ss %#llx", regs.cs, regs.ss);
	must(ptrace(PTRACE_CONT, pid, 0, 0));
	ok(wait_for(pid) == 0, "SETREGSET changed xmm7 only");
}

static void attaching(void)
{
	volatile uint64_t spins = 0;
	struct user_regs_struct a, b;
	int status, i, good = 0;
	pid_t pid = must(fork());

	if (!pid)
		for (;;)
			spins++;
	usleep(20000);
	for (i = 0; i < 5; i++) {
		must(ptrace(PTRACE_ATTACH, pid, 0, 0));
		status = wait_stop(pid);
		good += stopped_by(status, SIGSTOP) && !ptrace(PTRACE_GETREGS, pid, 0, &a) &&
			!ptrace(PTRACE_GETREGS, pid, 0, &b) && a.rip == b.rip;
		must(ptrace(PTRACE_DETACH, pid, 0, 0));
		usleep(2000);
	}
	ok(good == 5, "attach to and detach from a busy loop (%d of 5)", good);
	must(ptrace(PTRACE_SEIZE, pid, 0, 0));
	must(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
	status = wait_stop(pid);
	ok(WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_STOP, "seize, interrupt");
	must(ptrace(PTRACE_CONT, pid, 0, 0));
	must(kill(pid, SIGKILL));
	ok(wait_for(pid) == 128 + SIGKILL, "killed while traced");
}

static void body_exec(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(3);
	wait_for(pid);
	execl("/proc/self/exe", "tracer", "exec", NULL);
}

static void events(void)
{
	pid_t pid = traced(body_exec), child = 0, got;
	int status, forks = 0, execs = 0, exits = 0;
	unsigned long message;

	must(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT));
	must(ptrace(PTRACE_CONT, pid, 0, 0));
	while ((got = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (got == pid)
				break;
			continue;
		}
		if (status >> 16 == PTRACE_EVENT_FORK) {
			must(ptrace(PTRACE_GETEVENTMSG, got, 0, &message));
			child = message;
			forks++;
		} else if (status >> 16 == PTRACE_EVENT_EXEC) {
			execs++;
		} else if (status >> 16 == PTRACE_EVENT_EXIT) {
			exits++;
		}
		ptrace(PTRACE_CONT, got, 0, WSTOPSIG(status) == SIGTRAP || WSTOPSIG(status) == SIGSTOP ? 0 : WSTOPSIG(status));
	}
	ok(forks == 1 && child > 0 && execs == 1 && exits == 2, "fork %d, exec %d, exit %d events", forks, execs, exits);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 21, "and the right end");
}

static void other_memory(void)
{
	struct iovec here, there;
	uint64_t copy = 0;
	int ready[2];
	char c;
	pid_t pid;

	must(pipe(ready));
	pid = must(fork());
	if (!pid) {
		shared_word = 0xabcdef;
		must(write(ready[1], "r", 1));
		for (;;)
			pause();
	}
	must(read(ready[0], &c, 1));
	here = (struct iovec){ &copy, 8 };
	there = (struct iovec){ (void *)&shared_word, 8 };
	ok(process_vm_readv(pid, &here, 1, &there, 1, 0) == 8 && copy == 0xabcdef, "process_vm_readv");
	kill(pid, SIGKILL);
	wait_for(pid);
}

static void refusals(void)
{
	pid_t pid = traced(body_calls);

	ok(ptrace(PTRACE_PEEKDATA, pid, (void *)0x123450000000, 0) == -1 && errno == EIO, "PEEKDATA of nothing is EIO");
	ok(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.cs), 0x10) == -1, "a kernel selector is refused");
	kill(pid, SIGKILL);
	wait_for(pid);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return 21;
	memory_and_breakpoint();
	system_calls();
	vector_state();
	attaching();
	events();
	other_memory();
	refusals();
	return finish();
}
