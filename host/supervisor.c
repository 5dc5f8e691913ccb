// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process that the user started, and that his shell waits for.
 *
 * The monitor confines itself for good, so it cannot start over when its guest
 * resets.  This process is not confined and never sees anything of the guest's: it
 * has one child, the monitor, passes signals on to it, and ends as it ends, or
 * executes itself once more.  Should the monitor be killed, the terminal is put
 * back here, and the user told whether the host did it for want of memory: it kills the
 * guest's processes first, but has nothing from that while the monitor keeps their RAM.
 *
 *	supervisor	"lol"			signals, terminal, starting over
 *	+- monitor	"lol-monitor"		everything else
 *	   +- launcher	"lol-launcher"		launcher.c
 *	   +- zygote, spaces	"lol-wedge"
 *
 * Each dies with its parent, also by SIGKILL.
 *
 * Calls after start-up, in the monitor: none
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "host/base/log.h"
#include "host/exit.h"
#include "host/memory_limits.h"
#include "host/run.h"
#include "host/supervisor.h"

static volatile bool *again;	/* shared with the monitor */

static void restore_terminal(const struct termios *saved)
{
	/* In the background that would stop us. */
	signal(SIGTTOU, SIG_IGN);
	tcsetattr(STDIN_FILENO, TCSANOW, saved);
}

/* Waits for the end of the monitor, and passes signals on until then. */
static siginfo_t watch_over(pid_t monitor)
{
	siginfo_t info, end;
	sigset_t signals;

	run_signals(&signals);
	for (;;) {
		memset(&end, 0, sizeof(end));
		if (!waitid(P_PID, monitor, &end, WEXITED | WNOHANG) && end.si_pid)
			return end;
		if (sigwaitinfo(&signals, &info) < 0) {
			/* where the host refuses that, signals are not passed on */
			if (errno != EINTR && !waitid(P_PID, monitor, &end, WEXITED))
				return end;
			continue;
		}
		if (info.si_signo == SIGCHLD)
			continue;
		/* What comes from the terminal, the monitor has got as well. */
		if (info.si_code != SI_KERNEL)
			kill(monitor, info.si_signo);
	}
}

static int supervisor(pid_t monitor, char **argv, const struct termios *saved, uint64_t oom_kills)
{
	siginfo_t end = watch_over(monitor);
	sigset_t signals;

	if (end.si_code == CLD_EXITED) {
		if (!*again)
			return end.si_status;
		execv("/proc/self/exe", argv);
		log_line("cannot start over after the guest's reset");
		return EXIT_GUEST_BROKEN;
	}
	if (saved)
		restore_terminal(saved);
	if (end.si_status == SIGKILL && memory_oom_kills() > oom_kills) {
		log_line("the host ran out of memory and killed the monitor");
		return EXIT_HOST;
	}
	run_signals(&signals);
	if (!sigismember(&signals, end.si_status))
		log_line("the monitor was ended by signal %d, %s", end.si_status, strsignal(end.si_status));
	return 128 + end.si_status;
}

int supervise(char **argv, struct error *error)
{
	bool terminal;
	struct termios saved;
	pid_t self = getpid(), monitor;
	uint64_t oom_kills;
	siginfo_t info;

	/* Without it nobody would see the monitor end. */
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) && errno != ECHILD)
		return error_errno(error, "the host refused waitid");
	again = mmap(NULL, sizeof(*again), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (again == MAP_FAILED)
		return error_errno(error, "memory for the supervisor");
	terminal = !tcgetattr(STDIN_FILENO, &saved);
	memory_watch_kills();
	oom_kills = memory_oom_kills();
	monitor = fork();
	if (monitor < 0)
		return error_errno(error, "starting the monitor");
	if (monitor)
		_exit(supervisor(monitor, argv, terminal ? &saved : NULL, oom_kills));
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != self)
		_exit(EXIT_SETUP);	/* it died before we could ask to follow it */
	prctl(PR_SET_NAME, "lol-monitor");
	return 0;
}

void supervisor_start_over(void)
{
	*again = true;
}
