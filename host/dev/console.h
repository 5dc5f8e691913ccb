/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_DEV_CONSOLE_H
#define HOST_DEV_CONSOLE_H

#include "host/vm.h"

/* How the user's streams are connected; all false: nothing but an output console. */
struct console_setup {
	bool terminal;		/* console is on the user's terminal, raw */
	bool input;		/* standard input goes to the console */
	bool hidden;		/* console output is only remembered */
	bool to_stderr;		/* console output goes to standard error */
	bool streams;		/* ports org.lol.stdin, stdout, stderr */
	bool status;		/* port org.lol.status */
};

/**
 * console_make - create the console device and add it to the machine
 * @vm: the guest
 * @setup: what is connected to what
 * @error: gets the reason of failure
 *
 * Return: 0, or -1.
 */
int console_make(struct vm *vm, const struct console_setup *setup, struct error *error);

/** console_text - guest kernel text that does not come through the device */
void console_text(struct vm *vm, const char *text, size_t length);

/**
 * console_hold - has the console more output than its reader takes?
 *
 * Return: true: the vCPU's write is not to be answered now; it will be when the
 * output has drained.
 */
bool console_hold(struct vm *vm);

/** console_resize - the user's terminal has another size now */
void console_resize(struct console *console, uint16_t columns, uint16_t rows);

/** console_was_up - has the guest set up the device at some time? */
bool console_was_up(struct vm *vm);

/** console_input_tick - once a second */
void console_input_tick(struct console *console);

/** console_finish - the guest is over: write out everything, waiting for readers */
void console_finish(struct vm *vm);

#endif
