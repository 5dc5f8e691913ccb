// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walker against a second one, written from the manuals, over random tables
 * that are half plausible and half nonsense: loops, tables outside RAM, large
 * bits where they are reserved.  After each step the whole of RAM is compared:
 * exactly the accessed and dirty bits that the access sets may have changed.
 * RAM lies between guard pages, so a read outside it ends the test.
 */
#include "tests/unit/mm_test.h"
#include <lol/boot.h>

#define RAM_PAGES 40

struct view {
	int state;		/* 0 absent, 1 reserved, 2 table outside RAM, 3 leaf */
	uint64_t gpa;
	int writable, user, executable, young, dirty;
	int levels;
	uint64_t slot[4];	/* guest-physical of the entries used */
};

static struct view reference(struct mm_ram ram, uint64_t root, uint64_t va)
{
	struct view v = { .writable = 1, .user = 1, .executable = 1, .young = 1 };
	uint64_t table = root & ADDRESS;
	int shift;

	for (shift = 39; ; shift -= 9) {
		uint64_t at = table + 8 * ((va >> shift) % 512), e;

		if (table + PAGE > ram.size) {
			v.state = 2;
			return v;
		}
		e = *ram_at(ram, at);
		v.slot[v.levels++] = at;
		if (!(e & 1))
			return v;
		v.writable &= e >> 1 & 1;
		v.user &= e >> 2 & 1;
		v.young &= e >> 5 & 1;
		v.executable &= ~(e >> 63) & 1;
		v.dirty = e >> 6 & 1;
		if (shift == 12) {
			v.state = 3;
			v.gpa = e & ADDRESS;
			return v;
		}
		if (e & 0x80) {
			if (shift > 21 || (e & 0x1fe000)) {
				v.state = 1;
				return v;
			}
			v.state = 3;
			v.gpa = (e & 0xfffffffe00000) + (va & 0x1ff000);
			return v;
		}
		table = e & ADDRESS;
	}
}

static int forbidden(uint64_t va)
{
	return va < LOL_USER_START || va >= LOL_KERNEL_END ||
	       (va >= LOL_NEAR_START && va < LOL_NEAR_END);
}

static enum mm_result expect(struct mm_ram ram, struct view v, uint64_t va,
			     unsigned int access, uint32_t *code)
{
	int user = !!(access & MM_USER), ok;

	*code = (access & MM_WRITE ? 2 : 0) | (user ? 4 : 0) | (access & MM_EXEC ? 16 : 0);
	if ((int64_t)(va << 16) >> 16 != (int64_t)va || v.state == 2)
		return MM_IMPOSSIBLE;
	if (v.state == 0)
		return MM_FAULT;
	if (v.state == 1) {
		*code |= 9;
		return MM_FAULT;
	}
	if (user)
		ok = v.user && va < LOL_USER_END;
	else
		ok = !v.user && va >= LOL_KERNEL_START;
	if ((access & MM_WRITE) && !v.writable)
		ok = 0;
	if ((access & MM_EXEC) && !v.executable)
		ok = 0;
	if (!ok) {
		*code |= 1;
		return MM_FAULT;
	}
	if (forbidden(va))
		return MM_IMPOSSIBLE;
	if (v.gpa < ram.size)
		return MM_MAP;
	if (!user && !(access & MM_EXEC) && v.gpa >= LOL_GPA_DEVICES &&
	    v.gpa < LOL_GPA_DEVICES + LOL_BOOT_MAX_DEVICES * PAGE)
		return MM_DEVICE;
	return MM_IMPOSSIBLE;
}

static uint32_t prot_of(struct view v)
{
	return MM_READ | (v.writable && v.dirty ? MM_WRITE : 0) | (v.executable ? MM_EXEC : 0);
}

/* Of the tables made now: plausible ones, of user pages or of kernel pages. */
static int plausible;
static uint64_t plausible_user;

static uint64_t random_flags(void)
{
	uint64_t f = 0;

	if (plausible && !chance(10))
		return P | RW | A | plausible_user | (chance(3) ? 0 : D) | (chance(5) ? NX : 0);
	f |= chance(8) ? 0 : P;
	f |= chance(5) ? 0 : RW;
	f |= chance(2) ? 0 : US;
	f |= chance(3) ? 0 : A;
	f |= chance(2) ? 0 : D;
	f |= chance(12) ? PS : 0;
	f |= chance(5) ? NX : 0;
	f |= chance(8) ? rng() & 0x7ff0000000000f18ULL : 0;
	return f;
}

