/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_DEV_RNG_H
#define HOST_DEV_RNG_H

#include "host/vm.h"

/** rng_make - add a virtio entropy device to the machine; 0 or -1 with @error */
int rng_make(struct vm *vm, struct error *error);

#endif
