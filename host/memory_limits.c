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
#include "host/cgroup.h"
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

uint64_t memory_available(const char **what)
{
	uint64_t host = mem_available(), group = cgroup_left("memory");

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
	if (cgroup_folder("memory", folder, sizeof(folder), &version))
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
