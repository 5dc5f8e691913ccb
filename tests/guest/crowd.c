// SPDX-License-Identifier: GPL-2.0-only
/*
 * crowd [PROCESSES] [ROUNDS]: a token goes round a ring of processes through
 * pipes; each has private memory that only it knows and checks on every turn.
 */
#include <sys/mman.h>
#include "tap.h"

int main(int argc, char **argv)
{
	int n = argument(argc, argv, 1, 100), rounds = argument(argc, argv, 2, 20), i, r, bad = 0;
	int first[2], left, ends[2];
	uint64_t token;
	pid_t *pid = calloc(n, sizeof(*pid));

	must(pipe(first));
	left = first[0];
	for (i = 0; i < n; i++) {
		must(pipe(ends));
		pid[i] = must(fork());
		if (!pid[i]) {
			uint64_t mine[512], seed = i + 1, *heap = malloc(65536);
			int k;

			close(first[1]);
			close(ends[0]);
			for (k = 0; k < 8192; k++)
				heap[k] = random_next(&seed);
			memcpy(mine, heap, sizeof(mine));
			while (read(left, &token, 8) == 8) {
				uint64_t again = i + 1;

				for (k = 0; k < 8192; k++)
					if (heap[k] != random_next(&again))
						_exit(1);
				if (memcmp(mine, heap, sizeof(mine)))
					_exit(2);
				token += i + 1;
				if (write(ends[1], &token, 8) != 8)
					_exit(3);
			}
			_exit(0);
		}
		close(left);
		close(ends[1]);
		left = ends[0];
	}
	for (r = 0; r < rounds; r++) {
		token = r;
		must(write(first[1], &token, 8));
		if (read(left, &token, 8) != 8 || token != (uint64_t)r + (uint64_t)n * (n + 1) / 2)
			bad++;
	}
	ok(!bad, "%d rounds through %d processes (%d wrong)", rounds, n, bad);
	close(first[1]);
	for (i = bad = 0; i < n; i++)
		bad += wait_for(pid[i]) != 0;
	ok(!bad, "every process found its memory as it left it (%d did not)", bad);
	return finish();
}
