// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which bridges the host can run, tried out rather than guessed.
 *
 *			system calls of guest users caught by	also
 *	in-place	seccomp
 *	split		seccomp					close_range
 *	ptrace		PTRACE_SYSEMU				close_range
 *
 * All of them confine the processes of the guest with seccomp filters; ptrace is the
 * one that runs without.
 *
 * Calls after start-up: none
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/bridges.h"
#include "host/config.h"

#define FILTER_MS	10000	/* for what takes less than one */

static void on_trap(int number)
{
	(void)number;
	_exit(42);
}

/* In a child: a filter that traps one call, and that call. */
static void __attribute__((noreturn)) trap_child(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = 4, .filter = code };

	signal(SIGSYS, on_trap);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		_exit(1);
	syscall(SYS_getppid);
	_exit(2);
}

enum filters { UNKNOWN, MISSING, THERE, STUCK };

/* Of a child that does not end nobody shall wait for the streams or locks. */
static void keep_only(int fd)
{
	int i;

	if ((!fd || !syscall(SYS_close_range, 0, fd - 1, 0)) && !syscall(SYS_close_range, fd + 1, ~0U, 0))
		return;
	for (i = 0; i < 3; i++)
		if (i != fd)
			close(i);
}

/*
 * A host that has got stuck (syscall-bridge/README.md, "A storm of forks") never
 * returns from loading a filter, and a process that does so cannot be killed.
 * Where it cannot be seen when the child ends, it is waited for without bound.
 */
static enum filters try_filters(void)
{
	int ends[2] = { -1, -1 }, status, n = 1;
	struct pollfd end;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		ends[0] = ends[1] = -1;
	pid = fork();
	if (!pid) {
		if (ends[1] >= 0)
			keep_only(ends[1]);
		trap_child();
	}
	close(ends[1]);
	end = (struct pollfd){ .fd = ends[0] };
	while (pid > 0 && ends[0] >= 0) {
		n = poll(&end, 1, FILTER_MS);
		if (n >= 0 || errno != EINTR)
			break;
	}
	close(ends[0]);
	if (!n) {
		kill(pid, SIGKILL);
		return STUCK;
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return MISSING;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 42 ? THERE : MISSING;
}

static enum filters filters(void)
{
	static enum filters known;

	if (known == UNKNOWN)
		known = try_filters();
	return known;
}

bool host_has_filters(void)
{
	return filters() == THERE;
}

bool host_is_stuck(void)
{
	return filters() == STUCK;
}

static bool has_close_range(void)
{
	return !syscall(SYS_close_range, 1 << 20, 1 << 20, 0);
}

/* A stop of the child before its next system call; registers and steps. */
static bool stops_calls(pid_t pid)
{
	struct __ptrace_syscall_info info = { 0 };
	static uint8_t vectors[0x4000];
	struct user_regs_struct regs;
	struct iovec general = { &regs, sizeof(regs) }, vector = { vectors, sizeof(vectors) };
	int status;

	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) || waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return false;
	do {
		if (ptrace(PTRACE_SYSEMU, pid, NULL, NULL) || waitpid(pid, &status, __WALL) != pid ||
		    !WIFSTOPPED(status))
			return false;
	} while (status >> 8 != (SIGTRAP | 0x80));
	return ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) > 0 &&
	       info.op == PTRACE_SYSCALL_INFO_ENTRY &&
	       !ptrace(PTRACE_GETREGS, pid, NULL, &regs) &&
	       !ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &general) &&
	       !ptrace(PTRACE_GETREGSET, pid, (void *)NT_X86_XSTATE, &vector) &&
	       !ptrace(PTRACE_SYSEMU_SINGLESTEP, pid, NULL, NULL) &&
	       waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status);
}

static const char *try_ptrace(void)
{
	static char text[120];
	const char *missing = NULL;
	pid_t self = getpid(), pid = fork();
	int status;

	if (!pid) {
		while (syscall(SYS_getppid) == self)
			;
		_exit(0);
	}
	if (pid < 0)
		return "no process can be made";
	if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) {
		snprintf(text, sizeof(text), "ptrace is refused: %s (kernel.yama.ptrace_scope, a container's profile?)",
			 strerror(errno));
		missing = text;
	} else if (!stops_calls(pid)) {
		missing = "ptrace without SYSEMU, SYSEMU_SINGLESTEP, SETREGSET or GET_SYSCALL_INFO (Linux 5.3)";
	}
	/* where the host refuses both it ends with us */
	if (!kill(pid, SIGKILL) || !ptrace(PTRACE_KILL, pid, NULL, NULL))
		waitpid(pid, &status, __WALL);
	return missing;
}

const char *bridge_missing(uint32_t bridge)
{
	if (host_is_stuck())
		return "the host is stuck: it does not get done with loading a system call filter";
	if (bridge != LOL_BRIDGE_PTRACE && !host_has_filters())
		return "no system call filters (seccomp)";
	if (bridge != LOL_BRIDGE_IN_PLACE && !has_close_range())
		return "no close_range (Linux 5.9)";
	return bridge == LOL_BRIDGE_PTRACE ? try_ptrace() : NULL;
}

static const char *name_of(uint32_t bridge)
{
	switch (bridge) {
	case LOL_BRIDGE_IN_PLACE:
		return "in-place";
	case LOL_BRIDGE_SPLIT:
		return "split";
	default:
		return "ptrace";
	}
}

int bridge_choose(uint32_t wanted, uint32_t *bridge, struct error *error)
{
	const char *missing;

	if (host_is_stuck())
		return error_set(error, "the host does not get done with loading a system call filter (%d s): "
				 "its kernel seems to be stuck, and no guest can run until it is restarted",
				 FILTER_MS / 1000);
	*bridge = wanted == CONFIG_BRIDGE_AUTO ? LOL_BRIDGE_SPLIT : wanted;
	missing = bridge_missing(*bridge);
	if (missing && wanted == CONFIG_BRIDGE_AUTO && !bridge_missing(LOL_BRIDGE_PTRACE)) {
		*bridge = LOL_BRIDGE_PTRACE;
		return 0;
	}
	if (missing)
		return error_set(error, "this host cannot run the %s bridge: %s (see \"lol probe\")",
				 name_of(*bridge), missing);
	return 0;
}
