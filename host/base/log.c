// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the monitor itself says.  One write per line, so that lines stay whole.
 *
 * Calls after start-up: write
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/base/log.h"

static bool raw_terminal;

void log_raw(bool raw)
{
	raw_terminal = raw;
}

void log_line(const char *format, ...)
{
	char line[2048] = "lol: ";
	size_t used;
	va_list ap;

	va_start(ap, format);
	vsnprintf(line + 5, sizeof(line) - 8, format, ap);
	va_end(ap);
	used = strlen(line);
	if (raw_terminal)
		line[used++] = '\r';
	line[used++] = '\n';
	if (write(STDERR_FILENO, line, used) < 0)
		return;
}

void log_printable(char *to, size_t size, const char *from, size_t length)
{
	size_t i;

	for (i = 0; i < length && i + 1 < size && from[i]; i++) {
		unsigned char c = from[i];

		to[i] = (c < ' ' && c != '\n' && c != '\t') || c == 0x7f ? '?' : c;
	}
	to[i] = 0;
}
