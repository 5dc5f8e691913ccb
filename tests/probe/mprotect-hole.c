// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: mprotect over a hole changes the part before the hole, then fails with
 * ENOMEM and leaves the part behind it as it was; munmap over holes works.
 * Relied on by: protect_local() and unmap() of syscall-bridge/memory.c (one
 * mprotect per stretch without holes, one munmap per range).
 */
#include "tests/probe/probe.h"

int main(void)
{
	int fd = must(memfd_create("ram", 0));
	char *p;
	long ret;

	probe_setup();
	must(ftruncate(fd, 4 * PAGE));
	p = (char *)must(mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	must(munmap(p + PAGE, 2 * PAGE));
	ret = mprotect(p, 4 * PAGE, PROT_READ);
	ok(ret == -1 && errno == ENOMEM, "mprotect over a hole: ENOMEM");
	ok(TRY("", "movb %%al, (%%rdi)", "", p) == SIGSEGV, "what lies before the hole has changed");
	ok(!TRY("", "movb %%al, (%%rdi)", "", p + 3 * PAGE), "what lies behind it has not");
	ok(!munmap(p, 4 * PAGE), "munmap over a hole works");
	ok(TRY("", "movb (%%rdi), %%al", "", p) == SIGSEGV &&
	   TRY("", "movb (%%rdi), %%al", "", p + 3 * PAGE) == SIGSEGV, "on both sides of it");
	ok(!munmap(p, 4 * PAGE), "munmap of nothing at all works");
	ok(mprotect(p, PAGE, PROT_READ) == -1 && errno == ENOMEM, "mprotect of nothing: ENOMEM");
	return finish();
}
