/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: locked operations through the direct map; asm-generic has none for SMP. */
#ifndef _ASM_LOL_FUTEX_H
#define _ASM_LOL_FUTEX_H

#include <linux/errno.h>
#include <linux/types.h>
#include <linux/uaccess.h>

/* mm/uaccess.c; both are called with page faults disabled. */
int lol_futex_op(int op, int oparg, u32 *oval, u32 __user *uaddr);
int lol_futex_cmpxchg(u32 *uval, u32 __user *uaddr, u32 oldval, u32 newval);

static inline int arch_futex_atomic_op_inuser(int op, int oparg, int *oval, u32 __user *uaddr)
{
	if (!access_ok(uaddr, sizeof(u32)))
		return -EFAULT;
	return lol_futex_op(op, oparg, (u32 *)oval, uaddr);
}

static inline int futex_atomic_cmpxchg_inatomic(u32 *uval, u32 __user *uaddr,
						u32 oldval, u32 newval)
{
	if (!access_ok(uaddr, sizeof(u32)))
		return -EFAULT;
	return lol_futex_cmpxchg(uval, uaddr, oldval, newval);
}

#endif
