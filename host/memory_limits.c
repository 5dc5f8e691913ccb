// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host memory.  Running out of it is no error code but a SIGKILL, so lol looks
 * beforehand, and afterwards finds out that this is what happened.
 *
 * Calls after start-up: pread64
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "host/base/lines.h"
#include "host/memory_limits.h"

static int kills_of_host = -1, kills_of_group = -1;	/* files that count them */

static uint64_t mem_available(void)
{
	unsigned long long kb = 0;
	char line[256];
	FILE *file = fopen("/proc/meminfo", "re");

	if (!file)
		return UINT64_MAX;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu kB", &kb) == 1)
			break;
	fclose(file);
	return kb ? kb << 10 : UINT64_MAX;
}

/* The folder of our cgroup: v2 (controllers empty) or v1's memory controller. */
static int cgroup_folder(char *path, size_t size, int *version)
{
	char line[PATH_MAX];
	FILE *file = fopen("/proc/self/cgroup", "re");
	int found = -1;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		char *controllers = strchr(line, ':'), *where;
		bool memory;

		line[strcspn(line, "\n")] = 0;
		if (!controllers || !(where = strchr(controllers + 1, ':')))
			continue;
		*where++ = 0;
		memory = strstr(controllers + 1, "memory");
		if (controllers[1] && !memory)
			continue;
		*version = memory ? 1 : 2;
		snprintf(path, size, "/sys/fs/cgroup%s%.*s", memory ? "/memory" : "",
			 (int)size - 32, strcmp(where, "/") ? where : "");
		found = 0;
		if (memory)
			break;
	}
	fclose(file);
	return found;
}

static uint64_t read_number(const char *folder, const char *name)
{
	unsigned long long n;
	char path[PATH_MAX + 64];
	uint64_t value = UINT64_MAX;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	if (!file)
		return UINT64_MAX;
	if (fscanf(file, "%llu", &n) == 1)
		value = n;
	fclose(file);
	return value;
}

static uint64_t cgroup_left(void)
{
	char folder[PATH_MAX], *slash;
	uint64_t left = UINT64_MAX;
	int version;

	if (cgroup_folder(folder, sizeof(folder), &version))
		return left;
	/* A limit may be set at any level above. */
	while (strlen(folder) >= strlen("/sys/fs/cgroup")) {
		uint64_t max = read_number(folder, version == 2 ? "memory.max" : "memory.limit_in_bytes");
		uint64_t used = read_number(folder, version == 2 ? "memory.current" : "memory.usage_in_bytes");

		if (max != UINT64_MAX && used != UINT64_MAX) {
			uint64_t here = max > used ? max - used : 0;

			if (here < left)
				left = here;
		}
		slash = strrchr(folder, '/');
		if (!slash)
			break;
		*slash = 0;
	}
	return left;
}

uint64_t memory_available(const char **what)
{
	uint64_t host = mem_available(), group = cgroup_left();

	*what = group < host ? "this control group has left" : "the host has available";
	return group < host ? group : host;
}

static uint64_t count_kills(int fd)
{
	unsigned long long n = 0, value;
	struct lines lines;
	char line[256];

	lines_start(&lines, fd);
	while (lines_next(&lines, line, sizeof(line)))
		if (sscanf(line, "oom_kill %llu", &value) == 1)
			n += value;
	return n;
}

void memory_watch_kills(void)
{
	char folder[PATH_MAX], path[PATH_MAX + 64];
	int version;

	/* All of the host: also right where cgroups are not to be seen. */
	kills_of_host = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
	if (cgroup_folder(folder, sizeof(folder), &version))
		return;
	snprintf(path, sizeof(path), "%s/%s", folder, version == 2 ? "memory.events" : "memory.oom_control");
	kills_of_group = open(path, O_RDONLY | O_CLOEXEC);
}

uint64_t memory_oom_kills(void)
{
	return count_kills(kills_of_host) + count_kills(kills_of_group);
}

uint64_t memory_page_tables(void)
{
	unsigned long long pages;
	struct lines lines;
	char line[256];

	lines_start(&lines, kills_of_host);
	while (lines_next(&lines, line, sizeof(line)))
		if (sscanf(line, "nr_page_table_pages %llu", &pages) == 1)
			return pages * 4096;
	return 0;
}
