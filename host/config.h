/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_CONFIG_H
#define HOST_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "host/base/error.h"
#include "syscall-bridge/state.h"

#define CONFIG_MEMORY_MIN	(64ULL << 20)
#define CONFIG_MEMORY_MAX	(512ULL << 30)
#define CONFIG_MEMORY_DEFAULT	(256ULL << 20)
#define CONFIG_MEMORY_STEP	(2ULL << 20)
#define CONFIG_SPACES_MIN	4
#define CONFIG_SPACES_DEFAULT	512

#define CONFIG_BRIDGE_AUTO	(~0U)

enum config_action {
	CONFIG_RUN,
	CONFIG_PROBE,
	CONFIG_VERSION,
	CONFIG_HELP,
};

/* One invocation of lol. */
struct config {
	enum config_action action;
	const char *kernel;	/* file; NULL: the one that came with lol */
	const char *initrd;	/* file; NULL: the one that came with lol; "": none */
	const char *append;	/* to the guest's command line, or NULL */
	uint64_t memory;	/* bytes of guest RAM, a multiple of CONFIG_MEMORY_STEP */
	uint32_t max_spaces;	/* host processes for address spaces, K included */
	uint32_t bridge;	/* enum lol_bridge, or CONFIG_BRIDGE_AUTO: what the host can do */
	bool no_rewrite;	/* sites trap and are emulated */
	bool quiet;
	char **command;	/* to be run in the guest, NULL terminated, or NULL */
};

/**
 * cli_parse - read the command line
 * @config: gets the result
 * @argv: of main(), NULL terminated; strings are kept
 * @error: gets a one-line reason
 *
 * Return: 0, or -1 for a usage error.
 */
int cli_parse(struct config *config, char **argv, struct error *error);

/**
 * cli_size - read a size with an optional suffix K, M or G
 * @text: decimal digits and suffix
 * @value: gets bytes
 *
 * Return: 0, or -1 where it is not a size or does not fit 64 bits.
 */
int cli_size(const char *text, uint64_t *value);

/** cli_help - print the help text on standard output */
void cli_help(void);

/**
 * config_find - look for a file that belongs to lol
 * @path: gets the path, of @size bytes
 * @size: of @path
 * @names: alternatives, NULL terminated
 *
 * Looks beside the executable, in kernel-VERSION folders there, and in
 * ../lib/lol.
 *
 * Return: 0, or -1 where there is none.
 */
int config_find(char *path, unsigned long size, const char *const *names);

#endif
