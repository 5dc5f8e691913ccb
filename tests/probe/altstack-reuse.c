// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: a signal that arrives while rsp is on the alternate stack is pushed
 * below what is in use; once rsp has left it (without rt_sigreturn, without
 * SS_AUTODISARM) the next frame is at the top again.  A stack pointer that
 * points into it by malice gets the frame below itself, the handler can still
 * find the stack in uc_stack, and too near its bottom the process is killed.
 * Relied on by: syscall-bridge/signal.c and start.S (one stack for signals and
 * for entries from rewritten sites; per-vCPU data never found from rsp).
 */
#include "tests/probe/probe.h"

static uint64_t frame[2], nested, stack_base;

static void on_signal(int signal, siginfo_t *info, ucontext_t *uc)
{
	volatile char guard[256];
	unsigned int i;

	(void)info;
	if (signal == SIGUSR1) {
		nested = (uint64_t)uc;
		probe_leave(uc->uc_mcontext.gregs, uc->uc_mcontext.fpregs);
	}
	frame[0] = (uint64_t)uc;
	stack_base = (uint64_t)uc->uc_stack.ss_sp;
	memset((char *)guard, 0x5a, sizeof(guard));
	for (i = 0; signal == SIGILL && i < 100; i++)
		raise(SIGUSR1);
	for (i = 0; i < sizeof(guard) && guard[i] == 0x5a; i++)
		;
	frame[1] = i == sizeof(guard);
}

int main(void)
{
	uint64_t first, top = (uint64_t)probe_stack + PROBE_STACK, at;
	unsigned int same = 0;
	pid_t pid;

	probe_setup();
	probe_handle(SIGUSR1, probe_entry);
	trap_hook = on_signal;
	TRY("", "ud2", "", 0);
	first = frame[0];
	ok(first < top && top - first < PROBE_STACK / 2, "the frame lies at the top of the alternate stack");
	ok(nested && nested < first && nested > (uint64_t)probe_stack, "a nested one lies below it");
	ok(frame[1], "100 nested signals left the interrupted handler's stack alone");
	for (int i = 0; i < 1000; i++) {
		TRY("", "ud2", "", 0);
		same += frame[0] == first;
	}
	ok(same == 1000, "left without sigreturn, the next frame is at the top again (%u of 1000)", same);

	at = (uint64_t)probe_stack + PROBE_STACK / 2;
	TRY("movq %%rdi, %%rsp", "movb $0, 0", "", at);
	ok(trap.signal == SIGSEGV && frame[0] < at - 128 && frame[0] > (uint64_t)probe_stack,
	   "rsp inside it: the frame goes below rsp and its red zone");
	ok(stack_base == (uint64_t)probe_stack, "and uc_stack still says where the stack is");
	TRY("movq %%rdi, %%rsp", "movb $0, 0", "", top);
	ok(trap.signal == SIGSEGV && frame[0] <= first, "rsp at its very top counts as inside");

	pid = must(fork());
	if (!pid) {
		TRY("movq %%rdi, %%rsp", "movb $0, 0", "", (uint64_t)probe_stack + 512);
		_exit(0);
	}
	ok(wait_for(pid) == 128 + SIGSEGV, "rsp too near its bottom: the process is killed, nothing overwritten");
	return finish();
}
