// SPDX-License-Identifier: GPL-2.0-only
/*
 * Start of the wedge: its program, executed by descriptor with nothing of the
 * monitor's in it: no environment, no terminal, no session, no signal
 * dispositions, and only the descriptors of enum lol_fd.
 *
 * The zygote forks spaces as children of the monitor (CLONE_PARENT), so its own end
 * takes nothing along.  All of them are in its process group; that is how they are
 * found at the end.
 *
 * All but spaces_start_zygote() runs in a child of the launcher.
 *
 * Calls after start-up, in the monitor: none
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/affinity.h"
#include "host/launcher.h"
#include "host/namespaces.h"
#include "host/spaces.h"
#include "host/zygote.h"
#include "mm-emulation/mm.h"
#include "syscall-bridge/handoff.h"

#define FD_HIGH		16	/* out of the way of the final numbers */
#define SPACE_NICE	5	/* the monitor, once woken, comes first: interrupts wait for it */
#define ADDRESS_SLACK	(1UL << 30)	/* the wedge itself, what exec maps */
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

void wedge_raise_oom_score(void)
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
 * What the wedge never needs; last, since descriptors are moved about before.
 *
 * Its address space has a bound of its own making: window on RAM, direct map and
 * image, what the TLB's records can describe, K's books.  Guest code that maps
 * RAM again and again by itself gets no further, so that its page tables, which
 * are the host's memory, are bounded as well.
 */
static void limit_resources(struct vm *vm)
{
	rlim_t space = 2 * vm->ram.size + (rlim_t)MM_TLB_REGIONS * MM_HUGE_SIZE + LOL_KERNEL_MAP_SIZE +
		       LOL_STATE_SIZE + LOL_HANDOFF_SIZE + LOL_MAX_SPACES * sizeof(struct mm_tlb) + ADDRESS_SLACK;

	setrlimit(RLIMIT_AS, &(struct rlimit){ space, space });
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 16, 16 });
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	setrlimit(RLIMIT_MSGQUEUE, &(struct rlimit){ 0, 0 });
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ 0, 0 });
	setrlimit(RLIMIT_RTPRIO, &(struct rlimit){ 0, 0 });
}

/* In the shared state, which is not mapped here. */
static void __attribute__((noreturn)) give_up(int state_fd, const char *call)
{
	char name[LOL_FATAL_CALL] = "";
	int32_t error = errno;

	snprintf(name, sizeof(name), "%s", call);
	_exit(pwrite(state_fd, name, sizeof(name), offsetof(struct lol_state, fatal_call)) > 0 &&
	      pwrite(state_fd, &error, sizeof(error), offsetof(struct lol_state, fatal)) > 0 ? 1 : 126);
}

void wedge_exec(struct vm *vm, char *const *argv, const int *fd, unsigned int n)
{
	char *envp[] = { NULL };
	int from[WEDGE_FDS], wedge, state_fd;
	unsigned int i;
	sigset_t none;

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

	/* the first of a pid namespace does without it, and without words */
	state_fd = n > LOL_FD_STATE - LOL_FD_FILTERS ? fd[LOL_FD_STATE - LOL_FD_FILTERS] : -1;
	wedge = fcntl(vm->wedge_fd, F_DUPFD_CLOEXEC, FD_HIGH);
	if (wedge < 0)
		give_up(state_fd, "fcntl");
	for (i = 0; i < n; i++) {
		from[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, FD_HIGH);
		if (from[i] < 0)
			give_up(state_fd, "fcntl");
	}
	if (state_fd >= 0)
		state_fd = from[LOL_FD_STATE - LOL_FD_FILTERS];
	for (i = 0; i < n; i++)
		if (dup2(from[i], LOL_FD_FILTERS + i) < 0)
			give_up(state_fd, "dup2");
	/* The program's own descriptor goes at exec. */
	if (dup3(wedge, LOL_FD_FILTERS + n, O_CLOEXEC) < 0)
		give_up(state_fd, "dup3");
	for (i = 0; i < LOL_FD_FILTERS; i++)
		close(i);
	if (syscall(SYS_close_range, LOL_FD_FILTERS + n + 1, ~0U, 0))
		for (i = LOL_FD_FILTERS + n + 1; i < (unsigned int)sysconf(_SC_OPEN_MAX); i++)
			close(i);
	limit_resources(vm);
	syscall(SYS_execveat, LOL_FD_FILTERS + n, "", argv, envp, 0x1000 /* AT_EMPTY_PATH */);
	give_up(LOL_FD_STATE, "execveat");
}

void zygote_main(struct vm *vm, pid_t monitor)
{
	const int fd[] = { vm->filters_fd, vm->ram.fd, vm->state_fd, vm->event_fd, vm->bridge_fd, vm->timer_fd };

	_Static_assert(sizeof(fd) / sizeof(fd[0]) <= WEDGE_FDS, "room");
	wedge_raise_oom_score();
	namespaces_join(vm);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		give_up(vm->state_fd, "prctl");
	if (getppid() != monitor)
		_exit(1);
	wedge_exec(vm, (char *[]){ "lol-wedge", NULL }, fd, sizeof(fd) / sizeof(fd[0]));
}

int spaces_start_zygote(struct vm *vm, struct error *error)
{
	pid_t pid;

	affinity_apply(vm);
	pid = launcher_zygote(vm);
	if (pid < 0 && errno == ESRCH)
		return error_set(error, "the launcher was killed, so that no zygote can be started any more");
	if (pid < 0)
		return error_errno(error, "starting the wedge");
	vm->zygote = pid;
	return 0;
}
