// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: in a shared writable mapping of a memfd one byte read maps the present
 * pages around it (64 KiB, aligned) as well, and maps them writable; one byte
 * written maps one page.
 * Relied on by: tlb_fault() and tlb_fill() of syscall-bridge/memory.c, which
 * read one byte of each run; costs speed only where it is not so.
 */
#include "tests/probe/probe.h"
#include <sys/resource.h>

#define WINDOW	(16 * PAGE)

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

/* Faults of touching all pages of a fresh view, the first one by @write or not. */
static long touch(int fd, bool write, long *first)
{
	char *view = (char *)must(mmap(NULL, 2 * WINDOW, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	volatile char *p = (char *)(((uintptr_t)view + WINDOW - 1) & ~(WINDOW - 1));
	long before, after;

	must(mmap((char *)p, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0));
	before = faults();
	if (write)
		p[5 * PAGE] = 1;
	else
		(void)p[5 * PAGE];
	after = faults();
	*first = after - before;
	for (unsigned int i = 0; i < WINDOW; i += PAGE)
		p[i] = 2;
	before = faults();
	must(munmap(view, 2 * WINDOW));
	return before - after;
}

int main(void)
{
	int fd = must(memfd_create("ram", 0));
	long first, rest;
	char *p;

	must(ftruncate(fd, WINDOW));
	p = (char *)must(mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	memset(p, 1, WINDOW);		/* all pages present in RAM, as guest pages in use are */
	touch(fd, false, &first);	/* once for the code of this program itself */
	rest = touch(fd, false, &first);
	note("after a read: %ld faults, then %ld for writing to all 16 pages", first, rest);
	ok(first == 1, "a read is one fault");
	ok(rest == 0, "and has mapped all pages around it, writable");
	rest = touch(fd, true, &first);
	note("after a write: %ld faults, then %ld for writing to all 16 pages", first, rest);
	ok(first == 1 && rest == 15, "a write maps one page");
	return finish();
}
