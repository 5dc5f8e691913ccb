// SPDX-License-Identifier: GPL-2.0-only
/*
 * The site table.
 *
 * Records come from the guest and are hostile.  A batch is brought into private
 * memory, decoded, checked one by one, sorted, checked for overlaps with itself
 * and with what is there; only then is anything published or written.  The
 * instruction that was checked is the one that is kept: a guest that changes its
 * text meanwhile fools only itself.
 *
 * The published hash is read by the wedge without a lock.  Nothing in it ever
 * moves: an entry is complete before the hash points to it, and a removed site
 * leaves its slot behind, pointing to an entry with another address.  Such a
 * stale slot is reused by an insertion that comes by, and becomes empty as soon
 * as the slot behind it is, since no search needs to pass it then.
 *
 * The monitor itself never reads what it published.
 *
 * Calls after start-up: none
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "host/rewrite.h"
#include "host/sites.h"

#define PAGE_SIZE	4096ULL
#define HASH_MASK	(LOL_SITE_HASH_SIZE - 1)

int sites_init(struct site_table *table, void *state, bool trap)
{
	*table = (struct site_table){
		.state = state, .trap = trap,
		.split = lol_bridge_has_kernel(((struct lol_state *)state)->bridge),
	};
	table->entry = calloc(LOL_MAX_SITES, sizeof(*table->entry));
	table->order = calloc(LOL_MAX_SITES, sizeof(*table->order));
	table->slots = calloc(LOL_SITE_HASH_SIZE, sizeof(*table->slots));
	table->slot_of = calloc(LOL_MAX_SITES, sizeof(*table->slot_of));
	table->free = calloc(LOL_MAX_SITES, sizeof(*table->free));
	if (table->entry && table->order && table->slots && table->slot_of && table->free)
		return 0;
	sites_free(table);
	return -ENOMEM;
}

void sites_free(struct site_table *table)
{
	free(table->entry);
	free(table->order);
	free(table->slots);
	free(table->slot_of);
	free(table->free);
	*table = (struct site_table){ 0 };
}

/* Copies between guest memory and a buffer; false where a page is missing. */
static bool transfer(const struct guest_text *g, __u64 address, __u8 *buffer, __u64 length,
		     bool to_guest)
{
	__u64 offset, some;
	__u8 *page;

	while (length) {
		offset = address & (PAGE_SIZE - 1);
		some = length < PAGE_SIZE - offset ? length : PAGE_SIZE - offset;
		page = g->page(g->ctx, address - offset);
		if (!page)
			return false;
		if (to_guest)
			memcpy(page + offset, buffer, some);
		else
			memcpy(buffer, page + offset, some);
		address += some;
		buffer += some;
		length -= some;
	}
	return true;
}

