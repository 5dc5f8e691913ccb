// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer harness for the page-table walker: the input is a root, an address,
 * an access and the contents of RAM.  RAM lies between guard pages.  Checked: a
 * run lies in RAM and in what may be mapped, holds the address, allows the
 * access; the answer is that of a plain walk written from the manual; asking again
 * gives the same; entries change by accessed and dirty bits only.
 */
#include "tests/fuzz/fuzz.h"
#include "mm-emulation/mm.h"

#define PAGES	6UL
#define SIZE	(PAGES * MM_PAGE_SIZE)

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

/*
 * The page of an address after Intel's manual, volume 3, 4.5, with WP, NXE, SMEP and
 * SMAP set.  1: found; 0: a page fault; -1: tables outside of RAM.
 */
static int plain_walk(const struct mm_ram *ram, uint64_t table, uint64_t va, uint32_t access, uint64_t *page)
{
	uint64_t user = 1, writable = 1, exec = 1, entry;
	int shift;

	for (shift = 39; ; shift -= 9) {
		table &= 0xffffffffff000ULL;
		if (table >= ram->size)
			return -1;
		memcpy(&entry, ram->base + table + (va >> shift & 511) * 8, 8);
		if (!(entry & 1))
			return 0;
		writable &= entry >> 1;
		user &= entry >> 2;
		exec &= ~(entry >> 63);
		if (shift == 12 || entry >> 7 & 1)
			break;
		table = entry;
	}
	if (shift > 21 || (shift == 21 && entry & 0x1fe000))
		return 0;
	if ((access & MM_USER) ? !user || va >= LOL_USER_END : user || va < LOL_USER_END)
		return 0;
	if (((access & MM_WRITE) && !writable) || ((access & MM_EXEC) && !exec))
		return 0;
	*page = ((entry & 0xffffffffff000ULL) >> shift << shift) + (va & ((1ULL << shift) - 1) & ~4095ULL);
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint64_t before[SIZE / 8];
	static uint8_t *memory;
	struct { uint64_t root, va, start, end; uint32_t access; } in;
	struct mm_run run, again;
	struct mm_ram ram;
	struct mm_range range;
	enum mm_result result;
	uint64_t *e, page = 0;
	uint32_t code;
	int plain;
	size_t i;

	if (!memory)
		memory = guarded(SIZE);
	if (size < sizeof(in) + 8)
		return 0;
	memcpy(&in, data, sizeof(in));
	data += sizeof(in);
	size -= sizeof(in);
	ram = (struct mm_ram){ memory, SIZE };
	for (i = 0; i < SIZE; i += size)
		memcpy(ram.base + i, data, size < SIZE - i ? size : SIZE - i);
	memcpy(before, ram.base, SIZE);

	plain = in.va >> 47 && in.va >> 47 != 0x1ffff ? -1 :
		plain_walk(&ram, in.root, in.va, in.access & 15, &page);
	result = mm_fault(&ram, gpa(in.root), gva(in.va), in.access & 15, &run, &code);
	check(result != MM_FAULT || plain == 0);
	check(plain != 0 || result == MM_FAULT);
	check(plain >= 0 || result == MM_IMPOSSIBLE);
	if (result == MM_MAP) {
		check(plain == 1 && run.gpa.v + ((in.va & ~4095ULL) - run.va.v) == page);
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
