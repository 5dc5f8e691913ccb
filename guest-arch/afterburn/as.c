// SPDX-License-Identifier: GPL-2.0-only
/*
 * The afterburner: the assembler stage of a build for the lol machine.
 *
 * Called as `as` by a compiler driver (gcc -B directory), it transforms the
 * assembly text (scan.c) and pipes it into the real assembler, with the options
 * it was given itself.  Text without sensitive instructions reaches the real
 * assembler untouched, and so does everything this stage does not understand:
 * questions (--version) and 32-bit output.  What slips through, because a
 * mnemonic is put together by a macro or coded as bytes, is caught by the
 * checker, which reads the linked result.
 *
 * The real assembler is $LOL_AS, or the first `as` on $PATH that is not this
 * program.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guest-arch/afterburn/scan.h"

/* Options of gas that take the next word as their value. */
static const char * const with_value[] = {
	"-o", "-I", "-MD", "--MD", "--defsym", "--debug-prefix-map", "-K",
};

/* Options that make text something this stage has no business with. */
static const char * const untouched[] = {
	"--version", "-version", "--help", "--target-help", "--32", "-msyntax=intel",
	"-mmnemonic=intel",
};

static int listed(const char *word, const char * const *list, size_t count)
{
	while (count--)
		if (!strcmp(word, list[count]))
			return 1;
	return 0;
}

#define LISTED(word, list) listed(word, list, sizeof(list) / sizeof(list[0]))

static void die(const char *what)
{
	fprintf(stderr, "as (afterburner): %s: %s\n", what, strerror(errno));
	exit(1);
}

static const char *real_assembler(void)
{
	static char path[4096];
	const char *at = getenv("PATH"), *given = getenv("LOL_AS");
	struct stat self, found;
	size_t length;

	if (given && *given)
		return given;
	if (stat("/proc/self/exe", &self))
		die("/proc/self/exe");
	for (at = at ? at : "/usr/bin:/bin"; *at; at += length + (at[length] == ':')) {
		length = strcspn(at, ":");
		if ((size_t)snprintf(path, sizeof(path), "%.*s/as", (int)length, at) >= sizeof(path))
			continue;
		if (stat(path, &found) || !S_ISREG(found.st_mode) || access(path, X_OK))
			continue;
		if (found.st_dev != self.st_dev || found.st_ino != self.st_ino)
			return path;
	}
	fputs("as (afterburner): no other assembler on PATH; set LOL_AS\n", stderr);
	exit(1);
}

static void become(const char *program, char **argv)
{
	execv(program, argv);
	die(program);
}

static void read_all(int fd, const char *name, struct text *text)
{
	static char block[1 << 16];
	ssize_t got;

	while ((got = read(fd, block, sizeof(block))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			die(name);
		text_add(text, block, got);
	}
}

/* If the assembler goes away early its exit status tells why. */
static void write_all(int fd, const char *data, size_t length)
{
	ssize_t put;

	while (length) {
		put = write(fd, data, length);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EPIPE)
			return;
		if (put < 0)
			die("pipe");
		data += put;
		length -= put;
	}
}

/* Runs the real assembler on @text; its exit status. */
static int assemble(const char *program, char **argv, const struct text *text, int transformed)
{
	int status, ends[2];
	pid_t child;

	signal(SIGPIPE, SIG_IGN);
	if (pipe2(ends, O_CLOEXEC))
		die("pipe");
	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		signal(SIGPIPE, SIG_DFL);
		if (dup2(ends[0], 0) < 0)
			die("dup2");
		become(program, argv);
	}
	close(ends[0]);
	if (transformed)
		write_all(ends[1], scan_prelude, strlen(scan_prelude));
	write_all(ends[1], text->data, text->length);
	close(ends[1]);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void take_input(struct scan *scan, struct text *plain, const char *path)
{
	const char *name = path ? path : "{standard input}";
	struct text input = { 0 };
	char marker[4200];
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : 0;

	if (fd < 0)
		die(path);
	read_all(fd, name, &input);
	if (path)
		close(fd);
	text_add(plain, input.data ? input.data : "", input.length);
	text_add(&input, "", 1);
	text_add(&scan->out, marker,
		 snprintf(marker, sizeof(marker), "# 1 \"%.4096s\"\n", name));
	scan_text(scan, name, input.data, input.length - 1);
	free(input.data);
}

int main(int argc, char **argv)
{
	const char *program = real_assembler();
	char **options = calloc(argc + 1, sizeof(char *));
	char **inputs = calloc(argc + 1, sizeof(char *));
	int nr_options = 0, nr_inputs = 0, from_stdin = 0, i;
	struct scan scan = { 0 };
	struct text plain = { 0 };

	if (!options || !inputs)
		die("memory");
	options[nr_options++] = argv[0];
	for (i = 1; i < argc; i++) {
		if (LISTED(argv[i], untouched) || argv[i][0] == '@')
			become(program, argv);
		if (!strcmp(argv[i], "-") || !strcmp(argv[i], "--")) {
			inputs[nr_inputs++] = NULL;
			from_stdin = 1;
		} else if (argv[i][0] != '-') {
			inputs[nr_inputs++] = argv[i];
		} else {
			options[nr_options++] = argv[i];
			if (LISTED(argv[i], with_value) && i + 1 < argc)
				options[nr_options++] = argv[++i];
		}
	}
	if (!nr_inputs) {
		nr_inputs = 1;
		from_stdin = 1;
	}

	for (i = 0; i < nr_inputs; i++)
		take_input(&scan, &plain, inputs[i]);
	if (scan.errors)
		return 1;
	if (!scan.sites && !from_stdin)
		become(program, argv);
	return assemble(program, options, scan.sites ? &scan.out : &plain, !!scan.sites);
}
