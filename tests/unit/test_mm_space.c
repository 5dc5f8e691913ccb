// SPDX-License-Identifier: GPL-2.0-only
/*
 * All of mm-emulation together with the real host, as a space uses it: a guest
 * that changes its entries and flushes, accesses that fault, windows, fills,
 * write protection by mprotect, evictions.  What an access finds is compared
 * with the guest's tables each time:
 *
 *	I1  what can be read is what the entry says now, since each change is flushed
 *	I3  what can be read is marked accessed, what can be written dirty
 *	I5  what the entry forbids fails
 */
#include "tests/unit/mm_test.h"
#include <sys/uio.h>
#include <unistd.h>

#define VA	0x500000000000ULL
#define PAGES	(3 * 512U)
#define RAM	(512 * PAGE)
#define DATA	(64 * PAGE)

static struct mm_ram ram;
static struct mm_tlb *tlb;
static uint64_t *entry[PAGES];
static int fd;

static uint64_t va_of(unsigned int page)
{
	return VA + page * PAGE;
}

static int peek(uint64_t va, uint64_t *value)
{
	struct iovec to = { value, 8 }, from = { (void *)va, 8 };

	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 8;
}

static int poke(uint64_t va, uint64_t value)
{
	struct iovec from = { &value, 8 }, to = { (void *)va, 8 };

	return process_vm_writev(getpid(), &from, 1, &to, 1, 0) == 8;
}

static void do_unmap(struct mm_range range)
{
	assert_int_equal(munmap((void *)range.start, range.end - range.start), 0);
	mm_tlb_note_unmap(tlb, range);
}

static void do_map(const struct mm_run *run)
{
	struct mm_range out[MM_TLB_EVICT];
	unsigned int n;

	while (mm_tlb_must_evict(tlb))
		for (n = mm_tlb_evict(tlb, out); n--; )
			do_unmap(out[n]);
	assert_int_equal(mm_tlb_note_map(tlb, run), 1);
	assert_true(mmap((void *)run->va.v, run->length, (int)run->prot & 3,
			 MAP_SHARED | MAP_FIXED, fd, (off_t)run->gpa.v) != MAP_FAILED);
}

/* 1: repeat the access; 0: the guest has a page fault. */
static int fault(uint64_t va, unsigned int access)
{
	struct mm_range window = mm_tlb_window(tlb, gva(va), access);
	struct mm_run run;
	uint32_t code;

	if (mm_fault_within(&ram, gpa(0), gva(va), access | MM_USER, window, &run, &code) != MM_MAP)
		return 0;
	if (chance(4))
		mm_tlb_trim(tlb, gva(va), &run);
	do_map(&run);
	return 1;
}

static void do_fill(struct mm_range range)
{
	struct mm_run run, piece;

	while (mm_fill(&ram, gpa(0), &range, &run)) {
		struct mm_range left = { run.va.v, run.va.v + run.length };

		while (mm_tlb_missing(tlb, &run, &left, &piece))
			do_map(&piece);
	}
}

static void do_protect(struct mm_range range)
{
	struct mm_range left = range, out;

	while (mm_tlb_next(tlb, MM_WRITE, &left, &out))
		assert_int_equal(mprotect((void *)out.start, out.end - out.start, PROT_READ), 0);
	mm_tlb_note_protect(tlb, range);
}

/* Whatever can be accessed now must be what the tables say. */
static void check_page(unsigned int page)
{
	uint64_t e = *entry[page], value;

	if (peek(va_of(page), &value)) {
		assert_true((e & P) && (e & A));
		assert_int_equal(value, *ram_at(ram, e & ADDRESS));
		if (poke(va_of(page), value))
			assert_true((e & RW) && (e & D));
	}
}

static void access_page(unsigned int page)
{
	uint64_t va = va_of(page), value, e = *entry[page], now;
	int write = chance(2), tries, done = 0, allowed;

	allowed = (e & P) && (!write || (e & RW));
	for (tries = 0; tries < 3 && !done; tries++) {
		value = rng();
		done = write ? poke(va, value) : peek(va, &value);
		if (!done && !fault(va, write ? MM_WRITE : MM_READ))
			break;
	}
	assert_int_equal(done, allowed);
	if (!done)
		return;
	now = *entry[page];
	assert_int_equal(now & ~(A | D), e & ~(A | D));
	assert_true((now & A) && (!write || (now & D)));
	assert_int_equal(value, *ram_at(ram, e & ADDRESS));
}

static void change(struct mm_range range, unsigned int first, unsigned int n)
{
	uint64_t at = DATA + below(RAM / PAGE - DATA / PAGE - 40) * PAGE;
	uint64_t flags = P | US | (chance(3) ? 0 : RW) | (chance(2) ? A : 0);
	unsigned int i, kind = (unsigned int)below(5);
	int write_only = 1;

	if (flags & A)
		flags |= chance(2) ? D : 0;
	for (i = first; i < first + n; i++) {
		switch (kind) {
		case 0:		/* gone */
			*entry[i] = 0;
			write_only = 0;
			break;
		case 1:		/* write protected, as fork does */
			*entry[i] &= ~RW;
			break;
		case 2:		/* aged and cleaned */
			*entry[i] &= ~(A | D);
			write_only = 0;
			break;
		default:	/* something else, contiguous in RAM */
			*entry[i] = (at + (i - first) % 40 * PAGE) | flags;
			write_only = 0;
		}
	}
	if (write_only)
		do_protect(range);
	else
		do_unmap(range);
}

static void test_space(void **unused)
{
	unsigned long i, n = trials(60000);
	struct mm_range out[MM_TLB_EVICT];
	uint64_t next = PAGE, j;
	uint32_t most = 0;

	(void)unused;
	tlb = calloc(1, sizeof(*tlb));
	fd = memfd_create("ram", MFD_CLOEXEC);
	assert_int_equal(ftruncate(fd, RAM), 0);
	ram = (struct mm_ram){ mmap(0, RAM, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), RAM };
	assert_true(ram.base != MAP_FAILED);
	for (i = 0; i < PAGES; i++)
		entry[i] = table_map(ram, 0, &next, va_of((unsigned int)i), 0, 1);
	assert_true(next <= DATA);
	for (j = DATA; j < RAM; j += PAGE)
		*ram_at(ram, j) = rng();

	for (i = 0; i < n; i++) {
		unsigned int first = (unsigned int)below(PAGES);
		unsigned int count = 1 + (unsigned int)below(chance(4) ? 200 : 5);
		struct mm_range range;

		if (count > PAGES - first)
			count = PAGES - first;
		range = (struct mm_range){ va_of(first), va_of(first + count) };
		switch (below(16)) {
		case 0: case 1: case 2:
			change(range, first, count);
			break;
		case 3:
			do_fill(range);
			break;
		case 4:
			if (chance(30)) {
				count = mm_tlb_evict(tlb, out);
				while (count--)
					do_unmap(out[count]);
			}
			break;
		default:
			for (j = first; j < first + count && j < first + 8; j++)
				access_page((unsigned int)j);
		}
		check_page((unsigned int)below(PAGES));
		if (tlb->vmas > most)
			most = tlb->vmas;
	}
	for (i = 0; i < PAGES; i++)
		check_page((unsigned int)i);
	print_message("# %lu steps, at most %u VMAs counted\n", n, most);
	munmap((void *)VA, PAGES * PAGE);
	munmap(ram.base, RAM);
	close(fd);
	free(tlb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_space),
	};

	return cmocka_run_group_tests_name("mm_space", tests, 0, 0);
}
