// SPDX-License-Identifier: GPL-2.0-only
/*
 * The site table against hostile records and against a model.
 *
 * Guest text is a handful of pages, scattered in RAM, with holes between.  The
 * fuzzer gives batches of records for instructions that it planted, spoils some
 * of them, and keeps a list of its own of what the table must hold.  After a
 * refusal not a byte of text, table or shared state may differ.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/mman.h>
#include "guest-arch/afterburn/kinds.h"
#include "host/rewrite.h"
#include "host/sites.h"

#define PAGES	64
#define TEXT	(LOL_MODULES_START + 0x3000ULL)
#define HOLE	17	/* this page of the text is missing */
#define ROUNDS	5000

static uint8_t *ram;
static uint8_t where[PAGES];	/* page of the text -> page of RAM */
static void *state;
static struct site_table table;

static uint64_t seed = 0x9e3779b97f4a7c15ULL;

static uint64_t any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void *page(void *ctx, __u64 gva)
{
	uint64_t n = (gva - TEXT) / 4096;

	assert_ptr_equal(ctx, &ram);
	assert_int_equal(gva & 4095, 0);
	if (gva < TEXT || n >= PAGES || n == HOLE)
		return NULL;
	return ram + where[n] * 4096;
}

static const struct guest_text guest = { page, &ram };

static uint8_t *byte_at(uint64_t address)
{
	uint8_t *p = page(&ram, address & ~4095ULL);

	return p ? p + (address & 4095) : NULL;
}

static void poke(uint64_t address, const void *data, unsigned int length)
{
	unsigned int i;

	for (i = 0; i < length; i++)
		if (byte_at(address + i))
			*byte_at(address + i) = ((const uint8_t *)data)[i];
}

static void peek(uint64_t address, void *data, unsigned int length)
{
	unsigned int i;

	for (i = 0; i < length; i++)
		((uint8_t *)data)[i] = byte_at(address + i) ? *byte_at(address + i) : 0;
}

/* What lies about must not be mistaken for an instruction by a spoiled record. */
static uint8_t blank[LOL_SITE_MAX];

static int setup(void **unused)
{
	unsigned int i, j;
	uint8_t t;

	(void)unused;
	ram = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	state = mmap(NULL, LOL_STATE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ram == MAP_FAILED || state == MAP_FAILED)
		return -1;
	for (i = 0; i < PAGES; i++)
		where[i] = i;
	for (i = PAGES - 1; i; i--) {
		j = any() % (i + 1);
		t = where[i];
		where[i] = where[j];
		where[j] = t;
	}
	return 0;
}

static int fresh(void **unused)
{
	(void)unused;
	memset(ram, 0xcc, PAGES * 4096);
	memset(state, 0, LOL_STATE_SIZE);
	memset(blank, 0xcc, sizeof(blank));
	return sites_init(&table, state, false);
}

static int drop(void **unused)
{
	(void)unused;
	sites_free(&table);
	return 0;
}

static const struct sample {
	const char *bytes;
	uint8_t length, kind;
} samples[] = {
	{ "\xfa", 1, LOL_SITE_CLI }, { "\xfb", 1, LOL_SITE_STI }, { "\x9c", 1, LOL_SITE_PUSHF },
	{ "\x9d", 1, LOL_SITE_POPF }, { "\x0f\x01\xf8", 3, LOL_SITE_SWAPGS },
	{ "\x48\xcf", 2, LOL_SITE_IRET }, { "\x0f\x20\xd8", 3, LOL_SITE_READ_CR },
	{ "\x0f\x32", 2, LOL_SITE_RDMSR }, { "\xe7\xf8", 2, LOL_SITE_OUT },
	{ "\x48\x0f\xae\xa4\x25\x78\x56\x34\x12", 9, LOL_SITE_XSAVE },
	{ "\x8b\x02", 2, LOL_SITE_MMIO }, { "\x0f\xa2", 2, LOL_SITE_CPUID },
};

#define SAMPLES	(sizeof(samples) / sizeof(samples[0]))

/* What the wedge does: find a site through the published hash. */
static uint32_t search(uint64_t address)
{
	uint32_t slot = lol_site_hash(address), n, index;

	for (n = 0; n < LOL_SITE_HASH_SIZE; n++) {
		index = lol_state_hash(state)[slot];
		if (!index)
			return 0;
		assert_in_range(index, 1, LOL_MAX_SITES);
		if (lol_state_sites(state)[index - 1].address == address)
			return index;
		slot = (slot + 1) % LOL_SITE_HASH_SIZE;
	}
	fail_msg("a search that does not end");
	return 0;
}

