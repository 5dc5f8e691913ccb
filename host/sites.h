/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_SITES_H
#define HOST_SITES_H

#include <stdbool.h>
#include <linux/types.h>
#include "host/base/error.h"
#include "syscall-bridge/state.h"

/**
 * struct guest_text - how to reach guest-virtual memory
 * @page: host pointer to the page at guest-virtual @gva, which is a multiple of
 *	4096; all of the page is readable and writable through it.  NULL: there is
 *	no such page.
 * @ctx: for @page
 */
struct guest_text {
	void *(*page)(void *ctx, __u64 gva);
	void *ctx;
};

/*
 * The site table: authoritative here, in memory of the monitor alone, and
 * published in the shared state for the wedge.  An index, once given, belongs to
 * its site until that is removed.
 */
struct site_table {
	void *state;		/* of LOL_STATE_SIZE bytes */
	bool trap;		/* --no-rewrite */
	bool split;		/* for the split bridge */
	struct lol_site_entry *entry;	/* by index */
	__u32 *order;		/* indices of all sites, by address */
	__u32 *slots;		/* the hash, as published: index + 1 */
	__u32 *slot_of;		/* by index: where in the hash it is */
	__u32 *free;		/* indices below @high that are free: a stack */
	__u32 nr, nr_free, high;
	struct error error;	/* why sites_add() failed */
};

/**
 * sites_init - an empty table
 * @table: filled in
 * @state: the shared state, mapped writable
 * @trap: plant traps instead of replacements
 *
 * Return: 0 or -ENOMEM.
 */
int sites_init(struct site_table *table, void *state, bool trap);

/** sites_free - forget a table; the shared state is left alone */
void sites_free(struct site_table *table);

/**
 * sites_add - accept records, publish their sites, and rewrite these
 * @t: the table
 * @g: where guest text is
 * @text: guest-virtual start of the text that the sites lie in
 * @length: bytes of it
 * @records: a copy that the guest cannot change any more
 * @records_va: guest-virtual address of the first record
 * @count: of records
 *
 * Everything but @t and @g may be hostile.  Either all records are good, or
 * nothing is changed; @t->error then tells which and why.
 *
 * Return: 0, -ENOEXEC for a bad record, -ENOMEM, -ENOSPC for too many.
 */
int sites_add(struct site_table *t, const struct guest_text *g, __u64 text, __u64 length,
	      const struct lol_site *records, __u64 records_va, __u32 count);

/**
 * sites_remove - forget all sites that touch a range; text is left as it is
 * @t: the table
 * @text: guest-virtual start
 * @length: bytes; the range may wrap, which names no site
 *
 * Return: how many sites were removed.
 */
__u32 sites_remove(struct site_table *t, __u64 text, __u64 length);

/** sites_at - the site that begins at a guest-virtual address, or NULL */
const struct lol_site_entry *sites_at(const struct site_table *t, __u64 address);

/** sites_containing - the site one of whose bytes is at a guest-virtual address, or NULL */
const struct lol_site_entry *sites_containing(const struct site_table *t, __u64 address);

#endif
