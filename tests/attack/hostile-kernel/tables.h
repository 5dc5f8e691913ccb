/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_TEST_TABLES_H
#define LOL_TEST_TABLES_H

/* Page tables that point where nothing is the guest's. */

#define PRESENT_WRITABLE	3ULL
#define LARGE			0x80ULL

/*
 * Leaves behind the end of RAM, across it and far away.  Each access is a fault of
 * the guest's, or nothing.  The tables are at 0x900000, the addresses in the first
 * 512 GiB of a part of the vmalloc range that nobody uses.
 */
static void tables_outside(u64 ram_size)
{
	u64 pml4 = 0x900000, pdpt = 0x901000, pd = 0x902000, pt = 0x903000, old, n, seen, wrong = 0;
	const u64 base = 0x690000000000, window = LOL_WEDGE_TEXT - (LOL_WEDGE_TEXT & ((1ULL << 39) - 1));
	const u64 leaf[] = {
		ram_size, ram_size + 0x1000, ram_size * 2, 1ULL << 39, LOL_GPA_DEVICES - 0x1000, LOL_GPA_DEVICES + 0x100000,
		0x000ffffffffff000, LOL_WEDGE_TEXT, LOL_WEDGE_STATE, LOL_DIRECT_MAP, 0xfee00000, 0x7ffffffff000,
	};

	asm volatile("movq %%cr3, %0" : "=r"(old));
	for (int i = 0; i < 512; i++) {
		direct(pml4)[i] = direct(old)[i];
		direct(pdpt)[i] = direct(pd)[i] = direct(pt)[i] = 0;
	}
	direct(pml4)[base >> 39 & 511] = pdpt | PRESENT_WRITABLE;
	direct(pml4)[window >> 39 & 511] = pdpt | PRESENT_WRITABLE;
	direct(pdpt)[0] = pd | PRESENT_WRITABLE;
	direct(pd)[0] = pt | PRESENT_WRITABLE;
	direct(pd)[1] = ((ram_size - 0x1000) & ~0x1fffffULL) | LARGE | PRESENT_WRITABLE;
	direct(pd)[2] = (ram_size & ~0x1fffffULL) | LARGE | PRESENT_WRITABLE;
	direct(pdpt)[1] = ram_size | PRESENT_WRITABLE;		/* a table outside */
	direct(pdpt)[2] = LOL_GPA_DEVICES | PRESENT_WRITABLE;	/* and one in a register window */
	direct(pdpt)[3] = LARGE | PRESENT_WRITABLE;		/* a leaf of 1 GiB: does not exist here */
	for (u64 i = 0; i < sizeof(leaf) / 8; i++)
		direct(pt)[i] = leaf[i] | PRESENT_WRITABLE;
	asm volatile("movq %0, %%cr3" : : "r"(pml4) : "memory");
	for (n = 0; n < 40; n++) {
		u64 va = n < 12 ? base + n * 0x1000 : n < 24 ? base + 0x400000 + (n - 12) * 0x3000 :
			 base + ((n & 3) << 30) + 0x40000000 + n * 0x201000;

		if (va - base >= 4ULL << 30)
			va = base + (3ULL << 30);
		seen = events;
		GUARDED("movb (%%rdi), %%al", 0, 0, 0, 0, va);
		wrong += events == seen;
		seen = events;
		GUARDED("movb %%al, (%%rdi)", 0x90, 0, 0, 0, va);
		wrong += events == seen;
		seen = events;
		GUARDED("jmp *%%rdi", 0, 0, 0, 0, va);
		wrong += events == seen;
		/* text of the wedge, which the guest's own tables cannot move */
		service(LOL_SERVICE_FILL, pml4, window + n * 0x1000, window + n * 0x1000 + 0x1000, window);
		service(LOL_SERVICE_FLUSH, pml4, window, window + 0x10000000, 0);
	}
	asm volatile("movq %0, %%cr3" : : "r"(old) : "memory");
	put(wrong ? "an access was not refused\n" : "all outside refused\n");
}

/* Roots of all kinds; the first bad one is the end. */
static void random_roots(void)
{
	for (int i = 0; i < 100; i++)
		GUARDED("movq %%rax, %%cr3", random() & (i & 1 ? ~0ULL : 0x3fffff8), 0, 0, 0, 0);
	put("survived\n");
}

static void load(const char *what, u64 base)
{
	struct { u16 limit; u64 base; } __attribute__((packed)) table = { 0xffff, base };

	if (*what == 'i')
		asm volatile("lidt %0" : : "m"(table));
	else
		asm volatile("lgdt %0" : : "m"(table));
}

/* Descriptor tables nowhere, everywhere, in the wedge; then events. */
static void tables_nowhere(void)
{
	static const u64 at[] = {
		0, 0x123, LOL_WEDGE_TEXT, LOL_WEDGE_STATE, LOL_VCPU_PAGE, 0x5fffffffffff, ~0ULL - 0xfff, ~0ULL,
		0xffff800000000000, LOL_DIRECT_MAP + 0x7fffffff000, LOL_WEDGE_RAM,
	};

	for (u64 i = 0; i < sizeof(at) / 8; i++) {
		load("gdt", at[i]);
		GUARDED("ltr %%ax", 0x20 + 8 * i, 0, 0, 0, 0);
		GUARDED("ltr %%ax", 0xfff8, 0, 0, 0, 0);
	}
	put("all refused\n");
	load("idt", at[random() % (sizeof(at) / 8)]);
	asm volatile("ud2");
}

#endif
