// SPDX-License-Identifier: GPL-2.0-only
/* Which recorded site lies at an address: the table and its hash are the monitor's. */
#include "syscall-bridge/wedge.h"

/** site_lookup - the recorded site that begins at @address, or NULL */
struct lol_site_entry *site_lookup(u64 address)
{
	const u32 *hash = lol_state_hash(state);
	struct lol_site_entry *site;

	for (u32 i = lol_site_hash(address), n = 0; n < LOL_SITE_HASH_SIZE; n++) {
		if (!hash[i])
			return NULL;
		if (hash[i] <= LOL_MAX_SITES) {
			site = &lol_state_sites(state)[hash[i] - 1];
			if (site->address == address)
				return site;
		}
		i = (i + 1) % LOL_SITE_HASH_SIZE;
	}
	return NULL;
}

/** site_containing - the recorded site that @address lies in, or NULL */
struct lol_site_entry *site_containing(u64 address)
{
	for (u32 back = 0; back < LOL_SITE_MAX; back++) {
		struct lol_site_entry *site = site_lookup(address - back);

		if (site)
			return site->length > back ? site : NULL;
	}
	return NULL;
}
