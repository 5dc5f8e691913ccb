// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line.  Options may be written "--name value" or "--name=value";
 * everything after "--" is the command for the guest.  Every mistake is one
 * line that names the option and what would have been right.
 *
 * Calls after start-up: none
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/config.h"

static const char help_text[] =
"usage: lol run [OPTION]... [-- COMMAND [ARGUMENT]...]\n"
"       lol probe | version | help\n"
"\n"
"Runs a Linux kernel as an ordinary process. With COMMAND, runs it in the guest\n"
"and ends with its exit status; without, gives the guest's console.\n"
"\n"
"  --kernel FILE     the guest kernel (vmlinux); default: the one beside lol\n"
"  --initrd FILE     initial file system, none: \"\"; default: the one beside lol\n"
"  --memory SIZE     guest RAM, with suffix K, M or G; 64M to 512G, default 256M\n"
"  --max-spaces N    host processes for the guest's address spaces; 4 to 1024,\n"
"                    default 512; a guest may have more processes than that\n"
"  --cpus N          virtual CPUs; only 1 today\n"
"  --bridge KIND     split: programs in the guest cannot reach the guest's kernel;\n"
"                    in-place: they can, and it is faster; ptrace: as split, slow,\n"
"                    for hosts without seccomp; auto: split, or ptrace on those\n"
"  --append TEXT     goes to the end of the kernel command line\n"
"  --no-rewrite      let sensitive instructions trap and emulate them (slow)\n"
"  --quiet           no warnings, no kernel messages, nothing but the command\n"
"\n"
"Keys on the console: Ctrl-A x quits, Ctrl-A a sends Ctrl-A, Ctrl-A h helps.\n"
"\n"
"Exit status: 0 power-off; the COMMAND's status; 1 error before the guest ran;\n"
"2 usage; 120 guest panicked; 121 guest kernel broke the machine's contract\n"
"(triple fault); 122 host trouble; 128+N ended by signal N.\n";

void cli_help(void)
{
	fputs(help_text, stdout);
}

int cli_size(const char *text, uint64_t *value)
{
	uint64_t n = 0;
	unsigned int shift = 0;

	if (*text < '0' || *text > '9')
		return -1;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(n, (uint64_t)10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*text - '0'), &n))
			return -1;
	switch (*text) {
	case 'k': case 'K':
		shift = 10;
		break;
	case 'm': case 'M':
		shift = 20;
		break;
	case 'g': case 'G':
		shift = 30;
		break;
	case 0:
		text--;
		break;
	default:
		return -1;
	}
	if (text[1] || n > UINT64_MAX >> shift)
		return -1;
	*value = n << shift;
	return 0;
}

static int take_memory(struct config *config, const char *text, struct error *error)
{
	uint64_t size;

	if (cli_size(text, &size))
		return error_set(error, "--memory %s: not a size (a number with suffix K, M or G)", text);
	if (size < CONFIG_MEMORY_MIN || size > CONFIG_MEMORY_MAX)
		return error_set(error, "--memory %s: must be between 64M and 512G", text);
	config->memory = (size + CONFIG_MEMORY_STEP - 1) & -CONFIG_MEMORY_STEP;
	return 0;
}

static int take_max_spaces(struct config *config, const char *text, struct error *error)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end)
		return error_set(error, "--max-spaces %s: not a number", text);
	if (n < CONFIG_SPACES_MIN || n > LOL_MAX_SPACES)
		return error_set(error, "--max-spaces %s: must be between %d and %d", text,
				 CONFIG_SPACES_MIN, LOL_MAX_SPACES);
	config->max_spaces = n;
	return 0;
}

