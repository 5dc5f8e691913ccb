/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_AFFINITY_H
#define HOST_AFFINITY_H

#include "host/vm.h"

/** affinity_start - before the monitor confines itself */
void affinity_start(void);

/** affinity_apply - choose the vCPU's host CPU and tell the spaces; they go there themselves */
void affinity_apply(struct vm *vm);

/** affinity_review - move all spaces if another CPU would be better; once a second */
void affinity_review(struct vm *vm);

/**
 * affinity_spread - K has rung: follow its wish for a second CPU, if one is spare
 * @vm: the guest
 */
void affinity_spread(struct vm *vm);

#endif
