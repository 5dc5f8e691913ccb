/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_SITE_SERVICE_H
#define HOST_SITE_SERVICE_H

#include "host/vm.h"

/**
 * site_service_start - register and rewrite the sites of the loaded kernel
 * @vm: ready to run but for this
 * @error: gets the reason of failure
 *
 * Return: 0, or -1.
 */
int site_service_start(struct vm *vm, struct error *error);

/**
 * site_service - LOL_SERVICE_SITES
 * @vm: the guest
 * @arg: op, text, length, records, count; hostile
 *
 * Return: 0 or -errno as the service has it.
 */
int64_t site_service(struct vm *vm, const __u64 arg[5]);

#endif