static uint64_t random_entry(void)
{
	uint64_t f = random_flags();

	switch (plausible ? below(100) : below(24)) {
	case 0:
		return rng();
	case 1:
		return f | (rng() & ADDRESS);
	case 2:
		return f | (LOL_GPA_DEVICES + below(LOL_BOOT_MAX_DEVICES + 2) * PAGE);
	case 3:
		return f | PS;	/* a large leaf at 0 */
	case 4:
		return f | (RAM_PAGES + below(3) - 1) * PAGE;
	default:
		return f | below(RAM_PAGES) * PAGE;
	}
}

/* Every page is a table; stretches of entries follow each other in RAM. */
static void random_tables(struct mm_ram ram)
{
	uint64_t *e = ram_at(ram, 0);
	size_t i, n = ram.size / 8;

	plausible = !chance(3);
	plausible_user = chance(2) ? US : 0;
	for (i = 0; i < n; i++) {
		if (i % 512 && !chance(4))
			e[i] = e[i - 1] + PAGE;
		else
			e[i] = random_entry();
	}
}

static const uint64_t bases[] = {
	0, 0x10000, LOL_USER_START, 0x400000, 0x7fff000, 0x555555554000,
	LOL_USER_END - 4 * PAGE, LOL_DIRECT_MAP, LOL_DIRECT_MAP_END - 2 * PAGE,
	LOL_VMALLOC_START, LOL_NEAR_START - 2 * PAGE, LOL_VCPU_PAGE,
	LOL_KERNEL_MAP, LOL_KERNEL_MAP + 0x200000, LOL_MODULES_START - PAGE,
	LOL_MODULES_END, LOL_KERNEL_END - 2 * PAGE, LOL_WEDGE_START, LOL_WEDGE_RAM,
	0x7ffffffff000, 0x800000000000, 0xffff800000000000, 0xffffffffff600000,
};

static uint64_t random_va(void)
{
	uint64_t va = bases[below(sizeof(bases) / sizeof(bases[0]))];

	va += below(4) * PAGE + below(PAGE);
	if (chance(3))
		va ^= (rng() & 0x7fffffff000ULL);
	if (chance(50))
		va ^= 1ULL << below(64);
	return va;
}

static unsigned int random_access(uint64_t va)
{
	static const unsigned int kind[] = { MM_READ, MM_WRITE, MM_EXEC };
	unsigned int access = kind[below(3)];

	if (va < LOL_USER_END ? !chance(8) : chance(8))
		access |= MM_USER;
	return access;
}

static void check_run(struct mm_ram ram, uint64_t root, uint64_t va, const struct mm_run *run)
{
	int user = va < LOL_USER_END;
	uint64_t at;

	assert_true(run->length && !(run->length % PAGE) && !(run->va.v % PAGE));
	assert_true(run->va.v <= va && va < run->va.v + run->length);
	assert_true(run->gpa.v + run->length <= ram.size);
	for (at = 0; at < run->length; at += PAGE) {
		struct view v = reference(ram, root, run->va.v + at);

		assert_false(forbidden(run->va.v + at));
		assert_int_equal(run->va.v + at < LOL_USER_END, user);
		assert_int_equal(v.state, 3);
		assert_int_equal(v.gpa, run->gpa.v + at);
		assert_int_equal(v.user, user);
		assert_true(v.young);
		assert_int_equal(prot_of(v), run->prot);
		assert_true(!(run->prot & MM_WRITE) || (v.writable && v.dirty));
	}
}

