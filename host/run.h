/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_RUN_H
#define HOST_RUN_H

#include "host/vm.h"

/**
 * run_vm - run a guest that has been loaded, until it ends
 * @vm: the guest
 * @error: gets the reason of a failure of the loop itself
 *
 * Return: 0, or -1.
 */
int run_vm(struct vm *vm, struct error *error);

/** run_answer - complete the request of vCPU 0 with @result */
void run_answer(struct vm *vm, uint64_t result);

/** run_tick_short - ticks of a millisecond while something waits, else of a second */
void run_tick_short(struct vm *vm, bool on);

/** run_forget_signals - those that have come and were not read */
void run_forget_signals(struct vm *vm);

/** run_signals - the signals that the loop takes; blocked from the start of main() */
void run_signals(sigset_t *set);

#endif
