// SPDX-License-Identifier: GPL-2.0-only
/*
 * giveback [MIB] [SECONDS]: keeps an eighth of MIB and frees the rest, so that
 * neighbours of what goes away stay; says "freed", waits for a line of input (or
 * SECONDS), and looks at what it kept and at memory taken anew.
 */
#include <poll.h>
#include <sys/mman.h>
#include "tap.h"

#define PAGE	4096UL
#define CHUNK	(4UL << 20)

static char *take(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		bail("mmap");
	return p;
}

static uint64_t pattern(size_t at)
{
	return (at + 1) * 0x9e3779b97f4a7c15ULL;
}

int main(int argc, char **argv)
{
	size_t size = ((size_t)argument(argc, argv, 1, 64) << 20) & ~(CHUNK - 1), at, bad = 0;
	struct pollfd input = { .fd = 0, .events = POLLIN };
	char *p = take(size), *fresh;

	for (at = 0; at < size; at += PAGE)
		*(uint64_t *)(p + at) = pattern(at);
	printf("# touched\n");
	fflush(stdout);
	poll(&input, 1, argument(argc, argv, 2, 1) * 1000);
	if (input.revents & POLLIN)
		(void)!read(0, (char[8]){ 0 }, 1);
	for (at = 0; at < size; at += CHUNK)
		if (at / CHUNK % 8)
			must(madvise(p + at, CHUNK, MADV_DONTNEED));
	printf("# freed\n");
	fflush(stdout);
	poll(&input, 1, argument(argc, argv, 2, 1) * 1000);
	for (at = 0; at < size; at += PAGE)
		bad += *(uint64_t *)(p + at) != (at / CHUNK % 8 ? 0 : pattern(at));
	ok(!bad, "what was kept is right, what was freed is zero (%zu pages are not)", bad);
	fresh = take(size / 2);
	for (bad = 0, at = 0; at < size / 2; at += PAGE) {
		bad += *(uint64_t *)(fresh + at) != 0;
		*(uint64_t *)(fresh + at) = ~pattern(at);
	}
	for (at = 0; at < size / 2; at += PAGE)
		bad += *(uint64_t *)(fresh + at) != ~pattern(at);
	ok(!bad, "memory taken anew is zero, then what was written (%zu pages are not)", bad);
	for (bad = 0, at = 0; at < size; at += PAGE)
		if (at / CHUNK % 8 == 0)
			bad += *(uint64_t *)(p + at) != pattern(at);
	ok(!bad, "what was kept is still right (%zu pages are not)", bad);
	return finish();
}
