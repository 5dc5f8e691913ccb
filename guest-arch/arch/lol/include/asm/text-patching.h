/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_LOL_TEXT_PATCHING_H
#define _ASM_LOL_TEXT_PATCHING_H

#include <linux/types.h>

#define LOL_PATCH_MAX	8	/* longest single patch, bytes */
#define LOL_PATCH_BATCH	64

struct lol_patch {
	void *address;		/* in kernel or module text */
	u8 length;
	u8 insn[LOL_PATCH_MAX];
};

/**
 * lol_patch_text() - change kernel text
 * @patches: what to write where
 * @nr: how many
 *
 * The caller holds text_mutex and the CPU hotplug read lock.  Patches must not
 * touch recorded sites.  Other CPUs stand still meanwhile; on return every CPU
 * executes the new text.
 *
 * Context: process, may sleep when there is more than one CPU.
 */
void lol_patch_text(const struct lol_patch *patches, unsigned int nr);

#endif
