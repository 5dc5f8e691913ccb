// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ends of child processes.
 *
 *	a space without the baton	its slot becomes free; the vCPU takes a new
 *					space when it wants that root again
 *	the one with the baton,
 *	  but it had not yet taken the	another space gets the same root and the
 *	  context (regs_valid)		baton; the guest notices nothing
 *	  and it ran guest user code	the registers are lost: another space gets
 *					the baton with machine_check set, and the
 *					guest's task is killed by vector 18
 *	  and it ran the guest kernel	the guest ends, with that message
 *	the zygote			is started again
 *	the first of the namespaces	the host kills all others with it, and the
 *					guest ends
 *
 * With the split bridge the guest kernel runs in one process, whose end is the
 * guest's.  All others are spaces; it finds out itself that one is gone, and is
 * only woken here.
 *
 * Calls after start-up: waitid kill[1=SIGKILL]
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "host/base/log.h"
#include "host/give_back.h"
#include "host/launcher.h"
#include "host/memory_limits.h"
#include "host/spaces.h"
#include "mm-emulation/mm.h"
#include "syscall-bridge/handoff.h"

#define NO_SLOT		LOL_MAX_SPACES
#define SILENT_RUN	2000000		/* ns of CPU in which a space could have answered */
#define SILENT_GUILTY	3		/* complaints when it could have, until it is killed */
#define SILENT_TIMES	500		/* complaints until it is killed in any case: some 5 s */
#define ZYGOTE_DEATHS	8		/* without a space made: give up */

/* K may wait for an answer of the space in this slot. */
static void wake_kernel(struct vm *vm, unsigned int slot)
{
	uint8_t *piece = vm->handoffs + (uint64_t)slot * LOL_HANDOFF_STRIDE;

	spaces_wake(&((struct lol_handoff *)piece)->leave);
	spaces_wake(&((struct lol_done *)(piece + LOL_HANDOFF_DONE))->sequence);
}

/*
 * Kicks are K's as long as it has not seen that the space is gone.  They must not
 * reach the next process in its slot, whose signal frame would lie on vector state
 * that K may still need.
 */