static int take_value(struct config *config, const char *name, const char *value, struct error *error)
{
	if (!strcmp(name, "--kernel")) {
		if (!*value)
			return error_set(error, "--kernel: wants the name of a file");
		config->kernel = value;
	} else if (!strcmp(name, "--initrd")) {
		config->initrd = value;
	} else if (!strcmp(name, "--append")) {
		config->append = value;
	} else if (!strcmp(name, "--memory")) {
		return take_memory(config, value, error);
	} else if (!strcmp(name, "--max-spaces")) {
		return take_max_spaces(config, value, error);
	} else if (!strcmp(name, "--cpus")) {
		char *end;
		unsigned long n = strtoul(value, &end, 10);

		if (*value < '0' || *value > '9' || *end || !n)
			return error_set(error, "--cpus %s: not a number of CPUs", value);
		if (n > 1)
			return error_set(error, "--cpus %s: only one virtual CPU is supported so far", value);
	} else if (!strcmp(name, "--bridge")) {
		if (!strcmp(value, "auto"))
			config->bridge = CONFIG_BRIDGE_AUTO;
		else if (!strcmp(value, "split"))
			config->bridge = LOL_BRIDGE_SPLIT;
		else if (!strcmp(value, "in-place"))
			config->bridge = LOL_BRIDGE_IN_PLACE;
		else if (!strcmp(value, "ptrace"))
			config->bridge = LOL_BRIDGE_PTRACE;
		else
			return error_set(error, "--bridge %s: unknown (auto, split, in-place or ptrace)", value);
	}
	return 0;
}

static bool is_help(const char *text)
{
	return !strcmp(text, "--help") || !strcmp(text, "-h");
}

static int parse_run(struct config *config, char **argv, struct error *error)
{
	static const char *const with_value[] = {
		"--kernel", "--initrd", "--append", "--memory", "--max-spaces", "--cpus", "--bridge",
	};
	unsigned int i;

	for (; *argv; argv++) {
		char name[16];
		const char *value = strchr(*argv, '=');
		size_t length = value ? (size_t)(value - *argv) : strlen(*argv);

		if (!strcmp(*argv, "--")) {
			if (!argv[1])
				return error_set(error, "--: wants a command behind it");
			config->command = argv + 1;
			return 0;
		}
		if (!strcmp(*argv, "--no-rewrite")) {
			config->no_rewrite = true;
			continue;
		}
		if (!strcmp(*argv, "--quiet")) {
			config->quiet = true;
			continue;
		}
		if (is_help(*argv)) {
			config->action = CONFIG_HELP;
			return 0;
		}
		if ((*argv)[0] != '-')
			return error_set(error, "%s: unexpected (a command for the guest goes behind \"--\")", *argv);
		for (i = 0; i < sizeof(with_value) / sizeof(with_value[0]); i++)
			if (length == strlen(with_value[i]) && !strncmp(*argv, with_value[i], length))
				break;
		if (i == sizeof(with_value) / sizeof(with_value[0]))
			return error_set(error, "%s: unknown option (see \"lol help\")", *argv);
		strcpy(name, with_value[i]);
		if (value)
			value++;
		else
			value = *++argv;
		if (!value)
			return error_set(error, "%s: wants a value", name);
		if (take_value(config, name, value, error))
			return -1;
	}
	return 0;
}

int cli_parse(struct config *config, char **argv, struct error *error)
{
	const char *verb = argv[0] ? argv[1] : NULL;

	*config = (struct config){
		.memory = CONFIG_MEMORY_DEFAULT,
		.max_spaces = CONFIG_SPACES_DEFAULT,
		.bridge = CONFIG_BRIDGE_AUTO,
	};
	if (!verb)
		return error_set(error, "what? (\"lol run\" starts a guest, \"lol help\" tells more)");
	if (!strcmp(verb, "run")) {
		config->action = CONFIG_RUN;
		return parse_run(config, argv + 2, error);
	}
	if (!strcmp(verb, "probe"))
		config->action = CONFIG_PROBE;
	else if (!strcmp(verb, "version") || !strcmp(verb, "--version"))
		config->action = CONFIG_VERSION;
	else if (!strcmp(verb, "help") || is_help(verb))
		config->action = CONFIG_HELP;
	else
		return error_set(error, "%s: unknown command (run, probe, version or help)", verb);
	if (argv[2] && is_help(argv[2]))
		config->action = CONFIG_HELP;
	else if (argv[2])
		return error_set(error, "%s: unexpected argument of \"%s\"", argv[2], verb);
	return 0;
}
