/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_PROBE_H
#define HOST_PROBE_H

#include "host/base/error.h"

/** probe_required - is everything here that a guest cannot run without? 0 or -1 with @error */
int probe_required(struct error *error);

/** probe_print - "lol probe": a table of what the host has; returns an exit status */
int probe_print(void);

#endif
