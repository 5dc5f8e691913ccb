/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_CPIO_H
#define HOST_CPIO_H

#include <stdbool.h>
#include <stddef.h>

/* An archive in memory, in the format that kernels unpack ("newc"). */
struct cpio {
	char *data;		/* the caller frees it */
	size_t length, room;
	unsigned int inode;
	bool failed;		/* memory ran out */
};

enum cpio_kind {
	CPIO_FILE = 0100644,
	CPIO_FOLDER = 0040755,
};

/** cpio_begin - an empty archive */
void cpio_begin(struct cpio *cpio);

/** cpio_add - add a file or folder; folders come before what is in them */
void cpio_add(struct cpio *cpio, const char *path, enum cpio_kind kind, const void *data, size_t length);

/** cpio_end - write the trailer; 0, or -1 where memory ran out on the way */
int cpio_end(struct cpio *cpio);

#endif
