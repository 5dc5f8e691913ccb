/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_VCPU_H
#define HOST_VCPU_H

#include <stdint.h>

#include "syscall-bridge/state.h"

struct vm;

/** vcpu_xsave_mask - state components that the guest may save and restore */
uint64_t vcpu_xsave_mask(void);

/** vcpu_xsave_size - bytes of an XSAVE area in standard format for @mask */
uint32_t vcpu_xsave_size(uint64_t mask);

/**
 * vcpu_reset - the state in which a guest kernel is entered
 * @vcpu: its page
 * @entry: guest-virtual
 * @root: guest-physical, of the page tables
 * @argument: for rsi
 */
void vcpu_reset(struct lol_vcpu *vcpu, uint64_t entry, uint64_t root, uint64_t argument);

/**
 * vcpu_raise - make an interrupt vector pending and kick the vCPU
 * @vm: the guest
 * @vector: 32 .. 255
 */
void vcpu_raise(struct vm *vm, unsigned int vector);

#endif
