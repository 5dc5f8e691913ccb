/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_BASE_LINES_H
#define HOST_BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Reads an open text file of /proc or the like line by line, from its beginning. */
struct lines {
	int fd;
	off_t next;		/* in the file, of what is to be read */
	size_t at, end;		/* in text */
	char text[4096];
};

/** lines_start - begin anew; a descriptor below 0 is an empty file */
void lines_start(struct lines *lines, int fd);

/**
 * lines_next - the next line, without its end
 * @lines: begun
 * @line: gets the text, as much of it as fits, and a NUL
 * @size: of @line, at least 1
 *
 * Return: false at the end of the file, or where it cannot be read.
 */
bool lines_next(struct lines *lines, char *line, size_t size);

#endif
