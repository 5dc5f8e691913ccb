/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_FILTERS_H
#define HOST_FILTERS_H

#include "host/base/error.h"
#include "syscall-bridge/roles.h"

/**
 * filters_build - the filters of all roles, from the table
 * @filters: gets them
 * @error: gets the reason of failure
 *
 * Return: 0, or -1.
 */
int filters_build(struct lol_filters *filters, struct error *error);

/**
 * filters_make - the filters in a memfd whose content can never change; empty ones where the host has none
 * @error: gets the reason of failure
 *
 * Return: the descriptor, or -1.
 */
int filters_make(struct error *error);

#endif
