// SPDX-License-Identifier: GPL-2.0-only
/*
 * "lol run": set the machine up, run it, clean up, say how it ended.
 *
 * Whatever happens, the order at the end is: processes of the guest first, then
 * the terminal, then what output is left.  Signals have their ordinary meaning
 * again by then, so that a reader who does not read cannot keep us.
 *
 * Calls after start-up: rt_sigprocmask
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "host/base/log.h"
#include "host/boot.h"
#include "host/bridges.h"
#include "host/cgroup.h"
#include "host/confine.h"
#include "host/cpio.h"
#include "host/dev/console.h"
#include "host/dev/rng.h"
#include "host/exit.h"
#include "host/launcher.h"
#include "host/load.h"
#include "host/memory_limits.h"
#include "host/namespaces.h"
#include "host/probe.h"
#include "host/run.h"
#include "host/site_service.h"
#include "host/spaces.h"
#include "host/start.h"
#include "host/supervisor.h"
#include "host/terminal.h"
#include "mm-emulation/mm.h"

#define SPARE_SPACES	8	/* made in advance */

/* What goes where, from what the user's streams are. */
static struct console_setup choose_streams(const struct config *config)
{
	bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	struct console_setup setup = { .terminal = terminal };

	if (config->command) {
		setup.status = true;
		setup.input = terminal;
		setup.streams = !terminal;
		setup.to_stderr = !terminal;
		setup.hidden = !terminal && config->quiet;
	} else {
		setup.input = true;
	}
	return setup;
}

/*
 * Anonymous memory in pieces of up to 64 KiB: one host mapping, hence one trip
 * through the wedge, instead of sixteen.
 */
#define GUEST_PAGES	"thp_anon=16K-64K:always;2M:inherit"

static void make_command_line(char *line, size_t size, const struct config *config)
{
	const char *level = "";

	if (config->command)
		level = " quiet loglevel=3";
	else if (config->quiet)
		level = " quiet";
	snprintf(line, size, "console=hvc0 panic=-1 " GUEST_PAGES "%s%s%s", level, config->append ? " " : "",
		 config->append ? config->append : "");
}

/* The second archive: what the guest's init is to run, and how. */
static int make_command_archive(struct cpio *cpio, const struct config *config,
				const struct console_setup *setup)
{
	static const char streams[] = "stdin stdout stderr\n";
	const char *term = getenv("TERM");
	uint16_t columns = 0, rows = 0;
	char env[512], *text = NULL;
	size_t length = 0;
	int i, n;

	cpio_begin(cpio);
	cpio_add(cpio, "lol", CPIO_FOLDER, NULL, 0);
	for (i = 0; config->command && config->command[i]; i++) {
		size_t more = strlen(config->command[i]) + 1;
		char *bigger = realloc(text, length + more);

		if (!bigger)
			break;
		text = bigger;
		memcpy(text + length, config->command[i], more);
		length += more;
	}
	if (config->command)
		cpio_add(cpio, "lol/command", CPIO_FILE, text, length);
	free(text);
	if (setup->streams)
		cpio_add(cpio, "lol/streams", CPIO_FILE, streams, sizeof(streams) - 1);
	n = snprintf(env, sizeof(env), "TERM=%.64s\n", term && !strchr(term, '\n') ? term : "linux");
	if (setup->terminal && terminal_size(&columns, &rows))
		n += snprintf(env + n, sizeof(env) - n, "ROWS=%u\nCOLS=%u\n", rows, columns);
	cpio_add(cpio, "lol/env", CPIO_FILE, env, n);
	return cpio_end(cpio);
}

static void limit_spaces(struct vm *vm)
{
	unsigned int share = 2, most = vm->config->max_spaces;
	uint64_t left = cgroup_left("pids");
	struct rlimit limit;

	/* RLIMIT_NPROC counts all threads of this user: leave the others half; so with the control group's. */
	if (lol_bridge_has_kernel(vm->config->bridge))
		share *= 2;	/* threads of a space */
	if (!getrlimit(RLIMIT_NPROC, &limit) && limit.rlim_cur / share < most)
		most = limit.rlim_cur / share;
	if (left / share < most)
		most = left / share;
	if (most < CONFIG_SPACES_MIN)
		most = CONFIG_SPACES_MIN;
	vm->state->max_spaces = most;
	vm->state->budget = mm_budget(vm->ram.size);
	vm->state->spare_spaces = most / 4 < SPARE_SPACES ? most / 4 : SPARE_SPACES;
}

static void warn_memory(const struct config *config)
{
	const char *what;
	uint64_t available = memory_available(&what);

	if (config->quiet || config->memory <= available)
		return;
	log_line("warning: the guest has %llu MiB of memory, but %s only %llu MiB",
		 (unsigned long long)config->memory >> 20, what, (unsigned long long)available >> 20);
}

