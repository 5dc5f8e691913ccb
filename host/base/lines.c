// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that are read again and again without being opened again: the monitor
 * opens none once it runs.  Where the offset is given with each call, the host
 * makes the text afresh at offset 0.
 *
 * Calls after start-up: pread64
 */
#include <unistd.h>

#include "host/base/lines.h"

void lines_start(struct lines *lines, int fd)
{
	lines->fd = fd;
	lines->next = 0;
	lines->at = lines->end = 0;
}

static bool fill(struct lines *lines)
{
	ssize_t got = lines->fd < 0 ? 0 : pread(lines->fd, lines->text, sizeof(lines->text), lines->next);

	if (got <= 0)
		return false;
	lines->next += got;
	lines->at = 0;
	lines->end = got;
	return true;
}

bool lines_next(struct lines *lines, char *line, size_t size)
{
	size_t used = 0;
	bool any = false;

	while (lines->at < lines->end || fill(lines)) {
		char c = lines->text[lines->at++];

		any = true;
		if (c == '\n')
			break;
		if (used + 1 < size)
			line[used++] = c;
	}
	line[used] = 0;
	return any;
}
