/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_HUGE_H
#define HOST_HUGE_H

#include "host/base/error.h"

struct vm;

/** huge_start - look after huge pages from now on; 0, or -1 with @error */
int huge_start(struct vm *vm, struct error *error);

#endif
