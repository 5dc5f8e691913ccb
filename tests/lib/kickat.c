// SPDX-License-Identifier: GPL-2.0-only
/*
 * kickat ADDRESS COUNT PID
 *
 * Kicks a process of a guest whenever it is about to execute the instruction at ADDRESS,
 * COUNT times: a window of one instruction is hit each time.  By a breakpoint register, since
 * what a process runs is shared.  Prints how often it was; status 1 if less.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

static int pid;

static void must(long ret, const char *what)
{
	if (ret != -1)
		return;
	perror(what);
	exit(2);
}

static void set_debug_register(int n, unsigned long value)
{
	must(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[n]), value), "breakpoint");
}

/* Waits; sets *@signal to what it is about to get, 0 for none.  0: it has ended. */
static int stopped(int *signal)
{
	int status;

	must(waitpid(pid, &status, 0), "wait");
	*signal = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
	return WIFSTOPPED(status);
}

int main(int argc, char **argv)
{
	unsigned long address;
	int count, hits = 0, signal;

	if (argc != 4) {
		fprintf(stderr, "usage: kickat ADDRESS COUNT PID\n");
		return 2;
	}
	address = strtoul(argv[1], NULL, 16);
	count = atoi(argv[2]);
	pid = atoi(argv[3]);
	must(ptrace(PTRACE_SEIZE, pid, NULL, NULL), "seize");
	must(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL), "interrupt");
	stopped(&signal);
	set_debug_register(0, address);
	set_debug_register(7, 1);	/* on, for execution */
	must(ptrace(PTRACE_CONT, pid, NULL, signal), "continue");
	while (hits < count && stopped(&signal)) {
		errno = 0;
		if (signal == SIGTRAP &&
		    (unsigned long)ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.rip), NULL) == address) {
			signal = SIGUSR1;
			hits++;
		}
		if (hits == count)
			set_debug_register(7, 0);
		if (ptrace(hits == count ? PTRACE_DETACH : PTRACE_CONT, pid, NULL, signal))
			break;
	}
	printf("%d\n", hits);
	return hits < count;
}
