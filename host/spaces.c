// SPDX-License-Identifier: GPL-2.0-only
/*
 * Space processes: a cache that may lose entries at any time.
 *
 * All are children of the monitor, made by the zygote.  Here the monitor takes a
 * READY one and gives it the baton: for the first start of the guest, and when
 * the holder was lost (reap.c).  Everything else is between the spaces.
 *
 * Slots are written by processes that run guest code, so nothing here trusts
 * them: a wrong slot can make the guest stop, never make the monitor signal or
 * wait for a stranger.
 *
 * Calls after start-up: futex[1=FUTEX_WAKE] waitid kill[1=SIGKILL]
 */
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
#include "host/run.h"
#include "host/spaces.h"
#include "mm-emulation/mm.h"

#define ROOT_MASK	0x000ffffffffff000ULL
#define PATIENCE	10000		/* short ticks to wait for a READY space */
#define STOPPED		50		/* short ticks for which a stopped zygote may be awaited */

void spaces_wake(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void spaces_wake_zygote(struct vm *vm)
{
	__atomic_fetch_add(&vm->state->wanted, 1, __ATOMIC_SEQ_CST);
	spaces_wake(&vm->state->wanted);
}

bool spaces_is_child(const struct vm *vm, pid_t pid)
{
	siginfo_t info = { 0 };

	return pid > 0 && pid != vm->launcher.pid &&
	       !waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) && !info.si_pid;
}

pid_t spaces_pid(struct vm *vm, uint32_t slot)
{
	pid_t pid;

	if (slot >= vm->state->max_spaces || slot >= LOL_MAX_SPACES)
		return -1;
	pid = __atomic_load_n(&lol_state_space(vm->state, slot)->pid, __ATOMIC_ACQUIRE);
#ifdef LOL_WEAK_CHILD	/* for tests/attack/defences: whoever the guest names */
	return pid;
#endif
	return spaces_is_child(vm, pid) ? pid : -1;
}

const char *spaces_refused(struct vm *vm, char *text, size_t size, int otherwise)
{
	int code = __atomic_load_n(&vm->state->fatal, __ATOMIC_RELAXED);
	char call[LOL_FATAL_CALL];

	log_printable(call, sizeof(call), (const char *)vm->state->fatal_call, LOL_FATAL_CALL - 1);
	if (code > 0 && code < 4096)
		snprintf(text, size, "the host refused %s: %s", call, strerror(code));
	else
		snprintf(text, size, "%s", otherwise ? strerror(otherwise) : "");
	return text;
}

/* Takes one READY slot that can run the guest kernel, -1 if there is none now. */
static int take_ready(struct vm *vm, uint64_t root)
{
	unsigned int slot, end = LOL_MAX_SPACES;

	if (lol_bridge_has_kernel(vm->config->bridge))
		end = LOL_KERNEL_SLOT + 1;
	for (slot = 0; slot < end && slot < vm->state->max_spaces; slot++) {
		struct lol_space *space = lol_state_space(vm->state, slot);
		uint32_t ready = LOL_SPACE_READY;

		if (__atomic_load_n(&space->state, __ATOMIC_ACQUIRE) != ready || spaces_pid(vm, slot) < 0)
			continue;
		if (!__atomic_compare_exchange_n(&space->state, &ready, LOL_SPACE_BOUND, false,
						 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			continue;
		space->root = root;
		space->vcpu = 0;
		spaces_wake_zygote(vm);
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
	spaces_wake_zygote(vm);
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

static bool is_stopped(pid_t pid)
{
	siginfo_t info = { 0 };

	return pid > 0 && !waitid(P_PID, pid, &info, WSTOPPED | WNOHANG | WNOWAIT) && info.si_pid;
}

/*
 * Somebody has stopped the zygote, or what it has made and waits for: others do as
 * well, which spaces_reap() takes care of.
 */
static void replace_stopped(struct vm *vm)
{
	unsigned int slot;
	pid_t pid;

	if (is_stopped(vm->zygote))
		spaces_kill_zygote(vm);
	for (slot = 0; slot < LOL_MAX_SPACES && slot < vm->state->max_spaces; slot++) {
		if (__atomic_load_n(&lol_state_space(vm->state, slot)->state, __ATOMIC_ACQUIRE) != LOL_SPACE_STARTING)
			continue;
		pid = spaces_pid(vm, slot);
		if (is_stopped(pid))
			kill(pid, SIGKILL);
	}
}

void spaces_review_tracer(struct vm *vm)
{
	bool stopped = vm->config->bridge == LOL_BRIDGE_PTRACE && is_stopped(vm->zygote);

	/* Not at once: perhaps all of lol is being continued just now. */
	if (stopped && vm->tracer_stopped)
		spaces_kill_zygote(vm);
	vm->tracer_stopped = stopped;
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
			spaces_wake(&space->turn);
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
	if (++vm->waited % STOPPED == 0)
		replace_stopped(vm);
	if (vm->waited > PATIENCE) {
		char why[128];

		vm_end(vm, VM_HOST, "no process for an address space of the guest could be made: %s",
		       spaces_refused(vm, why, sizeof(why), EAGAIN));
	}
}
