// SPDX-License-Identifier: GPL-2.0-only
/*
 * Space processes: a cache that may lose entries at any time.
 *
 * All are children of the monitor, made by the zygote.  When one ends:
 *
 *	it did not hold the baton	its slot becomes free; the vCPU takes a new
 *					space when it wants that root again
 *	it held the baton,
 *	  but had not yet taken the	another space gets the same root and the
 *	  context (regs_valid)		baton; the guest notices nothing
 *	  and ran guest user code	the registers are lost: another space gets
 *					the baton with machine_check set, and the
 *					guest's task is killed by vector 18
 *	  and ran the guest kernel	the guest ends, with that message
 *
 * The first start of the guest is the second case.  Slots are written by
 * processes that run guest code, so nothing here trusts them: a wrong slot can
 * make the guest stop, never make the monitor signal or wait for a stranger.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/base/log.h"
#include "host/memory_limits.h"
#include "host/run.h"
#include "host/spaces.h"
#include "mm-emulation/mm.h"

#define ROOT_MASK	0x000ffffffffff000ULL
#define NO_SLOT		LOL_MAX_SPACES
#define MONITOR_OWNER	(LOL_MAX_SPACES + 1)
#define ZYGOTE_DEATHS	8		/* without a space made: give up */
#define PATIENCE	10000		/* short ticks to wait for a READY space */

static void futex_wake(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static bool is_child(pid_t pid)
{
	siginfo_t info = { 0 };

	return pid > 0 && !waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) && !info.si_pid;
}

pid_t spaces_pid(struct vm *vm, uint32_t slot)
{
	pid_t pid;

	if (slot >= vm->state->max_spaces || slot >= LOL_MAX_SPACES)
		return -1;
	pid = __atomic_load_n(&lol_state_space(vm->state, slot)->pid, __ATOMIC_ACQUIRE);
	return is_child(pid) ? pid : -1;
}

