// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where lol's own files are.  In a build tree everything lies beside the
 * executable; installed, the executable is in bin and the rest in lib/lol.
 *
 * Calls after start-up: none
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/config.h"

int config_find(char *path, unsigned long size, const char *const *names)
{
	static const char *const folders[] = { "", "../lib/lol/", "kernel-6.12/" };
	char self[PATH_MAX];
	unsigned int i, k;
	ssize_t length;
	char *slash;

	length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (length <= 0)
		return -1;
	self[length] = 0;
	slash = strrchr(self, '/');
	if (!slash)
		return -1;
	slash[1] = 0;
	for (i = 0; names[i]; i++) {
		for (k = 0; k < sizeof(folders) / sizeof(folders[0]); k++) {
			int n = snprintf(path, size, "%s%s%s", self, folders[k], names[i]);

			if (n > 0 && (unsigned long)n < size && !access(path, R_OK))
				return 0;
		}
	}
	return -1;
}
