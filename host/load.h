/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_LOAD_H
#define HOST_LOAD_H

#include "host/vm.h"

/**
 * load_kernel - load the guest kernel into guest RAM
 * @vm: with RAM; vm->image is filled in
 * @path: file
 * @error: gets the reason of failure, with the file's name
 *
 * Return: 0, or -1.
 */
int load_kernel(struct vm *vm, const char *path, struct error *error);

/**
 * load_initrd - place the initial file system high in guest RAM
 * @vm: with the kernel and page tables placed; vm->initrd is filled in
 * @path: file, or NULL for none
 * @extra: a second archive to go behind it, or NULL
 * @extra_size: bytes of it
 * @error: gets the reason of failure
 *
 * The kernel unpacks archives that follow one another, each 4-byte aligned with
 * zeroes between.  Return: 0, or -1.
 */
int load_initrd(struct vm *vm, const char *path, const void *extra, size_t extra_size,
		struct error *error);

#endif
