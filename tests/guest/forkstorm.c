// SPDX-License-Identifier: GPL-2.0-only
/*
 * forkstorm [N]: N processes, every other one execs this program again.  Up to
 * 40 live at once; each must end with its own exit status, and a page that all
 * share copy-on-write must be right in each.
 */
#include "tap.h"

#define LIVE 40

static volatile uint64_t page[512] __attribute__((aligned(4096)));

static int child(int number)
{
	int i;

	for (i = 0; i < 512; i += 64)
		if (page[i] != (uint64_t)i * 77)
			return 255;
	page[64] = number;
	return page[64] == (uint64_t)number ? number % 200 : 254;
}

int main(int argc, char **argv)
{
	static struct { pid_t pid; int expect; } live[LIVE];
	int total = argument(argc, argv, 1, 10000), i, j, slot, nr = 0, status, bad = 0, ended = 0;
	char number[16];
	pid_t pid;

	if (argc > 2)		/* the exec'd half: its own fresh copy of everything */
		return total % 200;
	for (i = 0; i < 512; i++)
		page[i] = (uint64_t)i * 77;
	for (i = 0; i < total || nr; ) {
		if (i < total && nr < LIVE) {
			pid = fork();
			if (pid < 0)
				bail("fork");
			if (!pid) {
				if (!(i & 1))
					_exit(child(i));
				snprintf(number, sizeof(number), "%d", i);
				execl("/proc/self/exe", argv[0], number, "child", NULL);
				_exit(253);
			}
			for (slot = 0; live[slot].pid; slot++)
				;
			live[slot].pid = pid;
			live[slot].expect = i % 200;
			nr++;
			i++;
			continue;
		}
		pid = wait(&status);
		if (pid < 0)
			bail("wait");
		for (j = 0; j < LIVE && live[j].pid != pid; j++)
			;
		if (j == LIVE || !WIFEXITED(status) || WEXITSTATUS(status) != live[j].expect) {
			if (bad++ < 5)
				note("process %d: status %#x, expected %d", pid, status, j < LIVE ? live[j].expect : -1);
		}
		if (j < LIVE)
			live[j].pid = 0;
		nr--;
		ended++;
	}
	ok(ended == total, "%d processes ended", ended);
	ok(!bad, "every exit status is right (%d are not)", bad);
	ok(waitpid(-1, &status, 0) == -1 && errno == ECHILD, "no child is left");
	return finish();
}
