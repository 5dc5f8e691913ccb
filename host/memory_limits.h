/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_MEMORY_LIMITS_H
#define HOST_MEMORY_LIMITS_H

#include <stdint.h>

/**
 * memory_available - what the host may give us at most, now
 * @what: gets the name of the tighter limit
 *
 * The smaller of MemAvailable and what is left in our memory cgroups (v1, v2).
 *
 * Return: bytes; UINT64_MAX where nothing is known.
 */
uint64_t memory_available(const char **what);

/** memory_watch_kills - open what memory_oom_kills() reads */
void memory_watch_kills(void);

/** memory_page_tables - bytes of page tables of all processes of the host; 0: it does not say */
uint64_t memory_page_tables(void);

/** memory_oom_kills - how many processes of the host and our cgroup were killed for want of memory */
uint64_t memory_oom_kills(void);

#endif
