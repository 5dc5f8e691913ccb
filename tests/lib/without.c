// SPDX-License-Identifier: GPL-2.0-only
/*
 * without NUMBER[,NUMBER]... PROGRAM [ARGUMENT]...
 *
 * Runs a program on an older host: system calls of these numbers answer ENOSYS, to
 * it and to all that it starts.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MOST	16

int main(int argc, char **argv)
{
	struct sock_filter code[2 * MOST + 2] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = { .len = 1, .filter = code };
	char *at = argc > 2 ? argv[1] : "";

	while (*at) {
		unsigned long number = strtoul(at, &at, 10);

		if (program.len > 2 * MOST || (*at && *at++ != ','))
			break;
		code[program.len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
		code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	}
	if (argc < 3 || *at) {
		fputs("without: usage: without NUMBER[,NUMBER]... PROGRAM [ARGUMENT]...\n", stderr);
		return 2;
	}
	code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("without");
		return 125;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
