/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_TERMINAL_H
#define HOST_TERMINAL_H

#include "host/vm.h"

/**
 * terminal_raw - put the terminal of standard input into raw mode
 *
 * It is put back by terminal_restore(), at exit, and by the signals that mean a
 * bug of ours.
 */
void terminal_raw(void);

/** terminal_restore - as it was */
void terminal_restore(void);

/** terminal_size - columns and rows of the user's terminal; false where there is none */
bool terminal_size(uint16_t *columns, uint16_t *rows);

/** terminal_resized - after SIGWINCH */
void terminal_resized(struct vm *vm);

/** terminal_continued - after SIGCONT: the shell may have changed the mode */
void terminal_continued(struct vm *vm);

/* What the escape key asks for. */
enum terminal_key {
	TERMINAL_NONE,
	TERMINAL_QUIT,
};

/**
 * terminal_filter - take the escape sequences out of typed text
 * @text: as typed; shortened in place
 * @length: its length, and then what is left
 *
 * Return: what was asked for.
 */
enum terminal_key terminal_filter(char *text, size_t *length);

#endif
