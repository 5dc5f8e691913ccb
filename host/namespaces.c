// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's namespaces, for the case that a filter should fail: no processes but
 * the guest's own, no network, no System V objects, no mounts of the host's.  One
 * set for the whole guest, since making one costs more than making a space.
 *
 *	monitor -> maker	unshares, makes init, tells its number, exits
 *	monitor -> init		first process of the pid namespace; holds the set
 *	monitor -> zygote	enters the set by init's pidfd, but for process ids: so
 *				that clone() tells it numbers which the monitor knows
 *	monitor -> spaces	made by the zygote inside
 *
 * init ends with the monitor, and the host ends with it all that is inside: this
 * is the second line behind each process's own PR_SET_PDEATHSIG.  It must not miss
 * the monitor's end itself.  So, when it has asked to be told, it says so, and goes
 * on only when the monitor has answered.
 *
 * A host may refuse any of this ("lol probe" tells), and the guest runs all the
 * same.
 *
 * Calls after start-up: none
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/namespaces.h"
#include "host/zygote.h"

static void __attribute__((noreturn)) init(struct vm *vm, const int *ends)
{
	char go;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(ends[1]);
	if (write(ends[0], "", 1) != 1 || read(ends[0], &go, 1) != 1)
		_exit(1);	/* the monitor is gone */
	wedge_exec(vm, (char *[]){ "lol-wedge", "init", NULL }, &vm->filters_fd, 1);
}

static void __attribute__((noreturn)) maker(struct vm *vm, int told, const int *ends)
{
	long pid;

	wedge_raise_oom_score();
	if (unshare(NAMESPACES))
		_exit(1);
	pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
	if (!pid)
		init(vm, ends);
	_exit(pid < 0 || write(told, &pid, sizeof(pid)) != sizeof(pid));
}

void namespaces_make(struct vm *vm)
{
	int told[2], ends[2], status;
	long pid = 0;
	pid_t child;
	char asked;

	vm->init = 0;
	vm->init_fd = -1;
	if (pipe2(told, O_CLOEXEC))
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		close(told[0]);
		close(told[1]);
		return;
	}
	child = fork();
	if (!child)
		maker(vm, told[1], ends);
	close(told[1]);
	close(ends[0]);
	if (child > 0 && read(told[0], &pid, sizeof(pid)) == sizeof(pid)) {
		vm->init = pid;
		vm->init_fd = syscall(SYS_pidfd_open, vm->init, 0);
		if (read(ends[1], &asked, 1) != 1 || write(ends[1], "", 1) != 1) {
			kill(vm->init, SIGKILL);
			waitpid(vm->init, &status, 0);
			vm->init = 0;
		}
	}
	close(told[0]);
	close(ends[1]);
	if (child > 0)
		waitpid(child, &status, 0);
}

void namespaces_join(struct vm *vm)
{
	if (vm->init_fd >= 0 && !setns(vm->init_fd, NAMESPACES))
		return;
	if (unshare(NAMESPACES & ~CLONE_NEWPID))
		unshare(CLONE_NEWUSER);
}
