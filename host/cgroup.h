/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_CGROUP_H
#define HOST_CGROUP_H

#include <stddef.h>
#include <stdint.h>

/**
 * cgroup_folder - where the host shows our control group
 * @controller: "memory" or "pids"
 * @path: gets the folder; @size bytes
 * @size: of @path
 * @version: gets 1 or 2
 *
 * Return: 0, or -1 where there is none.
 */
int cgroup_folder(const char *controller, char *path, size_t size, int *version);

/**
 * cgroup_left - what our control group, and those above it, have left
 * @controller: "memory" (bytes) or "pids" (threads)
 *
 * Return: the least of all levels; UINT64_MAX where there is no limit.
 */
uint64_t cgroup_left(const char *controller);

#endif
