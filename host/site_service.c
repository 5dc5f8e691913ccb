// SPDX-License-Identifier: GPL-2.0-only
/*
 * Site records come from the kernel file, once, and from the guest whenever it
 * loads a module.  Here they are copied out of guest memory, so that they cannot
 * change after they were checked; sites.c does the rest.
 *
 * Calls after start-up: none
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <lol/service.h>

#include "host/base/log.h"
#include "host/requests.h"
#include "host/site_service.h"
#include "host/sites.h"

static struct site_table table;

static void *text_page(void *context, __u64 va)
{
	uint64_t length;

	return requests_translate(context, va, false, &length);
}

static int copy_from_guest(struct vm *vm, void *to, uint64_t va, uint64_t size)
{
	while (size) {
		uint64_t here;
		void *from = requests_translate(vm, va, false, &here);

		if (!from)
			return -1;
		if (here > size)
			here = size;
		memcpy(to, from, here);
		to = (char *)to + here;
		va += here;
		size -= here;
	}
	return 0;
}

static int64_t add(struct vm *vm, uint64_t text, uint64_t length, uint64_t records, uint64_t count)
{
	struct guest_text guest = { .page = text_page, .ctx = vm };
	struct lol_site *copy;
	int64_t result = -EINVAL;

	if (!count)
		return 0;
	if (count > LOL_MAX_SITES)
		return -ENOEXEC;
	copy = malloc(count * sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	if (!copy_from_guest(vm, copy, records, count * sizeof(*copy))) {
		result = sites_add(&table, &guest, text, length, copy, records, count);
		if (result && !vm->config->quiet && vm->zygote > 0)
			log_line("site records of the guest refused: %s", table.error.text);
	}
	free(copy);
	return result;
}

int64_t site_service(struct vm *vm, const __u64 arg[5])
{
	switch (arg[0]) {
	case LOL_SITES_ADD:
		return add(vm, arg[1], arg[2], arg[3], arg[4]);
	case LOL_SITES_REMOVE:
		sites_remove(&table, arg[1], arg[2]);
		return 0;
	default:
		return -EINVAL;
	}
}

int site_service_start(struct vm *vm, struct error *error)
{
	const struct elf_image *image = &vm->image;
	uint64_t bytes = image->sites_end - image->sites;
	int64_t result;

	if (sites_init(&table, vm->state, vm->config->no_rewrite))
		return error_set(error, "no memory for the site table");
	if (bytes % sizeof(struct lol_site))
		return error_set(error, "the kernel's note of its site records is damaged");
	table.error.text[0] = 0;
	result = add(vm, LOL_KERNEL_MAP + image->start, image->end - image->start, image->sites,
		     bytes / sizeof(struct lol_site));
	if (result)
		return error_set(error, "the kernel's site records are not acceptable: %s",
				 table.error.text[0] ? table.error.text : strerror(-result));
	return 0;
}
