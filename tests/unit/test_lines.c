// SPDX-License-Identifier: GPL-2.0-only
/* host/base/lines.c: files that are read again and again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/base/lines.h"

static int file_of(const char *text)
{
	int fd = memfd_create("lines", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void whole_lines(void **unused)
{
	int fd = file_of("one\n\nthree"), round;
	struct lines lines;
	char line[16];

	(void)unused;
	for (round = 0; round < 2; round++) {
		lines_start(&lines, fd);
		assert_true(lines_next(&lines, line, sizeof(line)));
		assert_string_equal(line, "one");
		assert_true(lines_next(&lines, line, sizeof(line)));
		assert_string_equal(line, "");
		assert_true(lines_next(&lines, line, sizeof(line)));
		assert_string_equal(line, "three");
		assert_false(lines_next(&lines, line, sizeof(line)));
	}
	close(fd);
}

static void long_lines(void **unused)
{
	static char text[10002];
	struct lines lines;
	char line[8];
	int fd;

	(void)unused;
	memset(text, 'x', 10000);
	text[4097] = '\n';
	text[10000] = '\n';
	fd = file_of(text);
	lines_start(&lines, fd);
	assert_true(lines_next(&lines, line, sizeof(line)));
	assert_string_equal(line, "xxxxxxx");
	assert_true(lines_next(&lines, line, 1));
	assert_string_equal(line, "");
	assert_false(lines_next(&lines, line, sizeof(line)));
	close(fd);
}

static void no_file(void **unused)
{
	struct lines lines;
	char line[8] = "x";

	(void)unused;
	lines_start(&lines, -1);
	assert_false(lines_next(&lines, line, sizeof(line)));
	assert_string_equal(line, "");
}

/* The host makes the text anew at offset 0, and goes on where it was otherwise. */
static void proc_file(void **unused)
{
	int fd = open("/proc/self/stat", O_RDONLY), maps = open("/proc/self/maps", O_RDONLY);
	struct lines lines;
	char first[512], second[512];
	unsigned int n = 0, i;
	volatile long sum = 0;

	(void)unused;
	lines_start(&lines, fd);
	assert_true(lines_next(&lines, first, sizeof(first)));
	assert_false(lines_next(&lines, second, sizeof(second)));
	for (i = 0; i < 100000000; i++)
		sum += i;
	lines_start(&lines, fd);
	assert_true(lines_next(&lines, second, sizeof(second)));
	assert_string_not_equal(first, second);	/* CPU time has gone by */
	lines_start(&lines, maps);
	while (lines_next(&lines, first, sizeof(first))) {
		assert_non_null(strchr(first, '-'));
		n++;
	}
	assert_true(n > 10);
	close(fd);
	close(maps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_lines),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(no_file),
		cmocka_unit_test(proc_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
