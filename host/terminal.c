// SPDX-License-Identifier: GPL-2.0-only
/*
 * The user's terminal: raw mode, its size, the escape key Ctrl-A.
 *
 * Calls after start-up: ioctl[1=TCGETS] ioctl[1=TCSETS] ioctl[1=TCSETSW] ioctl[1=TIOCGWINSZ]
 *	ioctl[1=GET_TERMIOS2] ioctl[1=SET_TERMIOS2] ioctl[1=SETW_TERMIOS2]
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "host/base/log.h"
#include "host/dev/console.h"
#include "host/terminal.h"

#define ESCAPE	1	/* Ctrl-A */

static struct termios saved;
static volatile sig_atomic_t raw;

void terminal_restore(void)
{
	if (!raw)
		return;
	raw = 0;
	/* What the guest left typed but unread is not for the user's shell. */
	tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	log_raw(false);
}

static void crashed(int number)
{
	if (raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	/* SA_RESETHAND: the second one ends us. */
	raise(number);
}

static void enter(void)
{
	struct termios mode = saved;

	cfmakeraw(&mode);
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &mode))
		return;
	raw = 1;
	log_raw(true);
}

void terminal_raw(void)
{
	static const int bugs[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
	struct sigaction action = { .sa_handler = crashed, .sa_flags = SA_RESETHAND | SA_NODEFER };
	unsigned int i;

	if (tcgetattr(STDIN_FILENO, &saved))
		return;
	atexit(terminal_restore);
	for (i = 0; i < sizeof(bugs) / sizeof(bugs[0]); i++)
		sigaction(bugs[i], &action, NULL);
	enter();
}

bool terminal_size(uint16_t *columns, uint16_t *rows)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && ioctl(STDIN_FILENO, TIOCGWINSZ, &size))
		return false;
	*columns = size.ws_col;
	*rows = size.ws_row;
	return size.ws_col && size.ws_row;
}

void terminal_resized(struct vm *vm)
{
	uint16_t columns, rows;

	if (vm->console && terminal_size(&columns, &rows))
		console_resize(vm->console, columns, rows);
}

void terminal_continued(struct vm *vm)
{
	if (raw)
		enter();
	terminal_resized(vm);
}

enum terminal_key terminal_filter(char *text, size_t *length)
{
	static bool escaped;
	enum terminal_key key = TERMINAL_NONE;
	size_t i, used = 0;

	for (i = 0; i < *length; i++) {
		char c = text[i];

		if (!escaped) {
			if (c == ESCAPE)
				escaped = true;
			else
				text[used++] = c;
			continue;
		}
		escaped = false;
		switch (c) {
		case 'x': case 'X':
			key = TERMINAL_QUIT;
			break;
		case 'a': case ESCAPE:
			text[used++] = ESCAPE;
			break;
		case 'h': case '?':
			log_line("Ctrl-A x: end lol and the guest; Ctrl-A a: send Ctrl-A; Ctrl-A h: this help");
			break;
		}
	}
	*length = used;
	return key;
}
