// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of all spaces.
 *
 * Each has two system call filters, which the host frees by a work queue.  Some
 * Linux versions can get stuck for good when 1000 are freed at once
 * (syscall-bridge/README.md, "A storm of forks"), and a guest may have 512 spaces.
 * So they end a few at a time.  Where there are few, all end at once.
 *
 *	all bridges but ptrace	the zygote, so that nothing new is born; spaces; the rest
 *	ptrace			spaces, K first: the tracer takes all that it traces along,
 *				and without K nobody wants new ones of it; the rest
 *
 * The first of the pid namespace takes all along, too, and is of the rest.  That
 * finds whatever hides from us by a wrong number in its slot.
 *
 * Calls after start-up: waitid kill[1=SIGKILL] poll getpgid getpgrp
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/launcher.h"
#include "host/spaces.h"
#include "syscall-bridge/handoff.h"

#define AT_ONCE		32
#define PAUSE		3	/* ms: for the host's workers */
#define PATIENCE	50	/* ms: for the ends of so many; a stopped tracer keeps them from us */

/* Takes processes of slots from *slot on; fewer than AT_ONCE: these are the last. */
static unsigned int take(struct vm *vm, unsigned int *slot, pid_t *pids)
{
	unsigned int n = 0;

	while (n < AT_ONCE && *slot < LOL_MAX_SPACES) {
		pid_t pid = (pid_t)lol_state_space(vm->state, (*slot)++)->pid;

		if (pid != vm->init && pid != vm->zygote && spaces_is_child(vm, pid))
			pids[n++] = pid;
	}
	return n;
}

static void await(const pid_t *pids, int how)
{
	unsigned int ms, i, left = AT_ONCE;

	for (ms = 0; ms < PAUSE || (left && ms < PATIENCE); ms++) {
		poll(NULL, 0, 1);
		for (i = left = 0; i < AT_ONCE; i++) {
			siginfo_t info = { 0 };

			left += !waitid(P_PID, pids[i], &info, WEXITED | WNOHANG | how) && !info.si_pid;
		}
	}
}

/* Ends spaces until fewer than AT_ONCE are left.  @how: WNOWAIT: somebody else reaps them. */
static void end_most(struct vm *vm, unsigned int slot, int how)
{
	pid_t pids[AT_ONCE];
	unsigned int i;

	while (take(vm, &slot, pids) == AT_ONCE) {
		if (vm->config->bridge != LOL_BRIDGE_PTRACE && spaces_is_child(vm, vm->zygote))
			kill(vm->zygote, SIGKILL);
		for (i = 0; i < AT_ONCE; i++)
			if (kill(pids[i], SIGKILL) && errno != ESRCH)
				return;		/* refused */
		await(pids, how);
	}
}

void spaces_kill_zygote(struct vm *vm)
{
	if (vm->config->bridge == LOL_BRIDGE_PTRACE)
		end_most(vm, LOL_KERNEL_SLOT + 1, WNOWAIT);
	kill(vm->zygote, SIGKILL);
}

void spaces_kill_all(struct vm *vm)
{
	pid_t zygote = vm->zygote, group;
	siginfo_t info;
	unsigned int rounds;

	launcher_end(vm);
	/*
	 * Every child is in the process group of some zygote.  A group whose
	 * members are our children cannot be a stranger's.  The group is killed
	 * first as a whole, which a fork in progress cannot escape.
	 */
	group = spaces_is_child(vm, zygote) ? getpgid(zygote) : -1;
	end_most(vm, 0, 0);
	vm->zygote = 0;
	/* The zygote is not reaped yet, so it is still the same group. */
	if (group > 1 && group != getpgrp())
		kill(-group, SIGKILL);
	for (rounds = 0; rounds < 100000; rounds++) {
		bool refused = false;
		unsigned int slot;

		/* The host kills all in its pid namespace with it. */
		if (spaces_is_child(vm, vm->init) && kill(vm->init, SIGKILL))
			refused = errno != ESRCH;

		memset(&info, 0, sizeof(info));
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG)) {
			if (errno == ECHILD)
				return;
			continue;
		}
		if (info.si_pid)
			continue;
		for (slot = 0; slot <= LOL_MAX_SPACES; slot++) {
			pid_t pid = slot == LOL_MAX_SPACES ? zygote :
				(pid_t)lol_state_space(vm->state, slot)->pid;

			if (!spaces_is_child(vm, pid))
				continue;
			group = getpgid(pid);
			if (group > 1 && group != getpgrp())
				kill(-group, SIGKILL);
			if (kill(pid, SIGKILL))
				refused |= errno != ESRCH;
		}
		if (refused)
			return;		/* they die with us all the same */
		waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
	}
}
