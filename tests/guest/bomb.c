// SPDX-License-Identifier: GPL-2.0-only
/*
 * bomb SECONDS [LIMIT]: every process forks for ever.  Guest only.  With LIMIT as
 * a user who may have so many; without, until the kernel refuses or kills.  SECONDS
 * after the first time it has done so all are killed and reaped, and a process can
 * be made as before.  How long it takes until then is the host's affair.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include "tap.h"

#define PATIENCE	180	/* seconds; the end if nothing is refused and nobody killed */

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

/* Column 8 of the first line of /proc/stat: time in which the CPU could not run, 10 ms each. */
static long stolen_ticks(void)
{
	FILE *f = fopen("/proc/stat", "r");
	long ticks = -1;

	if (f && fscanf(f, "cpu %*d %*d %*d %*d %*d %*d %*d %ld", &ticks) != 1)
		ticks = -1;
	if (f)
		fclose(f);
	return ticks;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	int seconds = argument(argc, argv, 1, 5), limit = argument(argc, argv, 2, 0);
	int fd, status, oom = 0, reaped = 0;
	double start = now(), first = 0;
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
	while (first ? now() - first < seconds : now() - start < PATIENCE) {
		usleep(100000);
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			oom += WIFSIGNALED(status);
		if (!first && (seen->refused || oom)) {
			first = now();
			note("after %.1f s and %d forks %s", first - start, seen->made,
			     oom ? "one is killed" : "one is refused");
		}
	}
	note("ends after %.1f s: %s", now() - start, first ? "the guest has set a limit" : "nothing stops it");
	kill(-bomb, SIGKILL);
	while ((pid = wait(&status)) > 0)
		reaped++;
	note("%d made, %d refused (%s), %d killed before the end, %d reaped", seen->made, seen->refused,
	     seen->refused ? strerror(seen->error) : "-", oom, reaped);
	note("%.1f s in all, %ld ticks stolen", now() - start, stolen_ticks());
	ok(seen->refused || oom, "the guest itself set the end");
	if (limit)
		ok(seen->error == EAGAIN && reaped <= limit, "EAGAIN at the limit");
	pid = must(fork());
	if (!pid)
		_exit(7);
	ok(wait_for(pid) == 7, "and goes on");
	return finish();
}
