/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_VERSION_H
#define LOL_VERSION_H

/*
 * Version of the contract between guest kernel, wedge and monitor: everything
 * in this folder.  vmlinux carries it in an ELF note; a loader that speaks
 * another version refuses the file and prints both numbers.
 */
#define LOL_ABI_VERSION		1

#define LOL_NOTE_NAME		"lol"
#define LOL_NOTE_VERSION	1	/* desc: __u32 LOL_ABI_VERSION */
#define LOL_NOTE_SITES		2	/* desc: __u64 first, last: guest-virtual bounds of the site records */

#endif