static void must_hold(uint64_t address, const struct sample *sample, unsigned int flags, bool rewritten)
{
	const struct lol_site_entry *site = sites_at(&table, address), *shared;
	uint8_t text[LOL_SITE_MAX], code[LOL_SITE_MAX];
	uint32_t index = search(address);
	unsigned int i;

	assert_non_null(site);
	assert_true(index > 0);
	assert_true(index <= ((struct lol_state *)state)->nr_sites);
	shared = lol_state_sites(state) + index - 1;
	assert_memory_equal(site, shared, sizeof(*site));
	assert_int_equal(site->kind, sample->kind);
	assert_int_equal(site->insn_length, sample->length);
	assert_int_equal(site->length, site_kind_length(sample->kind));
	assert_int_equal(site->flags, flags);
	assert_memory_equal(site->insn, sample->bytes, sample->length);
	for (i = 0; i < site->length; i++)
		assert_ptr_equal(sites_containing(&table, address + i), site);
	if (rewritten) {
		peek(address, text, site->length);
		rewrite_site(site, index - 1, table.trap, code);
		assert_memory_equal(text, code, site->length);
	}
}

/* Everything that must not change. */
struct picture {
	uint8_t *ram, *state;
	struct site_table table;
};

static void take(struct picture *p)
{
	if (!p->ram) {
		p->ram = malloc(PAGES * 4096);
		p->state = malloc(LOL_STATE_SPACES);
	}
	memcpy(p->ram, ram, PAGES * 4096);
	memcpy(p->state, state, LOL_STATE_SPACES);
	p->table = table;
}

static void unchanged(struct picture *p)
{
	assert_memory_equal(p->ram, ram, PAGES * 4096);
	assert_memory_equal(p->state, state, LOL_STATE_SPACES);
	assert_int_equal(p->table.nr, table.nr);
	assert_int_equal(p->table.nr_free, table.nr_free);
	assert_int_equal(p->table.high, table.high);
}

static struct lol_site record_for(uint64_t record_va, uint64_t address, const struct sample *sample)
{
	return (struct lol_site){
		.offset = (int32_t)(address - record_va), .length = site_kind_length(sample->kind),
		.insn_length = sample->length, .kind = sample->kind,
	};
}

#define RECORDS	(TEXT + 0x100000)

static void test_simple(void **unused)
{
	struct lol_site records[SAMPLES];
	uint64_t address[SAMPLES];
	unsigned int i;

	(void)unused;
	for (i = 0; i < SAMPLES; i++) {
		address[i] = TEXT + 4096 * i + 4090;	/* most straddle a page boundary */
		poke(address[i], samples[i].bytes, samples[i].length);
		records[i] = record_for(RECORDS + 8 * i, address[i], &samples[i]);
	}
	assert_int_equal(sites_add(&table, &guest, TEXT, PAGES * 4096, records, RECORDS, SAMPLES), 0);
	assert_int_equal(table.nr, SAMPLES);
	for (i = 0; i < SAMPLES; i++) {
		must_hold(address[i], &samples[i], 0, true);
		assert_null(sites_containing(&table, address[i] - 1));
		assert_null(sites_containing(&table, address[i] + records[i].length));
		assert_null(sites_at(&table, address[i] + 1));
		assert_int_equal(search(address[i] + 1), 0);
	}
	assert_null(sites_containing(&table, ~0ULL));
	assert_null(sites_containing(&table, 0));

	/* a range that ends inside of a site takes it along */
	assert_int_equal(sites_remove(&table, address[3] + 5, address[5] - address[3] - 4), 3);
	assert_null(sites_at(&table, address[3]));
	assert_null(sites_at(&table, address[5]));
	must_hold(address[2], &samples[2], 0, true);
	must_hold(address[6], &samples[6], 0, true);
	assert_int_equal(sites_remove(&table, TEXT, ~0ULL), 0);
	assert_int_equal(sites_remove(&table, TEXT, 0), 0);
	assert_int_equal(sites_remove(&table, 0, ~0ULL), SAMPLES - 3);
	assert_int_equal(table.nr, 0);
	for (i = 0; i < LOL_SITE_HASH_SIZE; i++)
		assert_int_equal(lol_state_hash(state)[i], 0);
}

static void test_trap(void **unused)
{
	struct lol_site record = record_for(RECORDS, TEXT + 100, &samples[0]);
	uint8_t text[16];
	unsigned int i;

	(void)unused;
	table.trap = true;
	poke(TEXT + 100, samples[0].bytes, 1);
	assert_int_equal(sites_add(&table, &guest, TEXT, 4096, &record, RECORDS, 1), 0);
	peek(TEXT + 100, text, 16);
	assert_memory_equal(text, "\x0f\x0b", 2);
	for (i = 2; i < 16; i++)
		assert_int_equal(text[i], 0xcc);
}

