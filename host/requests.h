/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_REQUESTS_H
#define HOST_REQUESTS_H

#include "host/vm.h"

/** requests_serve - handle the request of the vCPU, if it has one */
void requests_serve(struct vm *vm);

/**
 * requests_translate - guest-virtual to monitor's pointer, for data the guest names
 * @vm: the guest; the address is the guest kernel's, in its current root
 * @va: guest-virtual
 * @write: it will be written
 * @length: gets how many bytes from there lie in the same page
 *
 * Return: the pointer, or NULL where the guest has nothing mapped.
 */
void *requests_translate(struct vm *vm, uint64_t va, bool write, uint64_t *length);

#endif
