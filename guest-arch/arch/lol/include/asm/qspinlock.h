/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Own header: a vCPU is a host thread that may be off its CPU at any moment.  In a
 * queue everybody behind it would wait for it, so contended locks are simply
 * tried again until one of those that run gets it.
 */
#ifndef _ASM_LOL_QSPINLOCK_H
#define _ASM_LOL_QSPINLOCK_H

#include <linux/atomic.h>
#include <asm-generic/qspinlock_types.h>

#define virt_spin_lock virt_spin_lock
static inline bool virt_spin_lock(struct qspinlock *lock)
{
	int val;

	for (;;) {
		val = atomic_read(&lock->val);
		if (!val && atomic_try_cmpxchg(&lock->val, &val, _Q_LOCKED_VAL))
			return true;
		cpu_relax();
	}
}

#include <asm-generic/qspinlock.h>

#endif
