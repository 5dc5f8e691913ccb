// SPDX-License-Identifier: GPL-2.0-only
/*
 * lol: runs a Linux kernel as an ordinary process.
 *
 * Calls after start-up: exit_group
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <lol/version.h>

#include "host/base/log.h"
#include "host/config.h"
#include "host/exit.h"
#include "host/probe.h"
#include "host/run.h"
#include "host/start.h"

#ifndef LOL_RELEASE
#define LOL_RELEASE	"0.1"
#endif

/* Descriptors of ours must not become somebody's standard output. */
static void fill_standard_streams(void)
{
	struct stat st;
	int fd;

	for (fd = 0; fd < 3; fd++)
		if (fstat(fd, &st) && open("/dev/null", fd ? O_WRONLY : O_RDONLY) < 0)
			return;
}

static int prepare_signals(void)
{
	sigset_t signals;

	/* Calls that say why they failed are better than these. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	/* Inherited as ignored, children would vanish unseen. */
	signal(SIGCHLD, SIG_DFL);
	run_signals(&signals);
	return sigprocmask(SIG_BLOCK, &signals, NULL);
}

/* Ends with @status, or as an error if standard output did not take everything. */
static int printed(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	log_line("standard output: %s", strerror(errno));
	return EXIT_SETUP;
}

int main(int argc, char **argv)
{
	struct config config;
	struct error error;

	(void)argc;
	fill_standard_streams();
	if (cli_parse(&config, argv, &error)) {
		log_line("%s", error.text);
		return EXIT_USAGE;
	}
	switch (config.action) {
	case CONFIG_HELP:
		cli_help();
		return printed(0);
	case CONFIG_VERSION:
		printf("lol %s, machine contract version %d\n", LOL_RELEASE, LOL_ABI_VERSION);
		return printed(0);
	case CONFIG_PROBE:
		return printed(probe_print());
	case CONFIG_RUN:
		break;
	}
	if (prepare_signals()) {
		log_line("the host refused rt_sigprocmask: %s", strerror(errno));
		return EXIT_SETUP;
	}
	return start_guest(&config, argv);
}
