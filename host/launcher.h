/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_LAUNCHER_H
#define HOST_LAUNCHER_H

#include "host/look.h"
#include "host/vm.h"

/**
 * launcher_make - start the process that does what the monitor soon cannot
 * @vm: with all descriptors that spaces have
 * @error: gets the reason of failure
 *
 * Return: 0, or -1.
 */
int launcher_make(struct vm *vm, struct error *error);

/** launcher_zygote - start a zygote as a child of this process; its id, or -1 with errno (ESRCH: it is dead) */
pid_t launcher_zygote(struct vm *vm);

/**
 * launcher_look - have a look at a process
 * @vm: the guest
 * @pid: the process
 * @look: gets the answer; zeros if there is none in time
 *
 * Return: whether there was an answer.
 */
bool launcher_look(struct vm *vm, pid_t pid, struct look *look);

/**
 * launcher_page_tables - how much host memory the page tables of the guest's processes take
 * @vm: the guest
 * @enough: bytes from which on it does not matter any more
 * @bytes: gets the answer
 *
 * Return: whether there was an answer.
 */
bool launcher_page_tables(struct vm *vm, uint64_t enough, uint64_t *bytes);

/** launcher_lost - it has ended and was reaped */
void launcher_lost(struct vm *vm);

/** launcher_end - end it; it remains to be reaped */
void launcher_end(struct vm *vm);

#endif
