// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: MADV_COLLAPSE makes a huge page of a 2 MiB block of a shared memfd for
 * an ordinary user, even where shmem_enabled says "never"; one page present is
 * enough, the contents are kept, the rest reads as zeroes.  On a hole it fails.
 * Relied on by: host/load.c and host/ram.c for the kernel image; costs speed
 * only where it is refused (skipped here).
 */
#include "tests/probe/probe.h"

#define BLOCK	(2UL << 20)
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static unsigned int resident(char *p)
{
	static unsigned char vec[BLOCK / PAGE];
	unsigned int n = 0;

	must(mincore(p, BLOCK, vec));
	for (unsigned int i = 0; i < BLOCK / PAGE; i++)
		n += vec[i] & 1;
	return n;
}

static void setting(void)
{
	FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/shmem_enabled", "r");
	char text[128] = "";

	if (file && fgets(text, sizeof(text), file))
		note("shmem_enabled: %.100s", strtok(text, "\n"));
	if (file)
		fclose(file);
}

int main(void)
{
	int fd = must(memfd_create("ram", 0));
	unsigned int before, wrong = 0;
	long hole;
	char *p;

	setting();
	must(ftruncate(fd, 2 * BLOCK));
	p = (char *)must(mmap(NULL, 4 * BLOCK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
	p = (char *)(((uintptr_t)p + BLOCK - 1) & ~(BLOCK - 1));
	must(mmap(p, 2 * BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0));
	hole = madvise(p + BLOCK, BLOCK, MADV_COLLAPSE);
	p[PAGE * 7 + 3] = 42;
	before = resident(p);
	if (madvise(p, BLOCK, MADV_COLLAPSE)) {
		skip("refused here: %s", strerror(errno));
		return finish();
	}
	ok(before < BLOCK / PAGE && resident(p) == BLOCK / PAGE,
	   "%u page present became all of a huge page", before);
	for (unsigned long i = 0; i < BLOCK; i++)
		wrong += p[i] != (i == PAGE * 7 + 3 ? 42 : 0);
	ok(!wrong, "the contents are kept, the rest is zero");
	ok(hole == -1, "on a hole it fails");
	return finish();
}
