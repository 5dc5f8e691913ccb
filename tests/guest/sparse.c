// SPDX-License-Identifier: GPL-2.0-only
/*
 * sparse [MIB]: writes every other page of a range, so that no two mappings can
 * be merged: more of them than vm.max_map_count allows a host process.  Every
 * page is then read back twice, forwards and in a scattered order.
 */
#include <sys/mman.h>
#include "tap.h"

static uint64_t pattern(size_t page)
{
	return page * 0x9e3779b97f4a7c15ULL + 1;
}

int main(int argc, char **argv)
{
	size_t pages = (size_t)argument(argc, argv, 1, 2400) << 8, i, j, bad;
	volatile uint64_t *p;
	char *range;

	range = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (range == MAP_FAILED)
		bail("mmap");
	madvise(range, pages * 4096, MADV_NOHUGEPAGE);
	for (i = 0; i < pages; i += 2) {
		p = (uint64_t *)(range + i * 4096);
		p[i % 512] = pattern(i);
	}
	ok(1, "%zu pages of %zu written", pages / 2, pages);
	for (bad = 0, i = 0; i < pages; i += 2)
		bad += ((uint64_t *)(range + i * 4096))[i % 512] != pattern(i);
	ok(!bad, "read back in order (%zu wrong)", bad);
	for (bad = 0, i = 0, j = 0; i < 20000; i++) {
		j = (j + 2 * 7919) % (pages & ~1UL);
		bad += ((uint64_t *)(range + j * 4096))[j % 512] != pattern(j);
	}
	ok(!bad, "read back scattered (%zu wrong)", bad);
	for (bad = 0, i = 1; i < pages; i += 2 * 97)
		bad += ((uint64_t *)(range + i * 4096))[i % 512] != 0;
	ok(!bad, "pages between them are zero (%zu are not)", bad);
	ok(!munmap(range, pages * 4096), "unmapped");
	return finish();
}
