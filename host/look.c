// SPDX-License-Identifier: GPL-2.0-only
/*
 * A look at processes in /proc, by the launcher.
 *
 * Calls after start-up, in the monitor: none
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/look.h"

static void look_at_thread(struct look *look, pid_t pid, int thread)
{
	unsigned long long ran, waited;
	char path[96], letter;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", (int)pid, thread);
	file = fopen(path, "re");
	if (file && fscanf(file, "%llu %llu", &ran, &waited) == 2) {
		look->ran += ran;
		if (thread == pid)
			look->waited = waited;
	}
	if (file)
		fclose(file);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, thread);
	file = fopen(path, "re");
	if (file && fscanf(file, "%*d (%*[^)]) %c", &letter) == 1)
		look->waits |= letter == 'R' || letter == 'D';
	if (file)
		fclose(file);
}

static void look_once(struct look *look, pid_t pid)
{
	struct dirent *entry;
	char path[64];
	DIR *threads;

	memset(look, 0, sizeof(*look));
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	threads = opendir(path);
	while (threads && (entry = readdir(threads))) {
		int thread = atoi(entry->d_name);

		if (thread <= 0)
			continue;
		look_at_thread(look, pid, thread);
		if (look->nr_threads < LOOK_THREADS)
			look->thread[look->nr_threads++] = thread;
	}
	if (threads)
		closedir(threads);
}

void look(struct look *look, pid_t pid)
{
	struct look before;

	/* One thread may wake the other after that was looked at, and sleep when its turn comes. */
	look_once(&before, pid);
	look_once(look, pid);
	look->waits |= before.waits || before.ran != look->ran;
}

static uint64_t page_tables(int pid)
{
	unsigned long long kib = 0;
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmPTE: %llu", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib << 10;
}

uint64_t look_page_tables(pid_t parent, uint64_t enough)
{
	uint64_t sum = 0;
	char path[64];
	FILE *file;
	int pid;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	file = fopen(path, "re");
	while (file && sum <= enough && fscanf(file, "%d", &pid) == 1)
		if (pid != getpid())
			sum += page_tables(pid);
	if (file)
		fclose(file);
	return sum;
}
