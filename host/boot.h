/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_BOOT_H
#define HOST_BOOT_H

#include "host/vm.h"

/**
 * boot_tables - build the page tables of the entry state
 * @vm: with the kernel loaded; vm->tables is filled in
 * @error: gets the reason of failure
 *
 * Return: 0, or -1.
 */
int boot_tables(struct vm *vm, struct error *error);

/**
 * boot_page - fill in the boot page and the first state of vCPU 0
 * @vm: with everything loaded, devices and clock included
 * @command_line: of the guest kernel
 * @error: gets the reason of failure
 *
 * Return: 0, or -1.
 */
int boot_page(struct vm *vm, const char *command_line, struct error *error);

#endif
