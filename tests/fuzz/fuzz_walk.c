// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer harness for the page-table walker: the input is a root, an address,
 * an access and the contents of RAM.  RAM lies between guard pages.  Checked: a
 * run lies in RAM and in what may be mapped, holds the address, allows the
 * access; asking again gives the same; entries change by accessed and dirty
 * bits only.
 *
 *	make -f tests/unit/unit.mk fuzz-walk FUZZ_SECONDS=60
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "mm-emulation/mm.h"

#define PAGES	6UL
#define SIZE	(PAGES * MM_PAGE_SIZE)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int ok)
{
	if (!ok)
		abort();
}

static int contains(struct mm_range r, const struct mm_run *run)
{
	return r.start <= run->va.v && run->va.v + run->length <= r.end;
}

static void check_run(const struct mm_run *run)
{
	struct mm_range part[MM_PARTS], all = { run->va.v, run->va.v + run->length };

	check(run->length && !((run->length | run->va.v | run->gpa.v) % MM_PAGE_SIZE));
	check(run->gpa.v < SIZE && run->length <= SIZE - run->gpa.v);
	check(mm_mappable(all, part) == 1 && contains(part[0], run));
	check((run->prot & MM_READ) && !(run->prot & ~7U));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint64_t before[SIZE / 8];
	static uint8_t *memory;
	struct { uint64_t root, va, start, end; uint32_t access; } in;
	struct mm_run run, again;
	struct mm_ram ram;
	struct mm_range range;
	uint32_t code;
	uint64_t *e;
	size_t i;

	if (!memory) {
		memory = mmap(0, SIZE + 2 * MM_PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);
		check(memory != MAP_FAILED);
		check(!mprotect(memory + MM_PAGE_SIZE, SIZE, PROT_READ | PROT_WRITE));
	}
	if (size < sizeof(in) + 8)
		return 0;
	memcpy(&in, data, sizeof(in));
	data += sizeof(in);
	size -= sizeof(in);
	ram = (struct mm_ram){ memory + MM_PAGE_SIZE, SIZE };
	for (i = 0; i < SIZE; i += size)
		memcpy(ram.base + i, data, size < SIZE - i ? size : SIZE - i);
	memcpy(before, ram.base, SIZE);

	if (mm_fault(&ram, gpa(in.root), gva(in.va), in.access & 15, &run, &code) == MM_MAP) {
		check_run(&run);
		check(run.va.v <= in.va && in.va < run.va.v + run.length);
		check(!(in.access & 7 & ~run.prot));
		check(mm_fault(&ram, gpa(in.root), gva(in.va), in.access & 15, &again,
			       &code) == MM_MAP);
		check(again.gpa.v - again.va.v == run.gpa.v - run.va.v && again.prot == run.prot);
	}
	e = (uint64_t *)ram.base;
	for (i = 0; i < SIZE / 8; i++)
		check(!((e[i] ^ before[i]) & ~0x60ULL) && (e[i] & before[i]) == before[i]);

	memcpy(before, ram.base, SIZE);
	range = (struct mm_range){ in.start, in.end };
	for (i = 0; i < 16 && mm_fill(&ram, gpa(in.root), &range, &run); i++) {
		check_run(&run);
		check(range.start == run.va.v + run.length && range.start > in.start);
	}
	check(!memcmp(before, ram.base, SIZE));
	return 0;
}