static int load(struct vm *vm, const struct console_setup *setup, struct error *error)
{
	static const char *const kernels[] = { "vmlinux", "vmlinux-6.12", NULL };
	static const char *const initrds[] = {
		"initramfs.cpio", "initramfs.cpio.zst", "initramfs.cpio.gz", NULL,
	};
	const struct config *config = vm->config;
	const char *kernel = config->kernel, *initrd = config->initrd;
	char kernel_path[PATH_MAX], initrd_path[PATH_MAX];
	struct cpio cpio;
	int failed;

	if (!kernel) {
		if (config_find(kernel_path, sizeof(kernel_path), kernels))
			return error_set(error, "vmlinux: not found beside lol nor in ../lib/lol (--kernel FILE?)");
		kernel = kernel_path;
	}
	if (!initrd) {
		if (config_find(initrd_path, sizeof(initrd_path), initrds))
			return error_set(error, "initramfs.cpio: not found beside lol nor in ../lib/lol "
					 "(--initrd FILE? or --initrd \"\" for none)");
		initrd = initrd_path;
	}
	if (!*initrd)
		initrd = NULL;
	if (load_kernel(vm, kernel, error) || boot_tables(vm, error))
		return -1;
	if (!initrd && !config->command)
		return 0;
	if (make_command_archive(&cpio, config, setup))
		return error_set(error, "no memory for the command");
	failed = load_initrd(vm, initrd, cpio.data, cpio.length, error);
	free(cpio.data);
	return failed;
}

static int set_up(struct vm *vm, const struct config *config, const struct console_setup *setup,
		  struct error *error)
{
	char command_line[2 * LOL_BOOT_COMMAND_LINE];

	clock_measure(&vm->clock);
	make_command_line(command_line, sizeof(command_line), config);
	if (vm_make(vm, config, error) || spaces_find_wedge(vm, error))
		return -1;
	confine_first();
	namespaces_make(vm);
	if (launcher_make(vm, error))
		return -1;
	limit_spaces(vm);
	if (load(vm, setup, error) || console_make(vm, setup, error) || rng_make(vm, error))
		return -1;
	clock_start(&vm->clock, ram_at(&vm->ram, LOL_GPA_CLOCK, sizeof(struct lol_clock)));
	vm->state->clock_ns = vm->clock.start_ns;
	return boot_page(vm, command_line, error) || site_service_start(vm, error) ? -1 : 0;
}

static int conclude(struct vm *vm)
{
	const struct config *config = vm->config;

	switch (vm->end) {
	case VM_OFF:
	case VM_RESET:
		if (!config->command && vm->end == VM_OFF)
			return vm->exit_code;
		if (vm->has_status)
			return vm->status;
		if (config->command)
			log_line("the guest %s before the command's exit status was known%s",
				 vm->end == VM_OFF ? "powered off" : "reset itself",
				 config->initrd ? " (only lol's own /init runs commands: see man lol, --initrd)" : "");
		else
			log_line("the guest reset itself before it was up");
		history_show(&vm->history);
		return vm->exit_code ? vm->exit_code : EXIT_GUEST_BROKEN;
	case VM_PANIC:
		history_show(&vm->history);
		return EXIT_GUEST_PANIC;
	case VM_BROKEN:
		history_show(&vm->history);
		return EXIT_GUEST_BROKEN;
	case VM_QUIT:
		return vm->exit_code;
	default:
		return EXIT_HOST;
	}
}

int start_guest(const struct config *asked, char **argv)
{
	static struct vm vm;
	static struct config chosen;
	const struct config *config = &chosen;
	struct console_setup setup = choose_streams(asked);
	struct error error;
	sigset_t signals;
	bool was_up;

	if (supervise(argv, &error)) {
		log_line("%s", error.text);
		return EXIT_SETUP;
	}
	chosen = *asked;
	if (probe_required(&error) || bridge_choose(asked->bridge, &chosen.bridge, &error) ||
	    set_up(&vm, config, &setup, &error)) {
		log_line("%s", error.text);
		return EXIT_SETUP;
	}
	warn_memory(config);
	if (!config->quiet && config->bridge == LOL_BRIDGE_IN_PLACE)
		log_line("note: with the in-place bridge, programs in the guest can reach the guest kernel's memory");
	if (!config->quiet && !host_has_filters())
		log_line("warning: this host has no system call filters (seccomp): bridge ptrace, and the guest kernel is not confined");
	if (setup.terminal)
		terminal_raw();
	if (run_vm(&vm, &error))
		vm_end(&vm, VM_HOST, "%s", error.text);

	spaces_kill_all(&vm);
	terminal_restore();
	run_forget_signals(&vm);
	run_signals(&signals);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
	was_up = console_was_up(&vm);
	console_finish(&vm);
	/* A kernel that cannot even begin would begin for ever. */
	if (vm.end == VM_RESET && !config->command && was_up) {
		supervisor_start_over();
		return 0;
	}
	return conclude(&vm);
}
