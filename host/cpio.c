// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writer of newc archives: per file a header of hexadecimal fields, the path
 * with its NUL, the contents; each part padded to 4 bytes.
 *
 * Source: Documentation/driver-api/early-userspace/buffer-format.rst.
 *
 * Calls after start-up: none
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/cpio.h"

static void put(struct cpio *cpio, const void *data, size_t length)
{
	size_t padded = (length + 3) & ~(size_t)3;

	if (cpio->length + padded > cpio->room) {
		size_t room = (cpio->length + padded) * 2;
		char *bigger = cpio->failed ? NULL : realloc(cpio->data, room);

		if (!bigger) {
			cpio->failed = true;
			return;
		}
		cpio->data = bigger;
		cpio->room = room;
	}
	if (length)
		memcpy(cpio->data + cpio->length, data, length);
	memset(cpio->data + cpio->length + length, 0, padded - length);
	cpio->length += padded;
}

void cpio_begin(struct cpio *cpio)
{
	*cpio = (struct cpio){ 0 };
}

static void entry(struct cpio *cpio, const char *path, unsigned int mode, unsigned int links,
		  const void *data, size_t length)
{
	size_t name = strlen(path) + 1;
	char *head = malloc(111 + name);

	if (!head) {
		cpio->failed = true;
		return;
	}
	/* magic ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check */
	snprintf(head, 111, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		 cpio->inode++, mode, 0, 0, links, 0, (unsigned int)length, 0, 0, 0, 0,
		 (unsigned int)name, 0);
	memcpy(head + 110, path, name);
	put(cpio, head, 110 + name);
	put(cpio, data, length);
	free(head);
}

void cpio_add(struct cpio *cpio, const char *path, enum cpio_kind kind, const void *data, size_t length)
{
	if (length > 0xffffffffU)
		cpio->failed = true;
	else
		entry(cpio, path, kind, kind == CPIO_FOLDER ? 2 : 1, data, length);
}

int cpio_end(struct cpio *cpio)
{
	entry(cpio, "TRAILER!!!", 0, 1, NULL, 0);
	return cpio->failed ? -1 : 0;
}
