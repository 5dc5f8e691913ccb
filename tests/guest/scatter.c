// SPDX-License-Identifier: GPL-2.0-only
/*
 * scatter [PAGES] [PROCESSES] [1]: each process writes single pages 1 GiB apart, PAGES
 * altogether, each of which wants page tables of its own, and reads them back
 * twice; then the processes are alive together and read once more.  With 1 nothing is
 * written, so that a page takes no memory but its tables, here and there.
 */
#include <sys/mman.h>
#include "tap.h"

#define GIB	(1UL << 30)
#define MOST	512

static int reads_only;

static uint64_t pattern(size_t who, size_t page)
{
	return reads_only ? 0 : (who + 1) * 0x9e3779b97f4a7c15ULL + page;
}

static volatile uint64_t *place(char *base, size_t page)
{
	return (uint64_t *)(base + page * GIB + page % 7000 * 4096);
}

static size_t look(char *base, size_t who, size_t pages)
{
	size_t i, bad = 0;

	for (i = 0; i < pages; i++)
		bad += *place(base, i) != pattern(who, i);
	return bad;
}

int main(int argc, char **argv)
{
	size_t pages = argument(argc, argv, 1, 20000), n = argument(argc, argv, 2, 1), who, i;
	int ready[2], go[2], bad = 0, status;
	pid_t pid[MOST];
	char c = 0;

	if (n > MOST)
		n = MOST;
	reads_only = argument(argc, argv, 3, 0);
	must(pipe(ready));
	must(pipe(go));
	pages /= n;
	for (who = 0; who < n; who++) {
		pid[who] = must(fork());
		if (pid[who])
			continue;
		close(go[1]);
		char *base = mmap((void *)(64 * GIB), (pages + 1) * GIB, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (base == MAP_FAILED)
			_exit(2);
		madvise(base, (pages + 1) * GIB, MADV_NOHUGEPAGE);
		for (i = 0; i < pages && !reads_only; i++)
			*place(base, i) = pattern(who, i);
		if (look(base, who, pages))
			_exit(3);
		must(write(ready[1], &c, 1));
		close(ready[1]);	/* when nobody has it any more, all are ready, or have ended */
		(void)!read(go[0], &c, 1);	/* its end */
		_exit(look(base, who, pages) ? 4 : 0);
	}
	close(ready[1]);
	for (who = 0; who < n; who++)
		if (read(ready[0], &c, 1) != 1)
			break;
	ok(who == n, "%zu processes have written and read %zu pages each", n, pages);
	close(go[1]);
	for (who = 0; who < n; who++)
		if ((status = wait_for(pid[who])) && !bad++)
			printf("# process %zu: %d\n", who, status);
	ok(!bad, "and found them again together (%d did not)", bad);
	return finish();
}