static void test_random(void **unused)
{
	struct mm_ram ram = ram_new(RAM_PAGES * PAGE), copy = ram_new(RAM_PAGES * PAGE);
	unsigned long count[8] = { 0 }, longest = 0, i, n = trials(60000);

	(void)unused;
	for (i = 0; i < n; i++) {
		uint64_t root, va = random_va();
		unsigned int access = random_access(va);
		enum mm_result result, wanted;
		uint32_t code = 99, wanted_code;
		struct mm_run run;
		struct view v;
		int l;

		if (i % 64 == 0)
			random_tables(ram);
		root = chance(30) ? rng() : below(RAM_PAGES + 1) * PAGE + below(PAGE);
		memcpy(copy.base, ram.base, ram.size);
		v = reference(copy, root, va);
		wanted = expect(copy, v, va, access, &wanted_code);

		if (chance(3)) {
			gpa_t at = gpa(0);

			result = mm_translate(&ram, gpa(root), gva(va), access, &at, &code);
			if (result == MM_MAP || result == MM_DEVICE)
				assert_int_equal(at.v, v.gpa + va % PAGE);
			run.length = 0;
		} else {
			result = mm_fault(&ram, gpa(root), gva(va), access, &run, &code);
		}
		assert_int_equal(result, wanted);
		assert_int_equal(code, wanted_code);
		if (result == MM_MAP || result == MM_DEVICE) {
			for (l = 0; l < v.levels; l++)
				*ram_at(copy, v.slot[l]) |= A;
			if (access & MM_WRITE)
				*ram_at(copy, v.slot[v.levels - 1]) |= D;
		}
		assert_memory_equal(ram.base, copy.base, ram.size);
		if (result == MM_MAP && run.length) {
			check_run(ram, root, va, &run);
			assert_true((access & ~MM_USER & ~run.prot) == 0);
			if (run.length > longest)
				longest = run.length;
		}
		if (result == MM_DEVICE && run.length)
			assert_int_equal(run.gpa.v, v.gpa);
		count[result]++;
	}
	print_message("# map %lu fault %lu device %lu impossible %lu, longest run %lu pages\n",
		      count[MM_MAP], count[MM_FAULT], count[MM_DEVICE],
		      count[MM_IMPOSSIBLE], (unsigned long)(longest / PAGE));
	assert_true(count[MM_MAP] > n / 50 && count[MM_FAULT] > n / 50);
	assert_true(count[MM_DEVICE] && count[MM_IMPOSSIBLE] > n / 50 && longest > PAGE);
	ram_free(ram);
	ram_free(copy);
}

/* Any nonsense as RAM: nothing is asserted but that it ends inside RAM. */
static void test_noise(void **unused)
{
	struct mm_ram ram = ram_new(8 * PAGE);
	unsigned long i, n = trials(20000);

	(void)unused;
	for (i = 0; i < n; i++) {
		uint64_t size = chance(4) ? below(3) * PAGE : ram.size;
		struct mm_ram some = { ram.base, size };
		struct mm_range range = { rng() >> below(64), rng() >> below(64) };
		uint64_t j, root = rng() >> below(60);
		struct mm_run run;
		uint32_t code;

		for (j = 0; j < ram.size / 8 && i % 16 == 0; j++)
			ram_at(ram, 0)[j] = rng() & (chance(2) ? ~0ULL : 0x7fff) & ~(chance(2) ? PS : 0);
		mm_fault(&some, gpa(root), gva(rng() >> below(40)), (unsigned int)rng() & 15,
			 &run, &code);
		for (j = 0; j < 4 && mm_fill(&some, gpa(root), &range, &run); j++)
			assert_true(run.gpa.v + run.length <= size);
	}
	ram_free(ram);
}