static void kicks_to_kernel(struct vm *vm, uint32_t slot)
{
	__atomic_compare_exchange_n(&vm_vcpu(vm)->holder, &slot, LOL_KERNEL_SLOT, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
}

static void lost_holder(struct vm *vm, pid_t pid, const char *how)
{
	struct lol_vcpu *vcpu = vm_vcpu(vm);
	bool split = lol_bridge_has_kernel(vm->config->bridge);
	int code = __atomic_load_n(&vm->state->fatal, __ATOMIC_RELAXED);
	char why[128];

	__atomic_store_n(&vcpu->exit.state, LOL_EXIT_IDLE, __ATOMIC_SEQ_CST);
	vcpu->holder = NO_SLOT;
	vm->space_wanted = vm->write_held = false;	/* its request died with it */
	if (__atomic_load_n(&vcpu->regs_valid, __ATOMIC_SEQ_CST)) {
		spaces_pass_baton(vm);
		return;
	}
	if (vcpu->cpl == 3 && !split) {
		if (memory_oom_kills() > vm->oom_kills) {
			vm->oom_kills = memory_oom_kills();
			log_line("warning: the host ran out of memory and killed a process of the guest");
		}
		memset(&vcpu->regs, 0, sizeof(vcpu->regs));
		vcpu->machine_check = 1;
		vcpu->regs_valid = 1;
		spaces_pass_baton(vm);
		return;
	}
	/* The guest ends, and a host that is short of memory could take us next. */
	give_back_all(vm);
	if (memory_oom_kills() > vm->oom_kills)
		vm_end(vm, VM_HOST, "the host ran out of memory and killed space process %d while it ran the guest kernel",
		       (int)pid);
	else if (code > 0 && code < 4096)
		vm_end(vm, VM_HOST, "%s", spaces_refused(vm, why, sizeof(why), 0));
	else
		vm_end(vm, VM_HOST, "space process %d was killed while it ran the guest kernel (%s)",
		       (int)pid, how);
}

/*
 * A process that was killed may have been in the middle of something that its
 * successors wait for.  Everything here takes a running process microseconds; so
 * what looks the same at two ticks, a second apart, will not change any more.
 */
static struct {
	unsigned int ticks;	/* still to look at, after a kill */
	uint32_t holder, turn;
	bool untaken;		/* at the last tick a hand-over to holder was under way */
	struct {
		uint32_t state;
		pid_t pid;
	} slot[LOL_MAX_SPACES];
} stuck;

static void wake_turn(struct lol_space *space)
{
	__atomic_fetch_add(&space->turn, 1, __ATOMIC_SEQ_CST);
	spaces_wake(&space->turn);
}

/*
 * The baton was announced but never passed, or to a process whose end had been seen
 * when it was not yet the holder.
 */
static void review_hand_over(struct vm *vm)
{
	struct lol_vcpu *vcpu = vm_vcpu(vm);
	uint32_t holder = __atomic_load_n(&vcpu->holder, __ATOMIC_SEQ_CST), turn = 0;
	bool untaken = false;

	if (!vm->baton_waits && holder < LOL_MAX_SPACES &&
	    __atomic_load_n(&vcpu->regs_valid, __ATOMIC_SEQ_CST)) {
		struct lol_space *space = lol_state_space(vm->state, holder);

		untaken = true;
		turn = __atomic_load_n(&space->turn, __ATOMIC_SEQ_CST);
		if (stuck.untaken && stuck.holder == holder && stuck.turn == turn) {
			if (__atomic_load_n(&space->state, __ATOMIC_SEQ_CST) == LOL_SPACE_BOUND)
				wake_turn(space);
			else
				spaces_pass_baton(vm);
			untaken = false;
		}
	}
	stuck.untaken = untaken;
	stuck.holder = holder;
	stuck.turn = turn;
}

/* vCPUs wake it for several at once. */
static void review_retired(struct vm *vm)
{
	static uint32_t seen;
	uint32_t retired = __atomic_load_n(&vm->state->retired, __ATOMIC_RELAXED);

	if (retired != seen)
		spaces_wake_zygote(vm);
	seen = retired;
}

void spaces_review(struct vm *vm)
{
	unsigned int slot;

	review_retired(vm);
	if (!stuck.ticks)
		return;
	stuck.ticks--;
	review_hand_over(vm);
	for (slot = 0; slot < LOL_MAX_SPACES; slot++) {
		struct lol_space *space = lol_state_space(vm->state, slot);
		uint32_t state = __atomic_load_n(&space->state, __ATOMIC_ACQUIRE);
		pid_t pid = space->pid;

		if (state == stuck.slot[slot].state && pid == stuck.slot[slot].pid) {
			if (state == LOL_SPACE_DYING && spaces_pid(vm, slot) > 0)	/* but not told */
				kill(pid, SIGKILL);
			else if (state == LOL_SPACE_TAKEN)	/* but never bound */
				__atomic_compare_exchange_n(&space->state, &state, spaces_is_child(vm, pid) ? LOL_SPACE_READY :
							    LOL_SPACE_FREE, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
		}
		stuck.slot[slot].state = state;
		stuck.slot[slot].pid = pid;
	}
}

static void lost_space(struct vm *vm, pid_t pid, bool orderly, const char *how)
{
	int code = __atomic_load_n(&vm->state->fatal, __ATOMIC_RELAXED);
	bool split = lol_bridge_has_kernel(vm->config->bridge);
	unsigned int slot;
	char why[128];

	for (slot = 0; slot < LOL_MAX_SPACES; slot++) {
		struct lol_space *space = lol_state_space(vm->state, slot);
		bool held;

		if ((pid_t)__atomic_load_n(&space->pid, __ATOMIC_ACQUIRE) != pid)
			continue;
		if (__atomic_load_n(&space->state, __ATOMIC_ACQUIRE) == LOL_SPACE_FREE)
			continue;
		/* Made again and again, each would end the same way, unless room is made for it. */
		if (code > 0 && code < 4096 && code != EAGAIN && space->state != LOL_SPACE_BOUND && ++vm->zygote_deaths > ZYGOTE_DEATHS)
			vm_end(vm, VM_HOST, "processes for address spaces of the guest cannot be made here: %s",
			       spaces_refused(vm, why, sizeof(why), 0));
		/* One that was told to go held no lock; looking at all slots is slow. */
		if (!orderly) {
			mm_flush_owner_died(vm->state, LOL_MAX_SPACES, slot + 1);
			stuck.ticks = 3;
		}
		/* To be known before the slot is free: it may at once have a new process. */
		held = !vm->baton_waits &&
		       (split || __atomic_load_n(&vm_vcpu(vm)->holder, __ATOMIC_SEQ_CST) == slot);
		if (split)
			kicks_to_kernel(vm, slot);
		space->pid = 0;
		space->root = 0;
		mm_charge(vm->state, space, 0);
		__atomic_store_n(&space->state, LOL_SPACE_FREE, __ATOMIC_SEQ_CST);
		if (!orderly || __atomic_load_n(&vm->state->slot_wanted, __ATOMIC_SEQ_CST))
			spaces_wake_zygote(vm);
		if (split && slot != LOL_KERNEL_SLOT)
			wake_kernel(vm, slot);
		else if (held)
			lost_holder(vm, pid, how);
		return;
	}
}

/* Slots that the zygote had begun to fill when it died, and processes that nobody waits for any more. */
static void free_unborn(struct vm *vm)
{
	unsigned int slot;

	for (slot = 0; slot < LOL_MAX_SPACES; slot++) {
		struct lol_space *space = lol_state_space(vm->state, slot);

		pid_t pid = space->pid;

		if (__atomic_load_n(&space->state, __ATOMIC_ACQUIRE) != LOL_SPACE_STARTING)
			continue;
		if (spaces_is_child(vm, pid))
			kill(pid, SIGKILL);
		else
			__atomic_store_n(&space->state, LOL_SPACE_FREE, __ATOMIC_SEQ_CST);
	}
}

static void lost_zygote(struct vm *vm, const char *how)
{
	static uint32_t made_before;
	uint32_t made = __atomic_load_n(&vm->state->made, __ATOMIC_RELAXED);
	struct error error;
	char why[128];

	vm->zygote = 0;
	if (made != made_before)
		vm->zygote_deaths = 0;
	made_before = made;
	if (++vm->zygote_deaths > ZYGOTE_DEATHS) {
		vm_end(vm, VM_HOST, "the wedge does not run here (%s)",
		       *spaces_refused(vm, why, sizeof(why), 0) ? why : how);
		return;
	}
	mm_flush_owner_died(vm->state, LOL_MAX_SPACES, LOL_ZYGOTE_SLOT + 1);
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
		if (info.si_pid == vm->launcher.pid)
			launcher_lost(vm);
		else if (info.si_pid == vm->zygote)
			lost_zygote(vm, how);
		else if (info.si_pid == vm->init && info.si_code == CLD_EXITED)
			vm_end(vm, VM_HOST, "the wedge does not run here (%s)", how);
		else if (info.si_pid == vm->init)
			vm_end(vm, VM_HOST, "process %d was killed, which held the guest's namespaces (%s)",
			       (int)info.si_pid, how);
		else
			lost_space(vm, info.si_pid, info.si_code == CLD_EXITED && !info.si_status, how);
	}
}

bool spaces_silent(struct vm *vm, uint32_t slot, bool certain, uint64_t what)
{
	pid_t pid = slot == LOL_KERNEL_SLOT ? -1 : spaces_pid(vm, slot);
	struct look look;
	siginfo_t info;
	bool seen, waits;

	if (pid <= 0 || pid == vm->zygote)
		return true;	/* gone already, or no space at all */
	seen = launcher_look(vm, pid, &look);
	/* Where the launcher does not get to answer, it may be the same with the space. */
	waits = !seen || look.waits;
	if (pid != vm->silent.pid || what != vm->silent.what) {
		vm->silent.pid = pid;
		vm->silent.what = what;
		vm->silent.ran = look.ran;
		vm->silent.times = vm->silent.guilty = 0;
	}
	if (!seen)
		look.ran = vm->silent.ran;
	else if (!vm->silent.ran)
		vm->silent.ran = look.ran;	/* the first that is known */
	/*
	 * A process that the host has not let run could not answer.  And once proves
	 * nothing: one that seems to sleep may just have been woken; what a hypervisor has taken
	 * of a CPU counts as run at its end; all of lol may have been stopped and is just being
	 * continued, one after the other.
	 */
	if (!waits || look.ran - vm->silent.ran >= SILENT_RUN) {
		vm->silent.guilty++;
		vm->silent.ran = look.ran;
	}
	if (!certain && vm->silent.guilty < SILENT_GUILTY && ++vm->silent.times < SILENT_TIMES)
		return false;
	kill(pid, SIGKILL);
	/* of a tracee's end the tracer hears first, which may be stopped: K sees it later */
	if (vm->config->bridge != LOL_BRIDGE_PTRACE)
		waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	vm->silent.pid = 0;
	spaces_reap(vm);
	return true;
}
