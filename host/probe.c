// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lol needs of its host, tried out rather than guessed: each feature is a
 * row with a function that uses it.  "lol run" goes through the rows that are
 * necessary; "lol probe" prints all.
 *
 * Calls after start-up: none
 */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lol/layout.h>

#include "host/bridges.h"
#include "host/config.h"
#include "host/confine.h"
#include "host/exit.h"
#include "host/landlock.h"
#include "host/namespaces.h"
#include "host/probe.h"
#include "host/ram.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE		25
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE	0x100000
#endif
#define HWCAP2_FSGSBASE		2
#define HUGE			(2UL << 20)
#define MAPS_WANTED		60000

static long read_number(const char *path)
{
	long value = -1;
	FILE *file = fopen(path, "re");

	if (!file)
		return -1;
	if (fscanf(file, "%ld", &value) != 1)
		value = -1;
	fclose(file);
	return value;
}

static bool has_proc(void)
{
	char path[PATH_MAX];

	return readlink("/proc/self/exe", path, sizeof(path)) > 0;
}

static bool has_fsgsbase(void)
{
	return getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE;
}

static bool has_xsave(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && c & bit_OSXSAVE;
}

static bool has_memfd(void)
{
	void *at = MAP_FAILED;
	int fd = memfd_make("lol-probe", 4096, true);

	if (fd >= 0) {
		at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED, fd, 0);
		close(fd);
	}
	return at != MAP_FAILED && !munmap(at, 4096);
}

static bool has_futex(void)
{
	uint32_t word = 0;

	return syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0) == 0;
}

/* A program can be executed by descriptor; nothing is executed here. */
static bool has_execveat(void)
{
	char *none[] = { NULL };

	return syscall(SYS_execveat, -1, "", none, none, 0x1000 /* AT_EMPTY_PATH */) < 0 && errno != ENOSYS;
}

static bool child_says(pid_t pid, int wanted)
{
	int status;

	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == wanted;
}

static bool has_children(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(42);
	return child_says(pid, 42);
}

static bool has_low_memory(void)
{
	return read_number("/proc/sys/vm/mmap_min_addr") <= 65536;
}

/* The host's address space has the guest kernel's and the wedge's ranges. */
static bool has_addresses(void)
{
	static const uint64_t wanted[] = { LOL_DIRECT_MAP, LOL_VCPU_PAGE, LOL_KERNEL_MAP, LOL_WEDGE_START, LOL_WEDGE_RAM };
	unsigned int i;

	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		void *want = (void *)(uintptr_t)wanted[i];
		void *at = mmap(want, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

		/* Taken here, as by a sanitizer: the wedge is another program. */
		if (at == MAP_FAILED && errno == EEXIST)
			continue;
		if (at == MAP_FAILED)
			return false;
		munmap(at, 4096);
		if (at != want)
			return false;
	}
	return true;
}

static bool has_maps(void)
{
	return read_number("/proc/sys/vm/max_map_count") >= MAPS_WANTED;
}

static bool has_collapse(void)
{
	int fd = memfd_make("lol-probe", 2 * HUGE, false);
	char *area = mmap(NULL, 2 * HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at;
	bool good = false;

	if (fd >= 0 && area != MAP_FAILED) {
		at = (char *)(((uintptr_t)area + HUGE - 1) & -HUGE);
		if (mmap(at, HUGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED) {
			*(volatile char *)at = 1;
			good = !madvise(at, HUGE, MADV_COLLAPSE);
		}
	}
	if (area != MAP_FAILED)
		munmap(area, 2 * HUGE);
	if (fd >= 0)
		close(fd);
	return good;
}

static bool has_tsc(void)
{
	char text[32] = "";
	FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");

	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		text[0] = 0;
	fclose(file);
	return !strncmp(text, "tsc", 3);
}

static bool can_unshare(int flags)
{
	pid_t pid = fork();

	if (!pid)
		_exit(unshare(flags) ? 1 : 42);
	return child_says(pid, 42);
}

static bool has_user_namespaces(void)
{
	return can_unshare(CLONE_NEWUSER);
}

static bool has_namespaces(void)
{
	return can_unshare(NAMESPACES);
}

/* A child under the monitor's filter: a forbidden call ends it. */
static bool has_confine_calls(void)
{
	int status;
	pid_t pid;

	if (host_is_stuck())
		return false;
	pid = fork();
	if (!pid) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		close(STDERR_FILENO);
		if (confine_calls())
			_exit(1);
		open("/", O_RDONLY);
		_exit(2);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return pid > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static bool has_landlock_files(void)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit(!landlock_files() && open("/", O_RDONLY | O_DIRECTORY) < 0 && errno == EACCES ? 42 : 1);
	}
	return child_says(pid, 42);
}

static bool has_landlock_scope(void)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit(!landlock_scope() && kill(getppid(), 0) && errno == EPERM ? 42 : 1);
	}
	return child_says(pid, 42);
}

