// SPDX-License-Identifier: GPL-2.0-only
/*
 * deny CALL[,ARG,VALUE]=ERRNO... -- PROGRAM [ARGUMENT...]
 *
 * Runs a program on a poorer host: CALL answers ERRNO there.  ARG,VALUE: only where
 * that argument (0 to 5) is VALUE; with & before VALUE, where it has all these bits.
 * HANG in place of ERRNO: it never returns.  A process in such a call can be killed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ERROR(name) { #name, name }
static const struct { const char *name; int number; } errors[] = {
	ERROR(ENOSYS), ERROR(EPERM), ERROR(ENOMEM), ERROR(EMFILE), ERROR(EACCES), ERROR(EAGAIN), ERROR(EINVAL), ERROR(ENOSPC),
};

#define MAX	256
static struct sock_filter code[MAX];
static unsigned short length;
static bool hangs;

static void add(unsigned short what, unsigned char yes, unsigned char no, unsigned int k)
{
	if (length == MAX) {
		fprintf(stderr, "deny: too many rules\n");
		exit(2);
	}
	code[length++] = (struct sock_filter){ what, yes, no, k };
}

static int wrong(const char *rule)
{
	fprintf(stderr, "deny: what is '%s'?\n", rule);
	return 2;
}

static int add_rule(const char *rule)
{
	char name[64], value[64] = "", error[16];
	unsigned int argument = 0, i, answer, bits;
	int number;
	int fields = sscanf(rule, "%63[a-z0-9_],%u,%63[^=]=%15s", name, &argument, value, error);

	if (fields != 4) {
		*value = 0;
		if (sscanf(rule, "%63[a-z0-9_]=%15s", name, error) != 2)
			return wrong(rule);
	}
	number = seccomp_syscall_resolve_name(name);
	if (number < 0 || argument > 5)
		return wrong(rule);
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]) && strcmp(errors[i].name, error); i++)
		;
	if (i < sizeof(errors) / sizeof(errors[0])) {
		answer = SECCOMP_RET_ERRNO | errors[i].number;
	} else if (!strcmp(error, "HANG")) {
		answer = SECCOMP_RET_USER_NOTIF;
		hangs = true;
	} else {
		return wrong(rule);
	}

	add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	if (*value) {
		bits = strtoul(value + (*value == '&'), NULL, 0);
		add(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, number);
		add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, args) + 8 * argument);
		add(BPF_ALU | BPF_AND | BPF_K, 0, 0, *value == '&' ? bits : ~0U);
		add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, bits);
	} else {
		add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number);
	}
	add(BPF_RET | BPF_K, 0, 0, answer);
	return 0;
}

/*
 * Calls that hang wait for an answer as long as somebody has the descriptor: a process
 * that is under no such filter itself, until all are gone that are.
 */
static void __attribute__((noreturn)) hold(int told, int done)
{
	struct pollfd listener = { 0 };
	int fd;

	/* so far it has its parent's descriptors */
	if (read(told, &fd, sizeof(fd)) != sizeof(fd) || unshare(CLONE_FILES) || dup2(fd, 0) < 0 ||
	    write(done, "", 1) != 1)
		_exit(1);
	if (syscall(SYS_close_range, 1, ~0U, 0))
		_exit(1);
	while (!(listener.revents & POLLHUP))
		if (poll(&listener, 1, -1) < 0)
			break;
	_exit(0);
}

/* Also makes who holds the listener. */
static int load_listened(const struct sock_fprog *program)
{
	int told[2], done[2], fd;
	char byte;
	long pid;

	if (pipe(told) || pipe(done))
		return -1;
	pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (!pid)
		hold(told[0], done[1]);
	if (pid < 0)
		return -1;
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, program);
	if (fd < 0) {
		kill(pid, SIGKILL);
		return -1;
	}
	if (write(told[1], &fd, sizeof(fd)) != sizeof(fd) || read(done[0], &byte, 1) != 1)
		return -1;
	close(fd);
	close(told[0]);
	close(told[1]);
	close(done[0]);
	close(done[1]);
	return 0;
}

int main(int argc, char **argv)
{
	struct sock_fprog program = { .filter = code };
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (add_rule(argv[i]))
			return 2;
	if (i + 1 >= argc) {
		fprintf(stderr, "usage: deny CALL[,ARG,VALUE]=ERRNO|HANG... -- PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	program.len = length;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    (hangs ? load_listened(&program) : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))) {
		perror("deny: seccomp");
		return 2;
	}
	execv(argv[i + 1], argv + i + 1);
	perror(argv[i + 1]);
	return 127;
}
