// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: a process at vm.max_map_count gets ENOMEM from every mmap, even one
 * with MAP_FIXED over an existing VMA and one that would merge with a neighbour,
 * and from mprotect and munmap that would split.  Whole VMAs can be protected
 * and unmapped, one or a whole range of them, after which all works again.
 * Relied on by: mm-emulation (bound on VMAs, eviction), syscall-bridge/memory.c
 * (unmapping everything as the last resort).
 */
#include "tests/probe/probe.h"

#define MOST	300000

static long limit(void)
{
	FILE *file = fopen("/proc/sys/vm/max_map_count", "r");
	long value = 0;

	if (!file || fscanf(file, "%ld", &value) != 1)
		value = 0;
	if (file)
		fclose(file);
	return value;
}

static int error_of(long ret)
{
	return ret == -1 ? errno : 0;
}

int main(void)
{
	const int rw = PROT_READ | PROT_WRITE;
	long count, most = limit();
	int fd = must(memfd_create("ram", 0));
	char *area, *big, *at;

	if (most <= 0 || most > MOST) {
		skip("vm.max_map_count is %ld: too many to try", most);
		return finish();
	}
	must(ftruncate(fd, 16 * PAGE));
	area = (char *)must(mmap(NULL, (2 * most + 64) * PAGE, PROT_NONE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
	must(munmap(area, (2 * most + 64) * PAGE));
	big = (char *)must(mmap(area, 8 * PAGE, rw, MAP_SHARED | MAP_FIXED, fd, 0));
	for (count = 0, at = area + 16 * PAGE; count <= most; count++, at += 2 * PAGE)
		if (mmap(at, PAGE, rw, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
			break;
	note("vm.max_map_count is %ld, reached after %ld", most, count);
	ok(count <= most && errno == ENOMEM, "mmap: ENOMEM at the limit");
	at -= 2 * PAGE;
	ok(error_of((long)mmap(at, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0)) == ENOMEM,
	   "MAP_FIXED over an existing VMA: ENOMEM");
	ok(error_of((long)mmap(big + 8 * PAGE, PAGE, rw, MAP_SHARED | MAP_FIXED, fd, 8 * PAGE)) == ENOMEM,
	   "one that would merge: ENOMEM");
	ok(error_of(mprotect(big + 2 * PAGE, PAGE, PROT_READ)) == ENOMEM, "mprotect that splits: ENOMEM");
	ok(error_of(munmap(big + 2 * PAGE, PAGE)) == ENOMEM, "munmap that splits: ENOMEM");
	ok(!TRY("", "movb (%%rdi), %%al", "", big + 2 * PAGE), "and what failed changed nothing");
	ok(!mprotect(at, PAGE, PROT_READ), "mprotect of a whole VMA works");
	ok(!munmap(at, PAGE), "munmap of a whole VMA works");
	ok(mmap(at, PAGE, rw, MAP_SHARED | MAP_FIXED, fd, 0) == at, "and then there is room for another");
	ok(!munmap(area, (2 * most + 64) * PAGE), "one munmap of the whole range works at the limit");
	ok(mmap(at, PAGE, rw, MAP_SHARED | MAP_FIXED, fd, 0) == at &&
	   mmap(big, 8 * PAGE, rw, MAP_SHARED | MAP_FIXED, fd, 0) == big &&
	   !mprotect(big + 2 * PAGE, PAGE, PROT_READ), "after which mmap and splits work again");
	return finish();
}
