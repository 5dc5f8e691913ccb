/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_AFFINITY_H
#define HOST_AFFINITY_H

#include "host/vm.h"

/** affinity_apply - choose the vCPU's host CPU, go there, and tell the spaces to */
void affinity_apply(struct vm *vm);

/** affinity_child - in the child that becomes the zygote: use any CPU again */
void affinity_child(struct vm *vm);

/** affinity_review - move all spaces if another CPU would be better; once a second */
void affinity_review(struct vm *vm);

/**
 * affinity_prefer_monitor - let the monitor run when it is waited for
 *
 * It asks for short slices, which make a task preempt others when it wakes, not
 * for a larger share.  Linux 6.12 and later know such a thing.
 *
 * Return: by how much spaces are to be nicer than the monitor; elsewhere that is
 * what helps.
 */
int affinity_prefer_monitor(void);

/**
 * affinity_spread - K has rung: follow its wish for a second CPU, if one is spare
 * @vm: the guest
 */
void affinity_spread(struct vm *vm);

#endif
