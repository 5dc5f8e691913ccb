// SPDX-License-Identifier: GPL-2.0-only
/*
 * pty SCRIPT COMMAND [ARG...]: runs COMMAND on a terminal of its own and plays
 * SCRIPT, a file of lines:
 *
 *   expect TEXT      wait until TEXT is in the output behind what was matched last
 *   send TEXT        type it (escapes: \n \r \t \\ \xHH)
 *   size ROWS COLS   change the window's size (and tell the foreground group)
 *   sleep MS
 *   kill NUMBER      send the signal to COMMAND
 *   raw, cooked      the terminal must be in that mode, within a second
 *   status NUMBER    wait for COMMAND's end; its status (128 + signal) must be this
 *   restored         the terminal's settings are those of before the start
 *   timeout SECONDS  for what follows (default 20)
 *
 * The first line that fails ends it: exit status 1, with the line and the last
 * output on stderr.  Everything read goes to stdout.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static char output[1 << 20];
static size_t have, matched;
static int master, slave, line_number, patience = 20;
static pid_t child;
static int child_status = -1;

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

static void __attribute__((noreturn)) fail(const char *why)
{
	size_t from = have > 2000 ? have - 2000 : 0;

	fprintf(stderr, "pty: line %d: %s; last output:\n", line_number, why);
	fwrite(output + from, 1, have - from, stderr);
	fputc('\n', stderr);
	if (child > 0 && child_status < 0) {
		kill(child, SIGTERM);
		usleep(300000);
		kill(child, SIGKILL);
	}
	exit(1);
}

/* Takes in what COMMAND wrote, for at most that long.  Returns whether something came. */
static bool take(int ms)
{
	struct pollfd p = { .fd = master, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, ms) <= 0 || !(p.revents & POLLIN))
		return false;
	if (have == sizeof(output)) {
		memmove(output, output + have / 2, have / 2);
		matched = matched > have / 2 ? matched - have / 2 : 0;
		have /= 2;
	}
	n = read(master, output + have, sizeof(output) - have);
	if (n <= 0)
		return false;
	fwrite(output + have, 1, n, stdout);
	fflush(stdout);
	have += n;
	return true;
}

static void reap(void)
{
	int status;

	if (child_status < 0 && waitpid(child, &status, WNOHANG) == child)
		child_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static size_t unescape(char *text)
{
	char *from = text, *to = text;

	while (*from) {
		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		from++;
		switch (*from) {
		case 'n': *to++ = '\n'; break;
		case 'r': *to++ = '\r'; break;
		case 't': *to++ = '\t'; break;
		case 'x': {
			char hex[3] = { from[1], from[1] ? from[2] : 0, 0 };

			*to++ = strtol(hex, NULL, 16);
			from += strlen(hex);
			break;
		}
		default: *to++ = *from; break;
		}
		if (*from)
			from++;
	}
	*to = 0;
	return to - text;
}

static void expect(char *text)
{
	size_t length = unescape(text);
	uint64_t end = now_ms() + patience * 1000;
	char *at;

	for (;;) {
		at = memmem(output + matched, have - matched, text, length);
		if (at) {
			matched = at - output + length;
			return;
		}
		if (now_ms() > end)
			fail("not seen");
		if (!take(100)) {
			reap();
			if (child_status >= 0 && !take(0))
				fail("the command ended");
		}
	}
}

static void send_text(char *text)
{
	size_t length = unescape(text), done = 0;
	ssize_t n;

	while (done < length) {
		n = write(master, text + done, length - done);
		if (n <= 0)
			fail("cannot write");
		done += n;
		take(0);
	}
}

static bool is_raw(void)
{
	struct termios t;

	tcgetattr(slave, &t);
	return !(t.c_lflag & (ICANON | ECHO | ISIG));
}

static void want_mode(bool raw)
{
	uint64_t end = now_ms() + 1000;

	while (is_raw() != raw) {
		if (now_ms() > end)
			fail(raw ? "the terminal is not raw" : "the terminal is raw");
		take(20);
	}
}

static void want_status(int want)
{
	uint64_t end = now_ms() + patience * 1000;
	char why[64];

	while (child_status < 0) {
		if (now_ms() > end)
			fail("the command does not end");
		take(20);
		reap();
	}
	while (take(20))
		;
	snprintf(why, sizeof(why), "status %d", child_status);
	if (child_status != want)
		fail(why);
}

int main(int argc, char **argv)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	struct termios before, after;
	char line[4096], *text;
	int a, b;
	FILE *script;

	if (argc < 3 || !(script = fopen(argv[1], "r"))) {
		fprintf(stderr, "usage: pty SCRIPT COMMAND [ARG...]\n");
		return 2;
	}
	if (openpty(&master, &slave, NULL, NULL, &size)) {
		perror("pty: openpty");
		return 2;
	}
	tcgetattr(slave, &before);
	child = fork();
	if (!child) {
		setsid();
		ioctl(slave, TIOCSCTTY, 0);
		dup2(slave, 0), dup2(slave, 1), dup2(slave, 2);
		close(slave), close(master), fclose(script);
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	while (fgets(line, sizeof(line), script)) {
		line_number++;
		line[strcspn(line, "\n")] = 0;
		text = strchr(line, ' ');
		text = text ? text + 1 : line + strlen(line);
		if (!*line || *line == '#')
			continue;
		if (!strncmp(line, "expect ", 7))
			expect(text);
		else if (!strncmp(line, "send ", 5))
			send_text(text);
		else if (sscanf(line, "size %d %d", &a, &b) == 2) {
			size.ws_row = a;
			size.ws_col = b;
			ioctl(master, TIOCSWINSZ, &size);
		} else if (sscanf(line, "sleep %d", &a) == 1) {
			uint64_t end = now_ms() + a;

			while (now_ms() < end)
				take(10);
		} else if (sscanf(line, "kill %d", &a) == 1)
			kill(child, a);
		else if (sscanf(line, "status %d", &a) == 1)
			want_status(a);
		else if (sscanf(line, "timeout %d", &a) == 1)
			patience = a;
		else if (!strcmp(line, "raw"))
			want_mode(true);
		else if (!strcmp(line, "cooked"))
			want_mode(false);
		else if (!strcmp(line, "restored")) {
			tcgetattr(slave, &after);
			if (before.c_iflag != after.c_iflag || before.c_oflag != after.c_oflag ||
			    before.c_cflag != after.c_cflag || before.c_lflag != after.c_lflag ||
			    memcmp(before.c_cc, after.c_cc, sizeof(before.c_cc)))
				fail("terminal settings differ");
		} else
			fail("unknown line in the script");
	}
	if (child_status < 0) {
		kill(child, SIGTERM);
		usleep(200000);
		reap();
		if (child_status < 0)
			kill(child, SIGKILL);
	}
	return 0;
}