static const struct feature {
	const char *name;
	bool (*test)(void);
	bool required;
	const char *purpose;
} features[] = {
	{ "/proc", has_proc, true, "finding the files that belong to lol" },
	{ "fsgsbase", has_fsgsbase, true, "segment bases of guest programs (Linux 5.9, CPU of 2012)" },
	{ "xsave", has_xsave, true, "vector registers of guest programs" },
	{ "memfd", has_memfd, true, "guest memory, mapped executable" },
	{ "futex", has_futex, true, "hand-over between processes" },
	{ "execveat", has_execveat, true, "starting the wedge by descriptor" },
	{ "fork and wait", has_children, true, "a process for each address space of the guest" },
	{ "seccomp", host_has_filters, false, "confining the guest, and all bridges but ptrace" },
	{ "mmap_min_addr <= 65536", has_low_memory, true, "programs at their usual addresses" },
	{ "free addresses", has_addresses, true, "guest kernel at 0x600000000000 and above" },
	{ "max_map_count >= 60000", has_maps, false, "guest processes with many mappings at full speed" },
	{ "huge page collapse", has_collapse, false, "fast first use of the guest kernel (Linux 6.1)" },
	{ "tsc clocksource", has_tsc, false, "exact time in the guest" },
	{ "user namespaces", has_user_namespaces, false, "further confinement of the guest; some hosts refuse them" },
	{ "all namespaces", has_namespaces, false, "the same: processes, network, mounts, System V objects" },
	{ "monitor seccomp", has_confine_calls, false, "lol confines itself to the system calls it declares" },
	{ "landlock files", has_landlock_files, false, "the running lol opens no file by its name (Linux 5.13)" },
	{ "landlock signals", has_landlock_scope, false, "it signals its own processes only (Linux 6.12)" },
};

#define NR_FEATURES	(sizeof(features) / sizeof(features[0]))

int probe_required(struct error *error)
{
	unsigned int i;

	for (i = 0; i < NR_FEATURES; i++) {
		errno = 0;
		if (!features[i].required || features[i].test())
			continue;
		return (errno ? error_errno : error_set)(error,
				"this host lacks \"%s\", needed for %s (see \"lol probe\")",
				features[i].name, features[i].purpose);
	}
	return 0;
}

static const struct {
	const char *name;
	uint32_t bridge;
	const char *purpose;
} bridges[] = {
	{ "bridge split", LOL_BRIDGE_SPLIT, "guest programs that cannot reach the guest kernel; the default" },
	{ "bridge in-place", LOL_BRIDGE_IN_PLACE, "guest programs beside the guest kernel, faster" },
	{ "bridge ptrace", LOL_BRIDGE_PTRACE, "as split, slow; the default without seccomp" },
};

#define NR_BRIDGES	(sizeof(bridges) / sizeof(bridges[0]))

/* Returns whether auto finds one. */
static bool print_bridges(void)
{
	struct error error;
	uint32_t bridge;
	unsigned int i;

	for (i = 0; i < NR_BRIDGES; i++) {
		const char *missing = bridge_missing(bridges[i].bridge);

		printf("%-24s %-8s %-9s %s\n", bridges[i].name, missing ? "missing" : "ok", "one of",
		       missing ? missing : bridges[i].purpose);
	}
	return !bridge_choose(CONFIG_BRIDGE_AUTO, &bridge, &error);
}

int probe_print(void)
{
	unsigned int i, missing = 0;
	char name[64];

	for (i = 0; i < NR_FEATURES; i++) {
		const struct feature *f = &features[i];
		bool good = f->test();

		snprintf(name, sizeof(name), good && f->test == has_landlock_files ? "%s, version %d" : "%s",
			 f->name, landlock_version());
		printf("%-26s %-8s %-9s %s\n", name, good ? "ok" : "missing",
		       f->required ? "needed" : "optional", f->purpose);
		missing += f->required && !good;
	}
	missing += !print_bridges();
	printf(missing ? "lol cannot run guests here\n" : "lol can run guests here\n");
	return missing ? EXIT_SETUP : EXIT_OFF;
}
