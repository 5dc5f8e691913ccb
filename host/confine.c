// SPDX-License-Identifier: GPL-2.0-only
/*
 * The monitor confines itself before anything of the guest's runs: should a guest
 * get hold of it through a bug in a device or in what it reads from shared memory,
 * it cannot open files, start programs, or reach the network or other processes.
 *
 * Two nets, one behind the other, besides no_new_privs:
 *
 *	seccomp		an allow-list of system calls and of some arguments, made from
 *			what each file says in its head comment that it needs after
 *			start-up (scripts/monitor-calls.sh makes monitor_calls.h of it)
 *	Landlock	no path may be opened, nothing executed, no port used; signals
 *			reach nobody but the launcher, the zygote and the spaces
 *
 * A call that is not on the list does not take place, and ends the monitor with a
 * line that names it: the declaration is missing, or something is very wrong.
 *
 * What glibc does behind the back of those files is declared here:
 *	memory		malloc's, never executable and never a file's (huge pages: where
 *			GLIBC_TUNABLES asks for them)
 *	abort, raise	signals to itself; by these, failed assertions and a smashed
 *			stack end the monitor too, after some words (writev)
 *	signal return	of terminal.c's handler
 *	restart_syscall	the host's kernel goes on with a wait by it, after a stop
 *	sysinfo		of qsort, which looks how much memory there is
 *	exit_group	the end
 *
 * Calls after start-up: brk munmap mremap mmap[2&PROT_EXEC=0][3&MAP_ANONYMOUS=MAP_ANONYMOUS]
 *	mprotect[2&PROT_EXEC=0] madvise[2=MADV_DONTNEED] madvise[2=MADV_HUGEPAGE]
 *	getpid gettid tgkill[0=SELF] rt_sigprocmask rt_sigaction rt_sigreturn
 *	writev[0=STDERR_FILENO]
 *	restart_syscall sysinfo exit_group
 */
#include <errno.h>
#include <linux/futex.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>

#include "host/base/log.h"
#include "host/confine.h"
#include "host/landlock.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

/* What tcgetattr() and tcsetattr() of glibc 2.42 use; struct termios2 has 44 bytes. */
#define GET_TERMIOS2	_IOR('T', 0x2a, char[44])
#define SET_TERMIOS2	_IOW('T', 0x2b, char[44])
#define SETW_TERMIOS2	_IOW('T', 0x2c, char[44])

#define MOST_CONDITIONS	2

struct call {
	int number;
	unsigned int conditions;
	struct scmp_arg_cmp condition[MOST_CONDITIONS];
};

#define EQUAL(at, value)	{ .arg = (at), .op = SCMP_CMP_EQ, .datum_a = (value) }
#define MASKED(at, mask, value)	{ .arg = (at), .op = SCMP_CMP_MASKED_EQ, .datum_a = (mask), .datum_b = (value) }
#define SELF			getpid()

static void not_declared(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	log_line("BUG: the monitor makes system call %d, which no file of it declares", info->si_syscall);
	abort();
}

static int add_calls(scmp_filter_ctx filter)
{
	const struct call calls[] = {
#include <monitor_calls.h>
	};
	unsigned int i;
	int ret = 0;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]) && !ret; i++)
		ret = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, calls[i].number,
					     calls[i].conditions, calls[i].condition);
	return ret;
}

int confine_calls(void)
{
	struct sigaction action = { .sa_sigaction = not_declared, .sa_flags = SA_SIGINFO };
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
	int ret;

	if (!filter)
		return -ENOMEM;
	sigaction(SIGSYS, &action, NULL);
	/* A search tree, and no brakes against guesses about our own memory: matters of speed. */
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
	ret = add_calls(filter);
	if (!ret)
		ret = seccomp_load(filter);
	seccomp_release(filter);
	return ret;
}

void confine_first(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	landlock_scope();	/* as far as the host can: "lol probe" tells */
}

/* Sanitizers and the like open files of their own, and at unforeseen times. */
#if defined(__SANITIZE_ADDRESS__) || defined(LOL_UNCONFINED)
#define CONFINED	0
#elif defined(__has_feature)
#define CONFINED	(!__has_feature(address_sanitizer))
#else
#define CONFINED	1
#endif

int confine(void)
{
	if (!CONFINED) {
		log_line("note: this build of the monitor does not confine itself");
		return 0;
	}
	landlock_files();
	return confine_calls();
}
