// SPDX-License-Identifier: GPL-2.0-only
/*
 * Site records.  The input plants sensitive instructions in a text of eight pages,
 * one of which is missing, and records them, rightly or not; then it has some
 * removed.  A refusal changes nothing.  What is accepted is found again with its
 * own instruction, and changes bytes of sites only.
 */
#include "host/sites.h"
#include "tests/fuzz/fuzz.h"
#include <lol/layout.h>

#define PAGES	8UL
#define SIZE	(PAGES * 4096)
#define HOLE	5
#define TEXT	(LOL_MODULES_START + 0x3000ULL)
#define MOST	64

static uint8_t *text;

static const struct { uint8_t length, bytes[7]; } insn[] = {
	{ 1, { 0xfa } }, { 1, { 0xfb } }, { 1, { 0x9c } }, { 1, { 0x9d } }, { 2, { 0x48, 0xcf } },
	{ 1, { 0xf4 } }, { 3, { 0x48, 0x0f, 0x07 } }, { 3, { 0x0f, 0x01, 0xf8 } }, { 3, { 0x0f, 0x22, 0xd8 } },
	{ 3, { 0x0f, 0x20, 0xd0 } }, { 2, { 0x0f, 0x30 } }, { 2, { 0x0f, 0x32 } }, { 1, { 0xef } },
	{ 1, { 0xec } }, { 3, { 0x0f, 0x01, 0x10 } }, { 4, { 0x0f, 0xae, 0x28, 0x90 } },
	{ 5, { 0xf3, 0x48, 0x0f, 0xae, 0xd0 } }, { 2, { 0x0f, 0xa2 } }, { 2, { 0xcd, 0x80 } }, { 0, { 0 } },
};

static void *page(void *ctx, __u64 gva)
{
	uint64_t n = (gva - TEXT) / 4096;

	(void)ctx;
	return gva < TEXT || n >= PAGES || n == HOLE ? NULL : text + n * 4096;
}

static bool in_a_site(const struct lol_site *r, const uint64_t *at, unsigned int n, uint64_t byte)
{
	for (; n; n--, r++, at++)
		if (byte >= *at && byte - *at < r->length)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t before[SIZE];
	static struct site_table table;
	static void *state;
	const struct guest_text guest = { page, NULL };
	struct input in = { data, size };
	struct lol_site record[MOST];
	uint64_t at[MOST], records_va, i;
	uint32_t flags, n, kind, pos;

	if (!text) {
		text = guarded(SIZE);
		state = guarded(LOL_STATE_SIZE);
		check(!sites_init(&table, state, false));
	}
	memset(text, 0x90, SIZE);
	flags = TAKE(&in, uint8_t);
	table.trap = flags & 1;
	table.split = flags & 2;
	records_va = TEXT + (flags & 4 ? 0x4000 : TAKE(&in, uint32_t));
	n = TAKE(&in, uint8_t) % (MOST + 1);
	for (i = 0; i < n; i++) {
		record[i].length = TAKE(&in, uint8_t);
		record[i].insn_length = TAKE(&in, uint8_t);
		record[i].kind = TAKE(&in, uint8_t);
		record[i].flags = TAKE(&in, uint8_t);
		pos = TAKE(&in, uint16_t);
		kind = TAKE(&in, uint8_t) % (sizeof(insn) / sizeof(insn[0]));
		at[i] = pos;
		record[i].offset = (int32_t)(TEXT + pos - (records_va + i * sizeof(record[i])));
		if (pos <= SIZE - 8)
			memcpy(text + pos, insn[kind].bytes, insn[kind].length);
	}
	memcpy(before, text, SIZE);
	table.error.text[0] = 0;
	if (sites_add(&table, &guest, TEXT, flags & 8 ? SIZE / 2 : SIZE, record, records_va, n)) {
		check(!memcmp(before, text, SIZE) && !table.nr);
		check(!strchr(table.error.text, '\n'));
		return 0;
	}
	check(table.nr == n);
	for (i = 0; i < SIZE; i++)
		check(text[i] == before[i] || in_a_site(record, at, n, i));
	for (i = 0; i < n; i++) {
		const struct lol_site_entry *e = sites_at(&table, TEXT + at[i]);

		check(e && e->length == record[i].length && e->insn_length <= e->length);
		check(e->insn_length && e->insn_length <= sizeof(e->insn));
		check(!memcmp(e->insn, before + at[i], e->insn_length));
		check(sites_containing(&table, TEXT + at[i] + e->length - 1) == e);
	}
	sites_remove(&table, TEXT + TAKE(&in, uint16_t), TAKE(&in, uint16_t));
	sites_remove(&table, TEXT, SIZE);
	check(!table.nr);
	for (i = 0; i < n; i++)
		check(!sites_at(&table, TEXT + at[i]));
	return 0;
}