/* Error codes, one by one, on tables built on purpose. */
static void test_error_codes(void **unused)
{
	struct mm_ram ram = ram_new(64 * PAGE);
	uint64_t next = PAGE, va = 0x400000, *e;
	struct mm_run run;
	uint32_t code;
	gpa_t at;

	(void)unused;
#define FAULT(address, access) mm_fault(&ram, gpa(0), gva(address), access, &run, &code)
	e = table_map(ram, 0, &next, va, 50 * PAGE | P | US | NX, 1);
	assert_int_equal(FAULT(va, MM_WRITE | MM_USER), MM_FAULT);
	assert_int_equal(code, MM_PF_PRESENT | MM_PF_WRITE | MM_PF_USER);
	assert_int_equal(FAULT(va, MM_EXEC | MM_USER), MM_FAULT);
	assert_int_equal(code, MM_PF_PRESENT | MM_PF_FETCH | MM_PF_USER);
	assert_int_equal(FAULT(va, MM_READ), MM_FAULT);
	assert_int_equal(code, MM_PF_PRESENT);
	assert_false(*e & A);
	assert_int_equal(FAULT(va + 5, MM_READ | MM_USER), MM_MAP);
	assert_int_equal(run.prot, MM_READ);
	assert_int_equal(run.va.v, va);
	assert_int_equal(*e & (A | D), A);
	*e |= RW;
	assert_int_equal(FAULT(va, MM_READ | MM_USER), MM_MAP);
	assert_int_equal(run.prot, MM_READ);
	assert_int_equal(FAULT(va, MM_WRITE | MM_USER), MM_MAP);
	assert_int_equal(run.prot, MM_READ | MM_WRITE);
	assert_int_equal(*e & (A | D), A | D);
	assert_int_equal(FAULT(va, MM_READ | MM_USER), MM_MAP);
	assert_int_equal(run.prot, MM_READ | MM_WRITE);
	*e = 0;
	assert_int_equal(FAULT(va, MM_WRITE | MM_USER), MM_FAULT);
	assert_int_equal(code, MM_PF_WRITE | MM_PF_USER);
	/* a null pointer is the guest's own fault, for user and kernel */
	assert_int_equal(FAULT(0, MM_READ | MM_USER), MM_FAULT);
	assert_int_equal(code, MM_PF_USER);
	assert_int_equal(FAULT(8, MM_WRITE), MM_FAULT);
	assert_int_equal(code, MM_PF_WRITE);
	/* tables that allow what must not be */
	table_map(ram, 0, &next, LOL_USER_PAGE, 50 * PAGE | P | US | RW, 1);
	assert_int_equal(FAULT(LOL_USER_PAGE, MM_READ | MM_USER), MM_IMPOSSIBLE);
	table_map(ram, 0, &next, LOL_VCPU_PAGE, 50 * PAGE | P | RW, 1);
	assert_int_equal(FAULT(LOL_VCPU_PAGE, MM_READ), MM_IMPOSSIBLE);
	table_map(ram, 0, &next, LOL_WEDGE_TEXT, 50 * PAGE | P | RW, 1);
	assert_int_equal(FAULT(LOL_WEDGE_TEXT, MM_READ), MM_IMPOSSIBLE);
	/* kernel page, seen by both */
	e = table_map(ram, 0, &next, LOL_VMALLOC_START, 50 * PAGE | P | RW, 1);
	assert_int_equal(FAULT(LOL_VMALLOC_START, MM_READ | MM_USER), MM_FAULT);
	assert_int_equal(code, MM_PF_PRESENT | MM_PF_USER);
	assert_int_equal(FAULT(LOL_VMALLOC_START, MM_WRITE), MM_MAP);
	*e |= US;
	assert_int_equal(FAULT(LOL_VMALLOC_START, MM_EXEC), MM_FAULT);
	assert_int_equal(code, MM_PF_PRESENT | MM_PF_FETCH);
	/* a register window */
	*e = LOL_GPA_DEVICES | P | RW | NX;
	assert_int_equal(FAULT(LOL_VMALLOC_START + 8, MM_WRITE), MM_DEVICE);
	assert_int_equal(mm_translate(&ram, gpa(0), gva(LOL_VMALLOC_START + 8), MM_READ, &at,
				      &code), MM_DEVICE);
	assert_int_equal(at.v, LOL_GPA_DEVICES + 8);
	ram_free(ram);
}

static void test_mappable(void **unused)
{
	struct mm_range out[MM_PARTS];
	unsigned long i;

	(void)unused;
	assert_int_equal(mm_mappable((struct mm_range){ 0, ~0ULL }, out), 3);
	assert_int_equal(out[0].start, LOL_USER_START);
	assert_int_equal(out[1].end, LOL_NEAR_START);
	assert_int_equal(out[2].start, LOL_NEAR_END);
	assert_int_equal(out[2].end, LOL_KERNEL_END);
	assert_int_equal(mm_mappable((struct mm_range){ 0x400001, 0x400002 }, out), 1);
	assert_int_equal(out[0].start, 0x400000);
	assert_int_equal(out[0].end, 0x401000);
	for (i = 0; i < 100000; i++) {
		struct mm_range r = { rng() >> below(30), rng() >> below(30) };
		unsigned int j, n = mm_mappable(r, out);

		for (j = 0; j < n; j++) {
			assert_true(out[j].start < out[j].end);
			assert_false(forbidden(out[j].start) || forbidden(out[j].end - 1));
			assert_true(out[j].end <= LOL_USER_END || out[j].start >= LOL_USER_END);
			assert_true(out[j].end <= LOL_NEAR_START || out[j].start >= LOL_NEAR_END);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_error_codes),
		cmocka_unit_test(test_mappable),
	};

	return cmocka_run_group_tests_name("mm_walk", tests, 0, 0);
}
