// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile guest user code: what can it see that the guest did not give it?
 *
 *   scan [long|first]	first: the sweep ends where something is found
 *
 * Page by page where monitor, K and guest kernel have things in their processes, in
 * steps everywhere else.  A page that is not there costs a signal and its delivery, so
 * that 2 MiB at a time the address space would take an hour.  But the host's futex,
 * which the user thread's filter passes, tells whether it can read a word, in a
 * microsecond; so with split that is how most is looked at.
 */
#define _GNU_SOURCE
#include <sys/syscall.h>

#include "tests/attack/user.h"

#define KiB	(1ULL << 10)
#define MiB	(1ULL << 20)
#define GiB	(1ULL << 30)
#define TiB	(1ULL << 40)
#define END	(1ULL << 47)

static const struct {
	uint64_t start, end;
	int may;		/* 1: read, 2: write */
} known[] = {
	{ LOL_USER_PAGE, LOL_USER_PAGE + PAGE, 1 },
	{ LOL_WEDGE_TEXT, LOL_WEDGE_TEXT + WEDGE_SIZE, 3 },		/* and its private data */
	{ LOL_WEDGE_FILTERS, LOL_WEDGE_FILTERS + sizeof(struct lol_filters), 1 },
	{ LOL_WEDGE_HANDOFF, LOL_WEDGE_HANDOFF + PAGE, 3 },
	{ LOL_WEDGE_HANDOFF + LOL_HANDOFF_OPS, LOL_WEDGE_HANDOFF + LOL_HANDOFF_OPS + PAGE, 1 },
	{ LOL_WEDGE_HANDOFF + LOL_HANDOFF_DONE, LOL_WEDGE_HANDOFF + LOL_HANDOFF_DONE + PAGE, 1 },
	{ LOL_WEDGE_HANDOFF + LOL_HANDOFF_STACK, LOL_WEDGE_HANDOFF + LOL_HANDOFF_STRIDE, 3 },
};

static unsigned int seen_wrongly;
static bool thorough, first;

static void look(uint64_t va)
{
	int can = readable(va) ? 1 : 0, may = 0;

	if (can && writable(va))
		can |= 2;
	for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (va >= known[i].start && va < known[i].end)
			may = known[i].may;
	if (can & ~may) {
		if (seen_wrongly++ < 5)
			printf("# %#llx can be %s\n", (unsigned long long)va, can & 2 ? "written" : "read");
	}
}

static bool guest_gave(uint64_t va)
{
	static struct { unsigned long long start, end; } map[512];
	static unsigned int n;

	if (!n) {
		FILE *file = fopen("/proc/self/maps", "r");
		char line[256];

		while (file && n < 512 && fgets(line, sizeof(line), file))
			if (sscanf(line, "%llx-%llx", &map[n].start, &map[n].end) == 2)
				n++;
		if (file)
			fclose(file);
	}
	for (unsigned int i = 0; i < n; i++)
		if (va >= map[i].start && va < map[i].end)
			return true;
	return false;
}

/* Does the host's futex know of a word there? */
static bool host_reads(uint64_t va)
{
	static const struct timespec now;

	return own(SYS_futex, va, 0, 0x5ca77e12, (uint64_t)&now, 0) != -EFAULT;
}

struct range {
	uint64_t start, end, step;
};

/* Where the host puts the stack at exec, and the rest below it. */
#define STACKS	(END - PAGE - 16 * GiB)
#define MAPS	(END - PAGE - 16 * GiB - TiB)

static const struct range quick[] = {	/* with host_reads() */
	{ 0, LOL_USER_END, 64 * MiB },
	{ LOL_KERNEL_START, LOL_WEDGE_START, 2 * MiB },
	{ LOL_WEDGE_START, STACKS, 2 * MiB },
	{ STACKS, END, PAGE },
}, quick_long[] = {
	{ 0, LOL_USER_END, 2 * MiB },
	{ LOL_KERNEL_START, LOL_WEDGE_START, MiB },
	{ LOL_WEDGE_START, MAPS, 64 * KiB },
	{ MAPS, STACKS, 8 * KiB },	/* a vdso has two pages at least */
	{ STACKS, END, PAGE },
}, slow[] = {
	{ 0, LOL_WEDGE_START, GiB },
	{ LOL_WEDGE_START, STACKS, 64 * MiB },
	{ STACKS, END, 128 * KiB },	/* a stack has 132 at first */
}, slow_long[] = {
	{ 0, LOL_WEDGE_START, 128 * MiB },
	{ LOL_WEDGE_START, STACKS, 2 * MiB },
	{ STACKS, END, 32 * KiB },
};

