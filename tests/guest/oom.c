// SPDX-License-Identifier: GPL-2.0-only
/*
 * oom: a process that takes all memory is killed, another one is not, and the
 * memory is there again.  Guest only: it would do the same to the host.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include "tap.h"

int main(void)
{
	struct sysinfo before, after;
	char *p, adj[] = "/proc/self/oom_score_adj";
	pid_t pid;
	int fd, status, round;

	if (access("/lol", F_OK)) {
		skip("only in the guest");
		return finish();
	}
	fd = open(adj, O_WRONLY);
	must(write(fd, "-900", 4));
	close(fd);
	sysinfo(&before);
	for (round = 0; round < 2; round++) {
		pid = must(fork());
		if (!pid) {
			size_t size = (before.totalram + (64UL << 20)) * before.mem_unit, i;

			fd = open(adj, O_WRONLY);
			must(write(fd, "900", 3));
			p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
			if (p == MAP_FAILED)
				_exit(2);
			for (i = 0; i < size; i += 4096)
				p[i] = 1;
			_exit(3);
		}
		status = wait_for(pid);
		ok(status == 128 + 9, "round %d: killed (%d)", round, status);
	}
	sysinfo(&after);
	ok(after.freeram > before.freeram - before.totalram / 10, "the memory is back (%lu, %lu)",
	   (long)before.freeram, (long)after.freeram);
	return finish();
}
