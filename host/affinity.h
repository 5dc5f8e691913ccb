/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_AFFINITY_H
#define HOST_AFFINITY_H

#include "host/vm.h"

/** affinity_apply - put the zygote, hence the spaces it makes, on the vCPU's host CPU */
void affinity_apply(struct vm *vm);

/** affinity_review - move all spaces if another CPU would be better; once a second */
void affinity_review(struct vm *vm);

/**
 * affinity_prefer_monitor - ask for short slices instead of a larger share
 *
 * The monitor runs briefly and is waited for.  Linux 6.12 and later let such a
 * task preempt others when it wakes; earlier ones ignore the request.
 */
void affinity_prefer_monitor(void);

/**
 * affinity_spread - K has rung: follow its wish for a second CPU, if one is spare
 * @vm: the guest
 */
void affinity_spread(struct vm *vm);

#endif
