// SPDX-License-Identifier: GPL-2.0-only
/* A monitor that does not look at the page tables of its guest's processes. */
#include "host/costs.h"

int __wrap_costs_start(struct vm *vm, struct error *error);

int __wrap_costs_start(struct vm *vm, struct error *error)
{
	(void)vm;
	(void)error;
	return 0;
}
