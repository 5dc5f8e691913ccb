/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_NAMESPACES_H
#define HOST_NAMESPACES_H

#include "host/vm.h"

/* All that a guest's processes get of their own. */
#define NAMESPACES	(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWUTS)

/**
 * namespaces_make - make the guest's namespaces, and the process that holds them
 * @vm: init and init_fd are set, or 0 and -1 where the host refuses
 */
void namespaces_make(struct vm *vm);

/**
 * namespaces_join - enter them, as far as the host lets us
 * @vm: the guest
 *
 * Of process ids only the children of the caller do.  Clears PR_SET_PDEATHSIG.
 */
void namespaces_join(struct vm *vm);

#endif
