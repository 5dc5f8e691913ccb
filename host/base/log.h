/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_BASE_LOG_H
#define HOST_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

/**
 * log_line - one line to the user, on standard error, with "lol: " in front
 * @format: as printf's, without newline
 */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * log_printable - copy hostile text for printing
 * @to: buffer of @size bytes, gets NUL terminated
 * @size: of @to
 * @from: text, ends at NUL or after @length bytes
 * @length: of @from
 *
 * Control characters other than newline and tab become '?', so that a guest
 * cannot drive the user's terminal through a message of ours.
 */
void log_printable(char *to, size_t size, const char *from, size_t length);

/** log_raw - the terminal is raw: end lines with carriage return and newline */
void log_raw(bool raw);

#endif
