// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits of the control group that lol runs in, of version 1 or 2.  A limit may be
 * set at any level; in a container the levels above ours are not to be seen, and
 * our own may be the root of what is.
 *
 * Calls after start-up: none
 */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "host/cgroup.h"

#define ROOT	"/sys/fs/cgroup"

int cgroup_folder(const char *controller, char *path, size_t size, int *version)
{
	char line[PATH_MAX];
	FILE *file = fopen("/proc/self/cgroup", "re");
	int found = -1;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		char *controllers = strchr(line, ':'), *where;
		bool own;

		line[strcspn(line, "\n")] = 0;
		if (!controllers || !(where = strchr(controllers + 1, ':')))
			continue;
		*where++ = 0;
		own = strstr(controllers + 1, controller);
		/* version 2 has one line, which names none */
		if (controllers[1] && !own)
			continue;
		*version = own ? 1 : 2;
		snprintf(path, size, ROOT "%s%s%.*s", own ? "/" : "", own ? controller : "",
			 (int)size - 32, strcmp(where, "/") ? where : "");
		found = 0;
		if (own)
			break;
	}
	fclose(file);
	return found;
}

static uint64_t read_number(const char *folder, const char *controller, const char *name)
{
	unsigned long long n;
	char path[PATH_MAX + 64];
	uint64_t value = UINT64_MAX;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.%s", folder, controller, name);
	file = fopen(path, "re");
	if (!file)
		return UINT64_MAX;
	if (fscanf(file, "%llu", &n) == 1)
		value = n;
	fclose(file);
	return value;
}

uint64_t cgroup_left(const char *controller)
{
	char folder[PATH_MAX], *slash;
	uint64_t left = UINT64_MAX;
	int version;
	bool old;

	if (cgroup_folder(controller, folder, sizeof(folder), &version))
		return left;
	old = version == 1 && !strcmp(controller, "memory");
	while (strlen(folder) >= strlen(ROOT)) {
		uint64_t max = read_number(folder, controller, old ? "limit_in_bytes" : "max");
		uint64_t used = read_number(folder, controller, old ? "usage_in_bytes" : "current");

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