/* One bad record in a batch: refused, nothing changed, the address named. */
static void refused(struct lol_site *records, uint64_t va, unsigned int count, uint64_t text,
		    uint64_t length)
{
	struct picture before = { 0 };

	take(&before);
	table.error.text[0] = 0;
	assert_int_equal(sites_add(&table, &guest, text, length, records, va, count), -ENOEXEC);
	assert_non_null(strstr(table.error.text, "0x"));
	unchanged(&before);
	free(before.ram);
	free(before.state);
}

static void test_hostile(void **unused)
{
	struct lol_site good[3], bad[3];
	unsigned int i;

	(void)unused;
	for (i = 0; i < 3; i++) {
		poke(TEXT + 64 * i, samples[i].bytes, samples[i].length);
		good[i] = record_for(RECORDS + 8 * i, TEXT + 64 * i, &samples[i]);
	}
#define BAD(change) do { \
	memcpy(bad, good, sizeof(good)); \
	change; \
	refused(bad, RECORDS, 3, TEXT, 4096); \
} while (0)
	BAD(bad[2].kind = 0);
	BAD(bad[2].kind = 200);
	BAD(bad[2].kind = LOL_SITE_POPF);
	BAD(bad[0].length = 15);
	BAD(bad[1].length = 16);
	BAD(bad[1].length = 0);
	BAD(bad[1].length = 255);
	BAD(bad[2].insn_length = 0);
	BAD(bad[2].insn_length = 2);
	BAD(bad[2].insn_length = 17);
	BAD(bad[2].insn_length = 255);
	BAD(bad[2].flags = 0x80);
	BAD(bad[2].offset += 1);
	BAD(bad[2].offset = INT32_MAX);
	BAD(bad[2].offset = INT32_MIN);
	BAD(bad[2].offset = 0);
	BAD(bad[2] = good[1]; bad[2].offset -= 8);		/* a duplicate */
	BAD(poke(TEXT + 4095 - 14, "\xfa", 1);
	    bad[2] = record_for(RECORDS + 16, TEXT + 4095 - 14, &samples[0]));	/* leaves the text */
#undef BAD
	refused(good, RECORDS, 3, TEXT + 1, 4095);
	refused(good, RECORDS, 3, TEXT, 0);
	refused(good, RECORDS, 3, TEXT, ~0ULL);
	refused(good, RECORDS, 3, ~0ULL, 4096);
	refused(good, RECORDS + 8, 3, TEXT, 4096);
	refused(good, ~0ULL - 4, 3, TEXT, 4096);
	/* two that overlap by a byte */
	poke(TEXT + 15, samples[0].bytes, 1);
	memcpy(bad, good, sizeof(good));
	bad[1] = record_for(RECORDS + 8, TEXT + 15, &samples[0]);
	refused(bad, RECORDS, 3, TEXT, 4096);
	/* a hole, and a site that reaches into it */
	bad[0] = record_for(RECORDS, TEXT + HOLE * 4096 + 4, &samples[0]);
	refused(bad, RECORDS, 1, TEXT, PAGES * 4096);
	poke(TEXT + HOLE * 4096 - 3, samples[0].bytes, 1);
	bad[0] = record_for(RECORDS, TEXT + HOLE * 4096 - 3, &samples[0]);
	refused(bad, RECORDS, 1, TEXT, PAGES * 4096);
	poke(TEXT + HOLE * 4096 - 1, samples[7].bytes, 2);
	bad[0] = record_for(RECORDS, TEXT + HOLE * 4096 - 1, &samples[7]);
	refused(bad, RECORDS, 1, TEXT, PAGES * 4096);

	assert_int_equal(sites_add(&table, &guest, TEXT, 4096, good, RECORDS, 3), 0);
	refused(good, RECORDS, 3, TEXT, 4096);		/* the same again */
	assert_int_equal(sites_remove(&table, TEXT, 4096), 3);
	refused(good, RECORDS, 3, TEXT, 4096);		/* its text is rewritten by now */
	assert_int_equal(sites_add(&table, &guest, TEXT, 4096, good, RECORDS, 0), 0);
}

static void test_full(void **unused)
{
	struct lol_site record = record_for(RECORDS, TEXT, &samples[0]);
	struct picture before = { 0 };

	(void)unused;
	poke(TEXT, samples[0].bytes, 1);
	take(&before);
	table.nr = LOL_MAX_SITES;
	assert_int_equal(sites_add(&table, &guest, TEXT, 4096, &record, RECORDS, 1), -ENOSPC);
	table.nr = 0;
	assert_int_equal(sites_add(&table, &guest, TEXT, 4096, &record, RECORDS, ~0U), -ENOSPC);
	unchanged(&before);
	free(before.ram);
	free(before.state);
}

