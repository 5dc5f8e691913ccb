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

int error_set(struct error *error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(error->text, sizeof(error->text), format, ap);
	va_end(ap);
	return -1;
}

int error_errno(struct error *error, const char *format, ...)
{
	int code = errno;
	size_t used;
	va_list ap;

	va_start(ap, format);
	vsnprintf(error->text, sizeof(error->text), format, ap);
	va_end(ap);
	used = strlen(error->text);
	snprintf(error->text + used, sizeof(error->text) - used, ": %s", strerror(code));
	return -1;
}
