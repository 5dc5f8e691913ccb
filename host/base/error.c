// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failures as text, see error.h.
 *
 * Calls after start-up: none
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host/base/error.h"

/* File names and arguments come from anywhere; the line stays one line, and harmless. */
static void make_line(struct error *error)
{
	char *c;

	for (c = error->text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

/* Which limit is meant, where a limit of the user's own is the likely reason. */
static const char *limit_behind(int code)
{
	switch (code) {
	case EAGAIN:
		return " (ulimit -u?)";
	case EMFILE:
		return " (ulimit -n?)";
	case EFBIG:
		return " (ulimit -f?)";
	}
	return "";
}

int error_set(struct error *error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(error->text, sizeof(error->text), format, ap);
	va_end(ap);
	make_line(error);
	return -1;
}

int error_errno(struct error *error, const char *format, ...)
{
	char reason[128];
	int code = errno;
	size_t used, room;
	va_list ap;

	va_start(ap, format);
	vsnprintf(error->text, sizeof(error->text), format, ap);
	va_end(ap);
	/* However long the name is, the reason is there. */
	room = sizeof(error->text) - 1 -
	       snprintf(reason, sizeof(reason), ": %.80s%s", strerror(code), limit_behind(code));
	used = strlen(error->text);
	strcpy(error->text + (used < room ? used : room), reason);
	make_line(error);
	return -1;
}
