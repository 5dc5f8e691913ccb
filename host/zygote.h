/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_ZYGOTE_H
#define HOST_ZYGOTE_H

#include "host/vm.h"

/** wedge_raise_oom_score - this process, and its children, are killed before the monitor when memory is short */
void wedge_raise_oom_score(void);

/**
 * wedge_exec - become the wedge, with nothing of the monitor's
 * @vm: the guest
 * @argv: how it is called
 * @fd: its descriptors, from LOL_FD_FILTERS on; no others stay
 * @n: their number, at most WEDGE_FDS
 */
void wedge_exec(struct vm *vm, char *const *argv, const int *fd, unsigned int n)
	__attribute__((noreturn));

/**
 * zygote_main - become the zygote, in a new process of the launcher's
 * @vm: for its descriptors
 * @monitor: the parent, in whose death it dies
 */
void zygote_main(struct vm *vm, pid_t monitor) __attribute__((noreturn));

#define WEDGE_FDS	8

#endif
