// SPDX-License-Identifier: GPL-2.0-only
/* The command line: every option, every kind of mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "host/config.h"

static struct config config;
static struct error error;

#define PARSE(...) cli_parse(&config, (char *[]){ "lol", ##__VA_ARGS__, NULL }, &error)

static void sizes(void **state)
{
	static const struct { const char *text; uint64_t value; } good[] = {
		{ "0", 0 }, { "1", 1 }, { "4k", 4096 }, { "64M", 64ULL << 20 }, { "2g", 2ULL << 30 },
		{ "18446744073709551615", UINT64_MAX },
	};
	static const char *const bad[] = {
		"", "M", "-1", "+1", " 1", "1 ", "1x", "1MB", "1.5G", "0x10", "18446744073709551616",
		"18446744073709551615K", "17179869184G",
	};
	uint64_t value;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(cli_size(good[i].text, &value), 0);
		assert_true(value == good[i].value);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!cli_size(bad[i], &value))
			fail_msg("\"%s\" was taken", bad[i]);
}

static void good(void **state)
{
	(void)state;
	assert_int_equal(PARSE("run"), 0);
	assert_int_equal(config.action, CONFIG_RUN);
	assert_true(config.memory == CONFIG_MEMORY_DEFAULT);
	assert_null(config.kernel);
	assert_null(config.command);
	assert_int_equal(PARSE("run", "--kernel", "k", "--initrd=i", "--memory", "65M", "--cpus", "1",
			       "--bridge=auto", "--append", "a=b c", "--no-rewrite", "--quiet",
			       "--", "ls", "--quiet"), 0);
	assert_string_equal(config.kernel, "k");
	assert_string_equal(config.initrd, "i");
	assert_string_equal(config.append, "a=b c");
	assert_true(config.memory == 66ULL << 20);
	assert_true(config.no_rewrite && config.quiet);
	assert_string_equal(config.command[0], "ls");
	assert_string_equal(config.command[1], "--quiet");
	assert_null(config.command[2]);
	assert_int_equal(PARSE("run", "--initrd="), 0);
	assert_string_equal(config.initrd, "");
	assert_int_equal(PARSE("run", "--append", "--quiet"), 0);
	assert_string_equal(config.append, "--quiet");
	assert_int_equal(PARSE("probe"), 0);
	assert_int_equal(config.action, CONFIG_PROBE);
	assert_int_equal(PARSE("version"), 0);
	assert_int_equal(PARSE("help"), 0);
	assert_int_equal(PARSE("run", "--help"), 0);
	assert_int_equal(config.action, CONFIG_HELP);
	assert_int_equal(PARSE("run", "-h", "nonsense"), 0);
	assert_int_equal(config.action, CONFIG_HELP);
	assert_int_equal(PARSE("probe", "-h"), 0);
	assert_int_equal(config.action, CONFIG_HELP);
	assert_int_equal(PARSE("run", "--", "-h"), 0);
	assert_int_equal(config.action, CONFIG_RUN);
}

static void wrong(const char *reason, int result)
{
	assert_int_equal(result, -1);
	assert_null(strchr(error.text, '\n'));
	if (!strstr(error.text, reason))
		fail_msg("\"%s\" does not say \"%s\"", error.text, reason);
}

static void bad(void **state)
{
	(void)state;
	wrong("lol run", PARSE());
	wrong("frobnicate: unknown command", PARSE("frobnicate"));
	wrong("unexpected argument", PARSE("probe", "x"));
	wrong("--frob: unknown option", PARSE("run", "--frob"));
	wrong("--kernelx=1: unknown option", PARSE("run", "--kernelx=1"));
	wrong("--quiet=1: unknown option", PARSE("run", "--quiet=1"));
	wrong("-k: unknown option", PARSE("run", "-k"));
	wrong("behind \"--\"", PARSE("run", "ls"));
	wrong("wants a command", PARSE("run", "--"));
	wrong("--kernel: wants", PARSE("run", "--kernel"));
	wrong("--kernel: wants", PARSE("run", "--kernel="));
	wrong("64M", PARSE("run", "--memory", "63M"));
	wrong("512G", PARSE("run", "--memory", "513G"));
	wrong("not a size", PARSE("run", "--memory", "lots"));
	wrong("between 4 and 1024", PARSE("run", "--max-spaces", "3"));
	wrong("between 4 and 1024", PARSE("run", "--max-spaces=1025"));
	wrong("not a number", PARSE("run", "--max-spaces", "-4"));
	assert_int_equal(PARSE("run", "--max-spaces", "4"), 0);
	assert_int_equal(config.max_spaces, 4);
	wrong("only one", PARSE("run", "--cpus", "2"));
	wrong("not a number", PARSE("run", "--cpus", "0"));
	wrong("not a number", PARSE("run", "--cpus", "one"));
	wrong("unknown", PARSE("run", "--bridge", "tower"));
	wrong("--a?b?[31m: unknown option", PARSE("run", "--a\nb\033[31m"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
	};

	return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