/* Takes one READY slot, -1 if there is none now. */
static int take_ready(struct vm *vm, uint64_t root)
{
	unsigned int slot;

	for (slot = 0; slot < LOL_MAX_SPACES && slot < vm->state->max_spaces; slot++) {
		struct lol_space *space = lol_state_space(vm->state, slot);
		uint32_t ready = LOL_SPACE_READY;

		if (__atomic_load_n(&space->state, __ATOMIC_ACQUIRE) != ready || spaces_pid(vm, slot) < 0)
			continue;
		if (!__atomic_compare_exchange_n(&space->state, &ready, LOL_SPACE_BOUND, false,
						 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			continue;
		space->root = root;
		space->vcpu = 0;
		/* Nobody else runs now; a lock left behind is freed by lost_space(). */
		mm_flush_reset(vm->state, space, MONITOR_OWNER);
		__atomic_fetch_add(&vm->state->wanted, 1, __ATOMIC_SEQ_CST);
		futex_wake(&vm->state->wanted);
		return slot;
	}
	return -1;
}

static bool any_ready(struct vm *vm)
{
	unsigned int slot;

	for (slot = 0; slot < LOL_MAX_SPACES && slot < vm->state->max_spaces; slot++)
		if (__atomic_load_n(&lol_state_space(vm->state, slot)->state, __ATOMIC_ACQUIRE) == LOL_SPACE_READY)
			return true;
	return false;
}

static void ask_for_spaces(struct vm *vm)
{
	__atomic_fetch_add(&vm->state->wanted, 1, __ATOMIC_SEQ_CST);
	futex_wake(&vm->state->wanted);
	vm->waited = 0;
	run_tick_short(vm, true);
	spaces_poll(vm);
}

void spaces_pass_baton(struct vm *vm)
{
	vm->baton_waits = true;
	ask_for_spaces(vm);
}

void spaces_want(struct vm *vm)
{
	vm->space_wanted = true;
	ask_for_spaces(vm);
}

void spaces_poll(struct vm *vm)
{
	struct lol_vcpu *vcpu = vm_vcpu(vm);

	if (vm->baton_waits) {
		int slot = take_ready(vm, vcpu->cr3 & ROOT_MASK);

		if (slot >= 0) {
			struct lol_space *space = lol_state_space(vm->state, slot);

			vm->baton_waits = false;
			/* A kick that the old holder did not see is not lost: it tests pending. */
			__atomic_store_n(&vcpu->kicked, 0, __ATOMIC_SEQ_CST);
			__atomic_store_n(&vcpu->holder, slot, __ATOMIC_SEQ_CST);
			__atomic_fetch_add(&space->turn, 1, __ATOMIC_SEQ_CST);
			futex_wake(&space->turn);
		}
	}
	if (vm->space_wanted && any_ready(vm)) {
		vm->space_wanted = false;
		run_answer(vm, 0);
	}
	if (!vm->baton_waits && !vm->space_wanted) {
		run_tick_short(vm, false);
		return;
	}
	if (++vm->waited > PATIENCE) {
		int code = __atomic_load_n(&vm->state->fatal, __ATOMIC_RELAXED);

		vm_end(vm, VM_HOST, "no process for an address space of the guest could be made: %s",
		       strerror(code > 0 && code < 4096 ? code : EAGAIN));
	}
}

static void lost_holder(struct vm *vm, pid_t pid, const char *how)
{
	struct lol_vcpu *vcpu = vm_vcpu(vm);
	int code = __atomic_load_n(&vm->state->fatal, __ATOMIC_RELAXED);

	__atomic_store_n(&vcpu->exit.state, LOL_EXIT_IDLE, __ATOMIC_SEQ_CST);
	vcpu->holder = NO_SLOT;
	if (vm->space_wanted)
		vm->space_wanted = false;
	if (__atomic_load_n(&vcpu->regs_valid, __ATOMIC_SEQ_CST)) {
		spaces_pass_baton(vm);
	} else if (vcpu->cpl == 3) {
		memset(&vcpu->regs, 0, sizeof(vcpu->regs));
		vcpu->machine_check = 1;
		vcpu->regs_valid = 1;
		spaces_pass_baton(vm);
	} else if (memory_oom_kills(vm) > vm->oom_kills) {
		vm_end(vm, VM_HOST, "the host ran out of memory and killed space process %d while it ran the guest kernel",
		       (int)pid);
	} else if (code > 0 && code < 4096) {
		vm_end(vm, VM_HOST, "space process %d gave up: %s", (int)pid, strerror(code));
	} else {
		vm_end(vm, VM_HOST, "space process %d was killed while it ran the guest kernel (%s)",
		       (int)pid, how);
	}
}

static void lost_space(struct vm *vm, pid_t pid, const char *how)
{
	unsigned int slot;

	for (slot = 0; slot < LOL_MAX_SPACES; slot++) {
		struct lol_space *space = lol_state_space(vm->state, slot);

		if ((pid_t)__atomic_load_n(&space->pid, __ATOMIC_ACQUIRE) != pid)
			continue;
		if (__atomic_load_n(&space->state, __ATOMIC_ACQUIRE) == LOL_SPACE_FREE)
			continue;
		mm_flush_owner_died(vm->state, LOL_MAX_SPACES, slot + 1);
		space->pid = 0;
		space->root = 0;
		__atomic_store_n(&space->state, LOL_SPACE_FREE, __ATOMIC_SEQ_CST);
		/* The zygote may be waiting for a free slot. */
		__atomic_fetch_add(&vm->state->wanted, 1, __ATOMIC_SEQ_CST);
		futex_wake(&vm->state->wanted);
		if (__atomic_load_n(&vm_vcpu(vm)->holder, __ATOMIC_SEQ_CST) == slot && !vm->baton_waits)
			lost_holder(vm, pid, how);
		return;
	}
}

/* Slots that the zygote had begun to fill when it died. */
static void free_unborn(struct vm *vm)
{
	unsigned int slot;

	for (slot = 0; slot < LOL_MAX_SPACES; slot++) {
		struct lol_space *space = lol_state_space(vm->state, slot);

		if (__atomic_load_n(&space->state, __ATOMIC_ACQUIRE) == LOL_SPACE_STARTING &&
		    !is_child(space->pid))
			__atomic_store_n(&space->state, LOL_SPACE_FREE, __ATOMIC_SEQ_CST);
	}
}

static void lost_zygote(struct vm *vm, const char *how)
{
	static uint32_t made_before;
	uint32_t made = __atomic_load_n(&vm->state->made, __ATOMIC_RELAXED);
	int code = __atomic_load_n(&vm->state->fatal, __ATOMIC_RELAXED);
	struct error error;

	vm->zygote = 0;
	if (made != made_before)
		vm->zygote_deaths = 0;
	made_before = made;
	if (++vm->zygote_deaths > ZYGOTE_DEATHS) {
		vm_end(vm, VM_HOST, "the wedge does not run here (%s%s%s)", how, code > 0 ? ": " : "",
		       code > 0 && code < 4096 ? strerror(code) : "");
		return;
	}
	free_unborn(vm);
	if (spaces_start_zygote(vm, &error))
		vm_end(vm, VM_HOST, "%s", error.text);
}

void spaces_reap(struct vm *vm)
{
	for (;;) {
		siginfo_t info = { 0 };
		char how[64];

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) || !info.si_pid)
			return;
		if (info.si_code == CLD_EXITED)
			snprintf(how, sizeof(how), "exit status %d", info.si_status);
		else
			snprintf(how, sizeof(how), "signal %d, %s", info.si_status, strsignal(info.si_status));
		if (info.si_pid == vm->zygote)
			lost_zygote(vm, how);
		else
			lost_space(vm, info.si_pid, how);
	}
}

void spaces_kill_all(struct vm *vm)
{
	siginfo_t info;
	unsigned int rounds;

	/*
	 * Every child is in the process group of some zygote.  A group whose
	 * members are our children cannot be a stranger's.  The group is killed
	 * first as a whole, which a fork in progress cannot escape.
	 */
	vm->zygote = 0;
	for (rounds = 0; rounds < 100000; rounds++) {
		unsigned int slot;
		pid_t group;

		memset(&info, 0, sizeof(info));
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG)) {
			if (errno == ECHILD)
				return;
			continue;
		}
		if (info.si_pid)
			continue;
		for (slot = 0; slot <= LOL_MAX_SPACES; slot++) {
			pid_t pid = slot == LOL_MAX_SPACES ? (pid_t)vm->state->zygote :
				(pid_t)lol_state_space(vm->state, slot)->pid;

			if (!is_child(pid))
				continue;
			group = getpgid(pid);
			if (group > 1 && group != getpgrp())
				kill(-group, SIGKILL);
			kill(pid, SIGKILL);
		}
		waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
	}
}
