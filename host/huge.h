/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_HUGE_H
#define HOST_HUGE_H

#include <stdint.h>

#include "host/base/error.h"

struct vm;

/** huge_start - look after huge pages from now on; 0, or -1 with @error */
int huge_start(struct vm *vm, struct error *error);

/** huge_review - once a second: look again soon if the guest has been busy */
void huge_review(struct vm *vm);

/**
 * huge_forget - blocks were emptied: they may be collapsed again when the guest has filled them
 * @vm: the guest
 * @start: guest-physical, multiple of 2 MiB
 * @size: multiple of 2 MiB
 */
void huge_forget(struct vm *vm, uint64_t start, uint64_t size);

#endif
