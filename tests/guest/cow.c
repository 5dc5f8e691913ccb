// SPDX-License-Identifier: GPL-2.0-only
/*
 * cow [PAGES]: copy-on-write after fork, checked page by page in three
 * generations that write in different orders while the others look, beside a
 * shared mapping in which all must see the same.
 */
#include <sys/mman.h>
#include "tap.h"

static size_t pages;
static volatile uint64_t *private_area, *shared_area;

static uint64_t value(int generation, size_t page)
{
	return (uint64_t)(generation + 1) * 1000003 + page * 31;
}

static void fill(int generation, bool backwards, size_t step)
{
	size_t n, i;

	for (n = 0; n < pages; n += step) {
		i = backwards ? pages - 1 - n : n;
		private_area[i * 512 + i % 512] = value(generation, i);
		private_area[i * 512 + (i + 9) % 512] = ~value(generation, i);
	}
}

static size_t wrong(int generation, size_t start, size_t step)
{
	size_t i, bad = 0;

	for (i = start; i < pages; i += step)
		bad += private_area[i * 512 + i % 512] != value(generation, i) ||
		       private_area[i * 512 + (i + 9) % 512] != ~value(generation, i);
	return bad;
}

static void token_pass(int fd)
{
	must(write(fd, "x", 1));
}

static void token_take(int fd)
{
	char c;

	if (read(fd, &c, 1) != 1)
		_exit(98);
}

int main(int argc, char **argv)
{
	int to_child[2], to_parent[2], round;
	pid_t pid, grandchild;
	size_t i, bad;

	pages = argument(argc, argv, 1, 4096);
	private_area = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	shared_area = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (private_area == MAP_FAILED || shared_area == MAP_FAILED)
		bail("mmap");
	for (round = 0; round < 4; round++) {
		must(pipe(to_child));
		must(pipe(to_parent));
		fill(10 * round, false, 1);
		pid = must(fork());
		if (!pid) {
			/* nothing of the parent's first write may be lost, none of its second seen */
			token_take(to_child[0]);
			if (wrong(10 * round, 0, 1))
				_exit(1);
			fill(10 * round + 2, round & 1, 2);	/* every other page */
			/* backwards with step 2 hits pages - 1 - n */
			if (wrong(10 * round + 2, (round & 1) ? (pages - 1) % 2 : 0, 2))
				_exit(2);
			if (wrong(10 * round, (round & 1) ? pages % 2 : 1, 2))
				_exit(3);
			grandchild = must(fork());
			if (!grandchild) {
				if (wrong(10 * round + 2, (round & 1) ? (pages - 1) % 2 : 0, 2))
					_exit(1);
				fill(10 * round + 3, !(round & 1), 1);
				for (i = 0; i < pages; i++)
					shared_area[i * 512] += 1;
				_exit(wrong(10 * round + 3, 0, 1) != 0);
			}
			if (wait_for(grandchild))
				_exit(4);
			if (wrong(10 * round + 2, (round & 1) ? (pages - 1) % 2 : 0, 2))
				_exit(5);
			for (i = 0; i < pages; i++)
				shared_area[i * 512] += 2;
			token_pass(to_parent[1]);
			token_take(to_child[0]);
			_exit(wrong(10 * round, (round & 1) ? pages % 2 : 1, 2) ? 6 : 0);
		}
		fill(10 * round + 1, !(round & 1), 1);
		token_pass(to_child[1]);
		token_take(to_parent[0]);
		bad = wrong(10 * round + 1, 0, 1);
		ok(!bad, "round %d: parent's pages are its own (%zu wrong)", round, bad);
		for (bad = 0, i = 0; i < pages; i++)
			bad += shared_area[i * 512] != 3 * (uint64_t)(round + 1);
		ok(!bad, "round %d: shared pages saw both (%zu wrong)", round, bad);
		token_pass(to_child[1]);
		ok(wait_for(pid) == 0, "round %d: child and grandchild saw theirs", round);
		close(to_child[0]), close(to_child[1]), close(to_parent[0]), close(to_parent[1]);
	}
	return finish();
}