/* How many sites begin below an address. */
static __u32 sites_below(const struct site_table *t, __u64 address)
{
	__u32 low = 0, high = t->nr;

	while (low < high) {
		__u32 middle = low + (high - low) / 2;

		if (t->entry[t->order[middle]].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct lol_site_entry *sites_containing(const struct site_table *t, __u64 address)
{
	__u32 below = sites_below(t, address + 1);
	const struct lol_site_entry *site;

	if (!below || address + 1 == 0)
		return NULL;
	site = &t->entry[t->order[below - 1]];
	return address - site->address < site->length ? site : NULL;
}

const struct lol_site_entry *sites_at(const struct site_table *t, __u64 address)
{
	const struct lol_site_entry *site = sites_containing(t, address);

	return site && site->address == address ? site : NULL;
}

/* Is the slot free for an insertion: empty, or left behind by a removal? */
static bool slot_vacant(const struct site_table *t, __u32 slot)
{
	__u32 index = t->slots[slot];

	return !index || !t->entry[index - 1].address || t->slot_of[index - 1] != slot;
}

static void slot_set(struct site_table *t, __u32 slot, __u32 value)
{
	t->slots[slot] = value;
	__atomic_store_n(lol_state_hash(t->state) + slot, value, __ATOMIC_RELEASE);
}

/* The table is at most half full of live slots, so there is always a vacant one. */
static void hash_insert(struct site_table *t, __u32 index)
{
	__u32 slot = lol_site_hash(t->entry[index].address) & HASH_MASK;

	while (!slot_vacant(t, slot))
		slot = (slot + 1) & HASH_MASK;
	t->slot_of[index] = slot;
	slot_set(t, slot, index + 1);
}

/* The entry of @index has just become free: sweep its slot and stale ones before it. */
static void hash_remove(struct site_table *t, __u32 index)
{
	__u32 slot = t->slot_of[index];

	while (t->slots[slot] && slot_vacant(t, slot) && !t->slots[(slot + 1) & HASH_MASK]) {
		slot_set(t, slot, 0);
		slot = (slot - 1) & HASH_MASK;
	}
}

static void publish_count(struct site_table *t)
{
	((struct lol_state *)t->state)->nr_sites = t->high;
}

/* Publishes one site: the entry first, its address last. */
static __u32 publish(struct site_table *t, const struct lol_site_entry *site)
{
	__u32 index = t->nr_free ? t->free[--t->nr_free] : t->high++;
	struct lol_site_entry *shared = lol_state_sites(t->state) + index;
	struct lol_site_entry copy = *site;

	t->entry[index] = *site;
	copy.address = 0;
	*shared = copy;
	__atomic_store_n(&shared->address, site->address, __ATOMIC_RELEASE);
	hash_insert(t, index);
	return index;
}

static void withdraw(struct site_table *t, __u32 index)
{
	__atomic_store_n(&lol_state_sites(t->state)[index].address, 0, __ATOMIC_RELEASE);
	t->entry[index] = (struct lol_site_entry){ 0 };
	hash_remove(t, index);
	t->free[t->nr_free++] = index;
}

static int refuse(struct site_table *t, int error, __u64 address, const char *why)
{
	error_set(&t->error, "site record for 0x%llx: %s", (unsigned long long)address, why);
	return error;
}

/* One record into an entry, checked as far as it can be by itself. */
static int take_record(struct site_table *t, const struct guest_text *g, __u64 text,
		       __u64 length, const struct lol_site *record, __u64 record_va,
		       struct lol_site_entry *site)
{
	__u64 offset;
	const char *why;

	*site = (struct lol_site_entry){
		.address = record_va + (__u64)(__s64)record->offset,
		.length = record->length, .insn_length = record->insn_length,
		.kind = record->kind, .flags = record->flags,
	};
	offset = site->address - text;
	if (offset >= length || length - offset < site->length)
		return refuse(t, -ENOEXEC, site->address, "outside of the text it is given for");
	if (site->insn_length > sizeof(site->insn))
		return refuse(t, -ENOEXEC, site->address, "impossible length of the instruction");
	if (!transfer(g, site->address, site->insn, site->insn_length, false))
		return refuse(t, -ENOEXEC, site->address, "no memory there");
	why = site_validate(site);
	if (why)
		return refuse(t, -ENOEXEC, site->address, why);
	/* the last byte will be written to */
	if (!g->page(g->ctx, (site->address + site->length - 1) & ~(PAGE_SIZE - 1)))
		return refuse(t, -ENOEXEC, site->address, "no memory there");
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct lol_site_entry *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

/* Neighbours in the sorted batch, and the sites of the table around each. */
static int check_overlaps(struct site_table *t, const struct lol_site_entry *batch, __u32 count)
{
	__u32 i, below;

	for (i = 0; i < count; i++) {
		__u64 start = batch[i].address, end = start + batch[i].length;

		if (i && start - batch[i - 1].address < batch[i - 1].length)
			return refuse(t, -ENOEXEC, start, "overlaps another one");
		below = sites_below(t, end);
		if (below) {
			const struct lol_site_entry *last = &t->entry[t->order[below - 1]];

			if (last->address + last->length > start)
				return refuse(t, -ENOEXEC, start, "overlaps a known site");
		}
	}
	return 0;
}

/* Merges the sorted batch into the order, from the back. */
static void publish_batch(struct site_table *t, const struct guest_text *g,
			  const struct lol_site_entry *batch, __u32 count)
{
	__u32 old = t->nr, i = count, at = t->nr + count, index;
	__u8 code[LOL_SITE_MAX];

	t->nr += count;
	while (i) {
		if (old && t->entry[t->order[old - 1]].address > batch[i - 1].address) {
			t->order[--at] = t->order[--old];
			continue;
		}
		i--;
		index = publish(t, &batch[i]);
		t->order[--at] = index;
		rewrite_site(&batch[i], index, t->trap ? REWRITE_TRAP :
			     t->split ? REWRITE_SPLIT : REWRITE_IN_PLACE, code);
		transfer(g, batch[i].address, code, batch[i].length, true);
	}
	publish_count(t);
}

int sites_add(struct site_table *t, const struct guest_text *g, __u64 text, __u64 length,
	      const struct lol_site *records, __u64 records_va, __u32 count)
{
	struct lol_site_entry *batch;
	int error = 0;
	__u32 i;

	if (!count)
		return 0;
	if (text + length < text)
		return refuse(t, -ENOEXEC, text, "the text wraps around");
	if (count > LOL_MAX_SITES - t->nr)
		return refuse(t, -ENOSPC, text, "too many sites");
	batch = calloc(count, sizeof(*batch));
	if (!batch)
		return refuse(t, -ENOMEM, text, "no memory left");
	for (i = 0; i < count && !error; i++)
		error = take_record(t, g, text, length, &records[i],
				    records_va + i * sizeof(*records), &batch[i]);
	if (!error) {
		qsort(batch, count, sizeof(*batch), by_address);
		error = check_overlaps(t, batch, count);
	}
	if (!error)
		publish_batch(t, g, batch, count);
	free(batch);
	return error;
}

__u32 sites_remove(struct site_table *t, __u64 text, __u64 length)
{
	__u32 first = sites_below(t, text), last, i;

	if (!length || text + length < text)
		return 0;
	if (first) {	/* one that reaches into the range */
		const struct lol_site_entry *before = &t->entry[t->order[first - 1]];

		if (before->address + before->length > text)
			first--;
	}
	last = sites_below(t, text + length);
	for (i = first; i < last; i++)
		withdraw(t, t->order[i]);
	if (last > first) {
		memmove(t->order + first, t->order + last, (t->nr - last) * sizeof(*t->order));
		t->nr -= last - first;
	}
	publish_count(t);
	return last - first;
}

_Static_assert(LOL_SITE_HASH_SIZE >= 2 * LOL_MAX_SITES, "half of the hash stays vacant");
_Static_assert(!(LOL_SITE_HASH_SIZE & HASH_MASK), "the hash has a power of two");