/* The model: one cell of 32 bytes holds at most one site. */
#define CELLS	(PAGES * 4096 / 32)

static struct {
	const struct sample *sample;
	uint8_t flags;
	uint64_t address;
} model[CELLS];

static void fuzz_remove(void)
{
	uint64_t start = TEXT + any() % (PAGES * 4096), length = any() % (any() % 4 ? 600 : 40000);
	unsigned int i, count = 0;

	for (i = 0; i < CELLS; i++) {
		uint64_t end = model[i].address +
			       (model[i].sample ? site_kind_length(model[i].sample->kind) : 0);

		if (model[i].sample && length && model[i].address < start + length && end > start) {
			poke(model[i].address, blank, site_kind_length(model[i].sample->kind));
			model[i].sample = NULL;
			count++;
		}
	}
	assert_int_equal(sites_remove(&table, start, length), count);
}

static void fuzz_add(void)
{
	static struct picture before;
	unsigned int count = 1 + any() % 40, i, j, cells[40];
	uint64_t va = RECORDS + (any() % 1000) * 4;
	struct lol_site records[40];
	uint64_t address[40];
	int spoiled = 0, error;

	for (i = 0; i < count; i++) {
		const struct sample *sample = &samples[any() % SAMPLES];

		do {	/* a free cell, not next to the hole */
			cells[i] = any() % CELLS;
			for (j = 0; j < i; j++)
				if (cells[j] == cells[i])
					break;
		} while (j < i || model[cells[i]].sample || cells[i] / 128 == HOLE ||
			 (cells[i] + 1) / 128 == HOLE);
		address[i] = TEXT + cells[i] * 32 + any() % (33 - site_kind_length(sample->kind));
		poke(address[i], sample->bytes, sample->length);
		records[i] = record_for(va + 8 * i, address[i], sample);
		records[i].flags = any() & LOL_SITE_CC;
	}
	if (any() % 3 == 0) {	/* spoil a byte of a record; it may turn out harmless */
		uint8_t *raw = (uint8_t *)&records[any() % count];

		raw[any() % 8] ^= 1 << any() % 8;
		spoiled = 1;
	}
	if (spoiled || !before.ram)
		take(&before);
	error = sites_add(&table, &guest, TEXT, PAGES * 4096, records, va, count);
	if (error) {
		assert_true(spoiled);
		assert_int_equal(error, -ENOEXEC);
		unchanged(&before);
		for (i = 0; i < count; i++)
			poke(address[i], blank, 16);
		return;
	}
	for (i = 0; i < count; i++) {
		struct sample const *sample = NULL;

		for (j = 0; j < SAMPLES; j++)
			if (samples[j].kind == records[i].kind)
				sample = &samples[j];
		assert_non_null(sample);
		assert_int_equal(va + 8 * i + (int64_t)records[i].offset, address[i]);
		must_hold(address[i], sample, records[i].flags, true);
		model[cells[i]].sample = sample;
		model[cells[i]].flags = records[i].flags;
		model[cells[i]].address = address[i];
	}
}

static void test_fuzz(void **unused)
{
	unsigned int i, j, count = 0;

	(void)unused;
	memset(model, 0, sizeof(model));
	for (i = 0; i < ROUNDS; i++) {
		if (table.nr > CELLS / 2 || any() % 2)
			fuzz_remove();
		else
			fuzz_add();
		if (i % 200)
			continue;
		for (j = 0, count = 0; j < CELLS; j++) {
			if (!model[j].sample)
				continue;
			count++;
			must_hold(model[j].address, model[j].sample, model[j].flags, false);
		}
		assert_int_equal(count, table.nr);
		for (j = 1; j < table.nr; j++)
			assert_true(table.entry[table.order[j - 1]].address <
				    table.entry[table.order[j]].address);
	}
	/* emptied, the hash has no slot left behind */
	sites_remove(&table, TEXT, PAGES * 4096);
	assert_int_equal(table.nr, 0);
	for (i = 0, count = 0; i < LOL_SITE_HASH_SIZE; i++)
		count += !!lol_state_hash(state)[i];
	assert_int_equal(count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, drop)
	const struct CMUnitTest tests[] = {
		TEST(test_simple),
		TEST(test_trap),
		TEST(test_hostile),
		TEST(test_full),
		TEST(test_fuzz),
	};

	return cmocka_run_group_tests_name("sites", tests, setup, NULL);
}
