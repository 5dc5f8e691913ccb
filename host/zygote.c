// SPDX-License-Identifier: GPL-2.0-only
/*
 * Start of the zygote: the wedge's program, executed by descriptor with nothing
 * of the monitor's in it: no environment, no terminal, no session, no signal
 * dispositions, and only the descriptors of enum lol_fd.  It forks spaces as
 * children of the monitor (CLONE_PARENT), so its own end takes nothing along.
 * All of them are in its process group; that is how they are found at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/affinity.h"
#include "host/spaces.h"

#define FD_HIGH		64	/* out of the way of the final numbers */
#define SPACE_NICE	5	/* the monitor, once woken, comes first: interrupts wait for it */
#define OOM_ABOVE	200	/* of spaces, above the monitor's own score */

int spaces_find_wedge(struct vm *vm, struct error *error)
{
	static const char *const names[] = { "wedge", NULL };
	char path[PATH_MAX];

	if (config_find(path, sizeof(path), names))
		return error_set(error, "wedge: not found beside lol nor in ../lib/lol");
	vm->wedge_fd = open(path, O_PATH | O_CLOEXEC);
	return vm->wedge_fd < 0 ? error_errno(error, "%s", path) : 0;
}

/* Spaces are killed before the monitor when memory is short. */
static void raise_oom_score(void)
{
	char text[16] = "";
	int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	int score;

	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) > 0) {
		score = atoi(text) + OOM_ABOVE;
		snprintf(text, sizeof(text), "%d", score > 1000 ? 1000 : score);
		if (pwrite(fd, text, strlen(text), 0) < 0)
			score = 0;	/* then the host chooses by size alone */
	}
	close(fd);
}

/*
 * Namespaces of its own, for the case that a filter should fail: no network, no
 * System V objects, no mounts of the host's.  Not of process ids: the monitor finds
 * spaces by what the zygote says.  A host may refuse ("lol probe" tells), and the
 * guest runs all the same.  Before PR_SET_PDEATHSIG, which it would clear.
 */
static void leave_namespaces(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWUTS))
		unshare(CLONE_NEWUSER);
}

/* What the wedge never needs; last, since descriptors are moved about before. */
static void limit_resources(void)
{
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 16, 16 });
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	setrlimit(RLIMIT_MSGQUEUE, &(struct rlimit){ 0, 0 });
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ 0, 0 });
	setrlimit(RLIMIT_RTPRIO, &(struct rlimit){ 0, 0 });
}

static void __attribute__((noreturn)) child(struct vm *vm, pid_t monitor)
{
	int from[] = { vm->ram.fd, vm->state_fd, vm->event_fd, vm->bridge_fd, vm->timer_fd };
	char *argv[] = { "lol-wedge", NULL }, *envp[] = { NULL };
	unsigned int i, n = sizeof(from) / sizeof(from[0]);
	int wedge;
	sigset_t none;

	raise_oom_score();
	leave_namespaces();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != monitor)
		_exit(1);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/* Keeps the host's vdso and stack at the very top, away from our layout. */
	personality(ADDR_NO_RANDOMIZE);
	setsid();
	setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + SPACE_NICE);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/*
	 * Ignored signals stay ignored across exec: the monitor ignores SIGPIPE,
	 * and what lol itself inherited is of no interest to the wedge either.
	 */
	for (i = 1; i < 32; i++)
		signal(i, SIG_DFL);

	wedge = fcntl(vm->wedge_fd, F_DUPFD_CLOEXEC, FD_HIGH);
	for (i = 0; i < n; i++)
		from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, FD_HIGH);
	for (i = 0; i < n; i++)
		if (dup2(from[i], LOL_FD_RAM + i) < 0)
			_exit(1);
	/* The program's own descriptor goes at exec. */
	if (dup3(wedge, LOL_FD_RAM + n, O_CLOEXEC) < 0)
		_exit(1);
	close(0);
	close(1);
	close(2);
	if (syscall(SYS_close_range, LOL_FD_RAM + n + 1, ~0U, 0))
		for (i = LOL_FD_RAM + n + 1; i < (unsigned int)sysconf(_SC_OPEN_MAX); i++)
			close(i);
	limit_resources();
	syscall(SYS_execveat, LOL_FD_RAM + n, "", argv, envp, 0x1000 /* AT_EMPTY_PATH */);
	_exit(126);
}

int spaces_start_zygote(struct vm *vm, struct error *error)
{
	pid_t monitor = getpid(), pid;

	affinity_apply(vm);
	pid = fork();
	if (pid < 0)
		return error_errno(error, "starting the wedge");
	if (!pid)
		child(vm, monitor);
	vm->zygote = pid;
	__atomic_store_n(&vm->state->zygote, pid, __ATOMIC_SEQ_CST);
	return 0;
}
