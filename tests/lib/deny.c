// SPDX-License-Identifier: GPL-2.0-only
/*
 * deny CALL[,ARG,VALUE]=ERRNO... -- PROGRAM [ARGUMENT...]
 *
 * Runs a program on a poorer host: CALL answers ERRNO there.  ARG,VALUE: only where
 * that argument (0 to 5) is VALUE; with & before VALUE, where it has all these bits.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define ERROR(name) { #name, name }
static const struct { const char *name; int number; } errors[] = {
	ERROR(ENOSYS), ERROR(EPERM), ERROR(ENOMEM), ERROR(EMFILE), ERROR(EACCES), ERROR(EAGAIN), ERROR(EINVAL), ERROR(ENOSPC),
};

#define MAX	256
static struct sock_filter code[MAX];
static unsigned short length;

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
	unsigned int argument = 0, i, code_of_error, bits;
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
	if (i == sizeof(errors) / sizeof(errors[0]))
		return wrong(rule);
	code_of_error = errors[i].number;

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
	add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | code_of_error);
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
		fprintf(stderr, "usage: deny CALL[,ARG,VALUE]=ERRNO... -- PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	program.len = length;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("deny: seccomp");
		return 2;
	}
	execv(argv[i + 1], argv + i + 1);
	perror(argv[i + 1]);
	return 127;
}
