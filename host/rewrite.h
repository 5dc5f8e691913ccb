/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_REWRITE_H
#define HOST_REWRITE_H

#include <stdbool.h>
#include <linux/types.h>
#include "syscall-bridge/state.h"

/* Sites lie here, and nowhere else: what a 32-bit displacement from the vCPU page spans. */
#define REWRITE_START	LOL_KERNEL_MAP
#define REWRITE_END	LOL_MODULES_END

/**
 * rewrite_site - bytes that a site shall hold
 * @site: accepted by site_validate()
 * @index: of the site in the table of the state
 * @trap: plant a trap instead of a replacement (--no-rewrite)
 * @out: @site->length bytes
 */
void rewrite_site(const struct lol_site_entry *site, __u32 index, bool trap,
		  __u8 out[LOL_SITE_MAX]);

/**
 * site_validate - is an entry consistent, and its instruction of its kind?
 * @site: complete entry; every field may be hostile
 *
 * Return: NULL if so, else what is wrong with it, for a message.
 */
const char *site_validate(const struct lol_site_entry *site);

#endif
