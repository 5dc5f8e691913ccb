/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_GIVE_BACK_H
#define HOST_GIVE_BACK_H

#include "host/vm.h"

/**
 * give_back - LOL_SERVICE_GIVE_BACK: the guest has no use for what is in these ranges
 * @vm: the guest
 * @ranges: struct lol_range, unaligned, hostile; of LOL_EXIT_TEXT bytes
 * @count: of them, hostile
 *
 * Return: 0 or -EINVAL, for the vCPU.
 */
uint64_t give_back(struct vm *vm, const char *ranges, uint64_t count);

/** give_back_all - nothing of the guest will run any more: the host gets all of its RAM */
void give_back_all(struct vm *vm);

#endif
