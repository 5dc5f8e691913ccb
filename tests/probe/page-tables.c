// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: the host frees a page-table page when the last mapping below it is
 * unmapped, in whatever order and in whatever pieces, and not before: a page in
 * each of N regions of 2 MiB costs N page-table pages, and one more for each GiB.
 * Dropping the contents of a memory file frees none.
 * Relied on by: mm-emulation (bound on page tables: tlb.c, budget.c).
 */
#include "tests/probe/probe.h"

#define REGION	(2UL << 20)
#define GIB	(1UL << 30)
#define SPOTS	200UL

static long tables(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[128];
	long kb = -1;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmPTE: %ld", &kb) == 1)
			break;
	if (file)
		fclose(file);
	return kb / 4;
}

static char *area;
static int fd;

static void touch(unsigned long offset)
{
	volatile char *at = (char *)must(mmap(area + offset, PAGE, PROT_READ | PROT_WRITE,
					      MAP_SHARED | MAP_FIXED, fd, 0));

	*at = 1;
}

int main(void)
{
	unsigned long i, size = (SPOTS + 2) * GIB;
	long before, here;

	fd = must(memfd_create("ram", 0));
	must(ftruncate(fd, 4 * PAGE));
	area = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED)
		bail("no address space");
	must(munmap(area, size));
	area = (char *)(((unsigned long)area + GIB - 1) & -GIB);
	here = before = tables();

	for (i = 0; i < SPOTS; i++)
		touch(i * REGION + i % 512 * PAGE);
	ok(tables() - here >= (long)SPOTS && tables() - here <= (long)SPOTS + 2,
	   "a page in each of %lu regions in a GiB: %ld page-table pages", SPOTS, tables() - here);
	for (i = 0; i < SPOTS; i += 2)
		must(munmap(area + i * REGION, REGION));
	ok(tables() - here >= (long)SPOTS / 2 && tables() - here <= (long)SPOTS / 2 + 2,
	   "every other region unmapped: %ld", tables() - here);
	must(ftruncate(fd, 0));
	must(ftruncate(fd, 4 * PAGE));
	ok(tables() - here >= (long)SPOTS / 2, "contents dropped, mappings kept: %ld", tables() - here);
	for (i = 1; i < SPOTS; i += 2)
		must(munmap(area + i * REGION + i % 512 * PAGE, PAGE));
	ok(tables() - here <= 2, "the rest unmapped page by page: %ld", tables() - here);

	here = tables();
	for (i = 0; i < SPOTS; i++)
		touch(i * GIB);
	ok(tables() - here >= 2 * (long)SPOTS && tables() - here <= 2 * (long)SPOTS + 2,
	   "a page in each of %lu GiB: %ld", SPOTS, tables() - here);
	for (i = SPOTS; i--; )
		must(munmap(area + i * GIB, REGION));
	ok(tables() - here <= 2, "unmapped by regions: %ld", tables() - here);

	here = tables();
	touch(REGION);
	touch(REGION + 7 * PAGE);
	must(munmap(area + REGION, PAGE));
	ok(tables() - here >= 1, "one of two mappings in a region unmapped: its page-table page stays");
	must(munmap(area + REGION + 7 * PAGE, PAGE));
	ok(tables() - before <= 2, "the other: it goes");
	return finish();
}
