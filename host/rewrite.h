/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_REWRITE_H
#define HOST_REWRITE_H

#include <stdbool.h>
#include <linux/types.h>
#include "syscall-bridge/state.h"

/* Sites lie here, and nowhere else: what a 32-bit displacement from the vCPU page spans. */
#define REWRITE_START	LOL_KERNEL_MAP
#define REWRITE_END	LOL_MODULES_END

enum rewrite_mode {
	REWRITE_IN_PLACE,	/* the user's registers are the guest kernel's own */
	REWRITE_TRAP,		/* --no-rewrite: a trap instead of a replacement */
	REWRITE_SPLIT,		/* they are another process's */
};

/**
 * rewrite_site - bytes that a site shall hold
 * @site: accepted by site_validate()
 * @index: of the site in the table of the state
 * @mode: for which way to run the guest
 * @out: @site->length bytes
 */
void rewrite_site(const struct lol_site_entry *site, __u32 index, enum rewrite_mode mode,
		  __u8 out[LOL_SITE_MAX]);

/**
 * site_validate - is an entry consistent, and its instruction of its kind?
 * @site: complete entry; every field may be hostile
 *
 * Return: NULL if so, else what is wrong with it, for a message.
 */
const char *site_validate(const struct lol_site_entry *site);

#endif
