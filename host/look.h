/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_LOOK_H
#define HOST_LOOK_H

#include <stdint.h>
#include <sys/types.h>

#define LOOK_THREADS	4	/* of which the ids are told; a space has two */

/* What the host says of a process. */
struct look {
	uint64_t ran;		/* ns on a CPU, all threads */
	uint64_t waited;	/* ns that its first thread waited for one */
	uint32_t waits;		/* a thread waits for a CPU or the host's disk, or has just run */
	uint32_t nr_threads;	/* of thread[] */
	int32_t thread[LOOK_THREADS];
};

/**
 * look - read what /proc says of a process
 * @look: gets the answer; zeros where nothing is known
 * @pid: any
 *
 * Not in the monitor, which opens no files: see launcher_look().
 */
void look(struct look *look, pid_t pid);

/**
 * look_page_tables - add up the page tables of a process's children
 * @parent: it has one thread
 * @enough: bytes from which on it does not matter any more
 *
 * The caller is one of the children and does not count.  Not in the monitor: see
 * launcher_page_tables().
 *
 * Return: bytes; 0 where /proc does not tell.
 */
uint64_t look_page_tables(pid_t parent, uint64_t enough);

#endif
