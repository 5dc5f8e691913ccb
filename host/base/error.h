/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_BASE_ERROR_H
#define HOST_BASE_ERROR_H

/*
 * A failure travels up as -1 together with one line of text that the top
 * prints, once.  The text says what, where and why, without "lol:" and newline.
 */
struct error {
	char text[1024];
};

/**
 * error_set - fill in the text of a failure
 * @error: where to
 * @format: as printf's
 *
 * Return: -1, for "return error_set(...)".
 */
int error_set(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * error_errno - the same, with ": " and the text of errno appended
 * @error: where to
 * @format: as printf's
 *
 * Return: -1.
 */
int error_errno(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
