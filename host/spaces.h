/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_SPACES_H
#define HOST_SPACES_H

#include <sys/types.h>

#include "host/vm.h"

/** spaces_find_wedge - open the wedge's program file; 0 or -1 with @error */
int spaces_find_wedge(struct vm *vm, struct error *error);

/** spaces_start_zygote - start the process that makes spaces; 0 or -1 with @error */
int spaces_start_zygote(struct vm *vm, struct error *error);

/**
 * spaces_pid - the process of a slot
 * @vm: the guest
 * @slot: hostile
 *
 * Return: the id of our own, not yet reaped child, or -1.
 */
pid_t spaces_pid(struct vm *vm, uint32_t slot);

/** spaces_is_child - is it a child of ours that runs, and not the launcher? */
bool spaces_is_child(const struct vm *vm, pid_t pid);

/** spaces_wake - wake all who wait for a word of the shared state to change */
void spaces_wake(uint32_t *word);

/** spaces_wake_zygote - it shall look at the slots */
void spaces_wake_zygote(struct vm *vm);

/** spaces_pass_baton - vcpu->regs hold the context: some space shall take it, soon */
void spaces_pass_baton(struct vm *vm);

/** spaces_want - a vCPU has no space to go to: answer its request when there is one */
void spaces_want(struct vm *vm);

/**
 * spaces_refused - what stopped a process that runs the wedge
 * @vm: the guest
 * @text: buffer of @size bytes
 * @size: of @text
 * @otherwise: errno, or 0, if none has said so
 *
 * Return: @text, "the host refused CALL: ERROR" or the error alone or "".
 */
const char *spaces_refused(struct vm *vm, char *text, size_t size, int otherwise);

/** spaces_poll - try again what waits for a READY space */
void spaces_poll(struct vm *vm);

/** spaces_reap - after SIGCHLD: account for every child that has ended */
void spaces_reap(struct vm *vm);

/** spaces_review - finish what a killed process may have left half done; once a second */
void spaces_review(struct vm *vm);

/**
 * spaces_review_tracer - replace the tracer if somebody has stopped it; once a second
 *
 * What it traces ends with it: a task of the guest that ran is lost, nobody else.
 */
void spaces_review_tracer(struct vm *vm);

/** spaces_kill_all - end and reap every child, spaces a few at a time */
void spaces_kill_all(struct vm *vm);

/** spaces_kill_zygote - end it: with the tracer end the spaces, and before it, a few at a time */
void spaces_kill_zygote(struct vm *vm);

/**
 * spaces_silent - a space of the split bridge did not answer in time
 * @vm: the guest
 * @slot: of the space, hostile
 * @certain: it has done what no space does: no further patience
 * @what: the same while it is the same silence
 *
 * Kills it, unless the host has not let it run.
 *
 * Return: whether it is gone.
 */
bool spaces_silent(struct vm *vm, uint32_t slot, bool certain, uint64_t what);

#endif
