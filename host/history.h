/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_HISTORY_H
#define HOST_HISTORY_H

#include <stddef.h>

#define HISTORY_SIZE	65536

/* The last output of the guest kernel that nobody has been shown. */
struct history {
	size_t total;		/* bytes ever added */
	char text[HISTORY_SIZE];
};

/** history_add - remember output that was not shown */
void history_add(struct history *history, const char *text, size_t length);

/** history_show - print what is remembered on standard error, and forget it */
void history_show(struct history *history);

#endif
