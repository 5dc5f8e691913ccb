// SPDX-License-Identifier: GPL-2.0-only
/* Archives for the guest: read back with a reader written from the format's text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "host/cpio.h"

static unsigned long field(const char *head, int n)
{
	char text[9] = "";

	memcpy(text, head + 6 + 8 * n, 8);
	return strtoul(text, NULL, 16);
}

/* Checks one entry at *at and moves behind it; returns its data. */
static const char *next(const struct cpio *cpio, size_t *at, const char *path, unsigned long mode, size_t size)
{
	const char *head = cpio->data + *at, *data;

	assert_true(*at % 4 == 0 && cpio->length - *at >= 110);
	assert_memory_equal(head, "070701", 6);
	assert_int_equal(field(head, 1), mode);
	assert_int_equal(field(head, 6), size);
	assert_int_equal(field(head, 11), strlen(path) + 1);
	assert_string_equal(head + 110, path);
	*at += (110 + strlen(path) + 1 + 3) & ~3UL;
	data = cpio->data + *at;
	*at += (size + 3) & ~3UL;
	assert_true(*at <= cpio->length);
	return data;
}

static void archive(void **state)
{
	static const char command[] = "echo\0a b\0";
	size_t size, at;

	(void)state;
	for (size = 0; size < 9; size++) {
		struct cpio cpio;

		cpio_begin(&cpio);
		cpio_add(&cpio, "lol", CPIO_FOLDER, NULL, 0);
		cpio_add(&cpio, "lol/command", CPIO_FILE, command, size);
		cpio_add(&cpio, "lol/x", CPIO_FILE, "yz", 2);
		assert_int_equal(cpio_end(&cpio), 0);
		at = 0;
		next(&cpio, &at, "lol", CPIO_FOLDER, 0);
		assert_memory_equal(next(&cpio, &at, "lol/command", CPIO_FILE, size), command, size);
		assert_memory_equal(next(&cpio, &at, "lol/x", CPIO_FILE, 2), "yz", 2);
		next(&cpio, &at, "TRAILER!!!", 0, 0);
		assert_int_equal(at, cpio.length);
		free(cpio.data);
	}
}

static void large(void **state)
{
	size_t size = 3 << 20, at = 0;
	char *data = calloc(1, size);
	struct cpio cpio;

	(void)state;
	data[size - 1] = 'e';
	cpio_begin(&cpio);
	cpio_add(&cpio, "big", CPIO_FILE, data, size);
	assert_int_equal(cpio_end(&cpio), 0);
	assert_memory_equal(next(&cpio, &at, "big", CPIO_FILE, size), data, size);
	free(cpio.data);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(archive),
		cmocka_unit_test(large),
	};

	return cmocka_run_group_tests_name("cpio", tests, NULL, NULL);
}
