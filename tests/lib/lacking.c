// SPDX-License-Identifier: GPL-2.0-only
/*
 * lacking seccomp|ptrace COMMAND [ARGUMENT]... - runs it as on a host that lacks
 * something:
 *
 *	seccomp		seccomp(2) is answered by ENOSYS, prctl(PR_SET_SECCOMP) by EINVAL
 *	ptrace		ptrace(2) is refused
 *
 * May be repeated, ptrace first.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IS(k, yes, no)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (k), (yes), (no))
#define RETURN(k)	BPF_STMT(BPF_RET | BPF_K, (k))

static struct sock_filter no_seccomp[] = {
	LOAD(nr),
	IS(SYS_seccomp, 4, 0),
	IS(SYS_prctl, 0, 2),
	LOAD(args[0]),
	IS(PR_SET_SECCOMP, 2, 0),
	RETURN(SECCOMP_RET_ALLOW),
	RETURN(SECCOMP_RET_ERRNO | ENOSYS),
	RETURN(SECCOMP_RET_ERRNO | EINVAL),
};

static struct sock_filter no_ptrace[] = {
	LOAD(nr),
	IS(SYS_ptrace, 0, 1),
	RETURN(SECCOMP_RET_ERRNO | EPERM),
	RETURN(SECCOMP_RET_ALLOW),
};

int main(int argc, char **argv)
{
	struct sock_fprog program = { .len = sizeof(no_seccomp) / sizeof(no_seccomp[0]), .filter = no_seccomp };

	if (argc < 3)
		return 2;
	if (!strcmp(argv[1], "ptrace"))
		program = (struct sock_fprog){ .len = sizeof(no_ptrace) / sizeof(no_ptrace[0]), .filter = no_ptrace };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("lacking");
		return 2;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