static void sweep(const struct range *range, unsigned int n, bool (*there)(uint64_t))
{
	unsigned long looks = 0;

	for (unsigned int i = 0; i < n; i++) {
		for (uint64_t va = range[i].start; va < range[i].end && !(first && seen_wrongly); va += range[i].step) {
			looks++;
			if (there(va) && !guest_gave(va))
				look(va);
		}
	}
	ok(!seen_wrongly, "nor anything in %lu places all over the address space (%u are)", looks, seen_wrongly);
}

static void page_by_page(void)
{
	static const uint64_t dense[][2] = {
		{ LOL_WEDGE_LOW, LOL_USER_START }, { LOL_NEAR_END - 0x10000, LOL_NEAR_END + 0x10000 },
		{ LOL_VCPU_PAGE, LOL_VCPU_PAGE + 0x10000 }, { LOL_DIRECT_MAP, LOL_DIRECT_MAP + 0x400000 },
		{ LOL_KERNEL_MAP + 0x200000, LOL_KERNEL_MAP + 0xa00000 },
		{ LOL_VMALLOC_START, LOL_VMALLOC_START + 0x40000 },
		{ LOL_MODULES_START, LOL_MODULES_START + 0x40000 },
		{ LOL_WEDGE_VCPU, LOL_WEDGE_VCPU + 0x10000 }, { LOL_WEDGE_HANDOFF, LOL_WEDGE_HANDOFF + 0x20000 },
		{ LOL_WEDGE_FILTERS, LOL_WEDGE_ATTACH + 0x10000 },
		{ LOL_WEDGE_STATE, LOL_WEDGE_STATE + LOL_STATE_SIZE },
		{ LOL_WEDGE_HANDOFFS, LOL_WEDGE_HANDOFFS + 0x100000 },
		{ LOL_WEDGE_TLBS, LOL_WEDGE_TLBS + 0x400000 }, { LOL_WEDGE_RAM, LOL_WEDGE_RAM + 0x1000000 },
	};

	for (unsigned int i = 0; i < sizeof(dense) / sizeof(dense[0]); i++)
		for (uint64_t va = dense[i][0]; va < dense[i][1]; va += PAGE)
			look(va);
	ok(!seen_wrongly, "nothing but the wedge's own is there where monitor, K and guest kernel have things (%u pages)",
	   seen_wrongly);
	seen_wrongly = 0;
}

#define SWEEP(ranges, there)	sweep(ranges, sizeof(ranges) / sizeof(ranges[0]), there)

int main(int argc, char **argv)
{
	uint64_t start;

	thorough = argc > 1 && !strcmp(argv[1], "long");
	first = argc > 1 && !strcmp(argv[1], "first");
	begin();
	page_by_page();
	start = now_ns();
	if (host_reads(LOL_WEDGE_TEXT)) {
		if (thorough)
			SWEEP(quick_long, host_reads);
		else
			SWEEP(quick, host_reads);
	} else if (thorough) {
		SWEEP(slow_long, readable);
	} else {
		SWEEP(slow, readable);
	}
	printf("# in %.1f s\n", (now_ns() - start) / 1e9);
	ok(!writable(LOL_WEDGE_TEXT) && !writable(LOL_USER_PAGE), "text and user page cannot be written");
	ok(!writable(LOL_WEDGE_HANDOFF + LOL_HANDOFF_OPS) && !writable(LOL_WEDGE_HANDOFF + LOL_HANDOFF_DONE),
	   "operations and completion cannot be written");
	ok(!writable(LOL_WEDGE_FILTERS), "filters cannot be written");
	return finish();
}
