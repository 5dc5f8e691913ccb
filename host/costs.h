/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_COSTS_H
#define HOST_COSTS_H

#include "host/base/error.h"

struct vm;

/** costs_start - watch over the guest's page tables from now on; 0, or -1 with @error */
int costs_start(struct vm *vm, struct error *error);

#endif
