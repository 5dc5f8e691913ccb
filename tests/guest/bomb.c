// SPDX-License-Identifier: GPL-2.0-only
/*
 * bomb SECONDS [LIMIT]: every process forks for ever.  Guest only.  With LIMIT as
 * a user who may have so many; without, until the kernel refuses or kills.  Then
 * all are killed and reaped, and a process can be made as before.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include "tap.h"

static volatile struct {
	int made, refused, error;
} *seen;

static void explode(void)
{
	int mine = 0;

	for (;;) {
		pid_t pid = fork();

		if (pid > 0) {
			__atomic_fetch_add(&seen->made, 1, __ATOMIC_RELAXED);
		} else if (pid < 0) {
			seen->error = errno;
			__atomic_fetch_add(&seen->refused, 1, __ATOMIC_RELAXED);
			sleep(1);
			if (++mine == 3)
				pause();	/* enough: they are many */
		}
	}
}

int main(int argc, char **argv)
{
	int seconds = argument(argc, argv, 1, 5), limit = argument(argc, argv, 2, 0);
	int fd, i, status, oom = 0, reaped = 0;
	pid_t bomb, pid;

	if (access("/lol", F_OK)) {
		skip("only in the guest");
		return finish();
	}
	seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	bomb = must(fork());
	if (!bomb) {
		must(setpgid(0, 0));
		if (limit) {
			must(setrlimit(RLIMIT_NPROC, &(struct rlimit){ limit, limit }));
			must(setuid(1000));
		}
		explode();
	}
	fd = open("/proc/self/oom_score_adj", O_WRONLY);
	must(write(fd, "-1000", 5));
	close(fd);
	setpgid(bomb, bomb);
	for (i = 0; i < seconds * 10; i++) {
		usleep(100000);
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			oom += WIFSIGNALED(status);
	}
	kill(-bomb, SIGKILL);
	while ((pid = wait(&status)) > 0)
		reaped++;
	note("%d made, %d refused (%s), %d killed before the end, %d reaped", seen->made, seen->refused,
	     seen->refused ? strerror(seen->error) : "-", oom, reaped);
	ok(seen->refused || oom, "the guest itself set the end");
	if (limit)
		ok(seen->error == EAGAIN && reaped <= limit, "EAGAIN at the limit");
	pid = must(fork());
	if (!pid)
		_exit(7);
	ok(wait_for(pid) == 7, "and goes on");
	return finish();
}
