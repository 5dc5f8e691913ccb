// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ring of console text, printed when the guest ends badly.
 *
 * Calls after start-up: write
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/history.h"

void history_add(struct history *history, const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		history->text[history->total++ % HISTORY_SIZE] = text[i];
}

void history_show(struct history *history)
{
	size_t length = history->total < HISTORY_SIZE ? history->total : HISTORY_SIZE;
	size_t start = history->total - length, i, used = 0;
	char *out = malloc(length + 1);

	if (!out)
		return;
	for (i = 0; i < length; i++) {
		char c = history->text[(start + i) % HISTORY_SIZE];

		if (c != '\r')
			out[used++] = c;
	}
	if (used && out[used - 1] != '\n')
		out[used++] = '\n';
	for (i = 0; i < used;) {
		ssize_t n = write(STDERR_FILENO, out + i, used - i);

		if (n <= 0)
			break;
		i += n;
	}
	free(out);
	history->total = 0;
}
