/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Own header: per-CPU variables by one instruction each.
 *
 * A per-CPU symbol's address is that of the template in the image; the GS base
 * of a CPU is the distance from there to its own copy.  %gs:symbol(%rip) thus
 * reaches the copy, in modules too, and an operation that is one instruction is
 * safe against interrupts and migration without further ado.  Until the copies
 * exist the base is 0 and the template itself is used.
 */
#ifndef _ASM_LOL_PERCPU_H
#define _ASM_LOL_PERCPU_H

#ifndef __ASSEMBLY__

#include <linux/compiler.h>
#include <linux/build_bug.h>
#include <linux/types.h>

#define __my_cpu_offset		this_cpu_read(this_cpu_off)

#define __pcpu_m(size, var)	(*(u##size __force __kernel *)&(var))
#define __pcpu_v(size, val)	((u##size)(unsigned long)(val))

/* The generic header's u8-style casts warn on pointers; go through unsigned long. */
#define percpu_read_op(size, sfx, con, qual, var)			\
({									\
	u##size pr__;							\
	asm qual ("mov" sfx " %%gs:%1, %0"				\
		  : "=" con (pr__) : "m" (__pcpu_m(size, var)));	\
	(typeof(var))(unsigned long)pr__;				\
})

#define percpu_write_op(size, sfx, con, var, val)			\
do {									\
	u##size pw__ = __pcpu_v(size, val);				\
	if (0) {							\
		typeof(var) pwt__;					\
		pwt__ = (val);						\
		(void)pwt__;						\
	}								\
	asm volatile("mov" sfx " %1, %%gs:%0"				\
		     : "=m" (__pcpu_m(size, var)) : con "e" (pw__));	\
} while (0)

#define percpu_binary_op(size, sfx, con, op, var, val)			\
do {									\
	u##size pb__ = __pcpu_v(size, val);				\
	if (0) {							\
		typeof(var) pbt__;					\
		pbt__ = (val);						\
		(void)pbt__;						\
	}								\
	asm volatile(op sfx " %1, %%gs:%0"				\
		     : "+m" (__pcpu_m(size, var)) : con "e" (pb__) : "cc"); \
} while (0)

#define percpu_add_return_op(size, sfx, con, var, val)			\
({									\
	u##size pa__ = __pcpu_v(size, val);				\
	u##size pat__ = pa__;						\
	asm volatile("xadd" sfx " %0, %%gs:%1"				\
		     : "+" con (pat__), "+m" (__pcpu_m(size, var)) : : "cc", "memory"); \
	(typeof(var))(unsigned long)(u##size)(pat__ + pa__);		\
})

/* xchg with memory is always locked and slow; an unlocked cmpxchg loop is not. */
#define percpu_xchg_op(size, sfx, con, var, val)			\
({									\
	u##size px_old__ = (u##size)(unsigned long)raw_cpu_read_##size##b(var); \
	u##size px_new__ = __pcpu_v(size, val);				\
	asm volatile("1: cmpxchg" sfx " %2, %%gs:%1; jnz 1b"		\
		     : "+a" (px_old__), "+m" (__pcpu_m(size, var))	\
		     : con (px_new__) : "cc", "memory");		\
	(typeof(var))(unsigned long)px_old__;				\
})

#define percpu_cmpxchg_op(size, sfx, con, var, oval, nval)		\
({									\
	u##size pc_old__ = __pcpu_v(size, oval);			\
	u##size pc_new__ = __pcpu_v(size, nval);			\
	asm volatile("cmpxchg" sfx " %2, %%gs:%1"			\
		     : "+a" (pc_old__), "+m" (__pcpu_m(size, var))	\
		     : con (pc_new__) : "cc", "memory");		\
	(typeof(var))(unsigned long)pc_old__;				\
})

#define percpu_try_cmpxchg_op(size, sfx, con, var, ovalp, nval)		\
({									\
	bool ok__;							\
	u##size *pt_oldp__ = (u##size *)(ovalp);			\
	u##size pt_old__ = *pt_oldp__;					\
	u##size pt_new__ = __pcpu_v(size, nval);			\
	asm volatile("cmpxchg" sfx " %3, %%gs:%2"			\
		     : "=@ccz" (ok__), "+a" (pt_old__), "+m" (__pcpu_m(size, var)) \
		     : con (pt_new__) : "memory");			\
	if (unlikely(!ok__))						\
		*pt_oldp__ = pt_old__;					\
	likely(ok__);							\
})

#define percpu_cmpxchg128_op(var, oval, nval)				\
({									\
	union { u128 v; struct { u64 low, high; }; } o__, n__;		\
	o__.v = (oval);							\
	n__.v = (nval);							\
	asm volatile("cmpxchg16b %%gs:%0"				\
		     : "+m" (var), "+a" (o__.low), "+d" (o__.high)	\
		     : "b" (n__.low), "c" (n__.high) : "cc", "memory");	\
	o__.v;								\
})

#define percpu_try_cmpxchg128_op(var, ovalp, nval)			\
({									\
	union { u128 v; struct { u64 low, high; }; } o__, n__;		\
	u128 *op__ = (u128 *)(ovalp);					\
	bool ok__;							\
	o__.v = *op__;							\
	n__.v = (nval);							\
	asm volatile("cmpxchg16b %%gs:%1"				\
		     : "=@ccz" (ok__), "+m" (var), "+a" (o__.low), "+d" (o__.high) \
		     : "b" (n__.low), "c" (n__.high) : "memory");	\
	if (unlikely(!ok__))						\
		*op__ = o__.v;						\
	likely(ok__);							\
})

#define raw_cpu_read_8b(pcp)		percpu_read_op(8, "b", "q", , pcp)
#define raw_cpu_read_1(pcp)			percpu_read_op(8, "b", "q", , pcp)
#define this_cpu_read_1(pcp)		percpu_read_op(8, "b", "q", volatile, pcp)
#define this_cpu_read_stable_1(pcp)		percpu_stable_op(8, "b", "q", pcp)
#define raw_cpu_write_1(pcp, val)		percpu_write_op(8, "b", "q", pcp, val)
#define raw_cpu_add_1(pcp, val)		percpu_binary_op(8, "b", "q", "add", pcp, val)
#define raw_cpu_and_1(pcp, val)		percpu_binary_op(8, "b", "q", "and", pcp, val)
#define raw_cpu_or_1(pcp, val)		percpu_binary_op(8, "b", "q", "or", pcp, val)
#define raw_cpu_add_return_1(pcp, val)	percpu_add_return_op(8, "b", "q", pcp, val)
#define raw_cpu_xchg_1(pcp, val)		percpu_xchg_op(8, "b", "q", pcp, val)
#define raw_cpu_cmpxchg_1(pcp, o, n)		percpu_cmpxchg_op(8, "b", "q", pcp, o, n)
#define raw_cpu_try_cmpxchg_1(pcp, po, n)	percpu_try_cmpxchg_op(8, "b", "q", pcp, po, n)
#define this_cpu_write_1(pcp, val)		percpu_write_op(8, "b", "q", pcp, val)
#define this_cpu_add_1(pcp, val)		percpu_binary_op(8, "b", "q", "add", pcp, val)
#define this_cpu_and_1(pcp, val)		percpu_binary_op(8, "b", "q", "and", pcp, val)
#define this_cpu_or_1(pcp, val)		percpu_binary_op(8, "b", "q", "or", pcp, val)
#define this_cpu_add_return_1(pcp, val)	percpu_add_return_op(8, "b", "q", pcp, val)
#define this_cpu_xchg_1(pcp, val)		percpu_xchg_op(8, "b", "q", pcp, val)
#define this_cpu_cmpxchg_1(pcp, o, n)		percpu_cmpxchg_op(8, "b", "q", pcp, o, n)
#define this_cpu_try_cmpxchg_1(pcp, po, n)	percpu_try_cmpxchg_op(8, "b", "q", pcp, po, n)

#define raw_cpu_read_16b(pcp)		percpu_read_op(16, "w", "r", , pcp)
#define raw_cpu_read_2(pcp)			percpu_read_op(16, "w", "r", , pcp)
#define this_cpu_read_2(pcp)		percpu_read_op(16, "w", "r", volatile, pcp)
#define this_cpu_read_stable_2(pcp)		percpu_stable_op(16, "w", "r", pcp)
#define raw_cpu_write_2(pcp, val)		percpu_write_op(16, "w", "r", pcp, val)
#define raw_cpu_add_2(pcp, val)		percpu_binary_op(16, "w", "r", "add", pcp, val)
#define raw_cpu_and_2(pcp, val)		percpu_binary_op(16, "w", "r", "and", pcp, val)
#define raw_cpu_or_2(pcp, val)		percpu_binary_op(16, "w", "r", "or", pcp, val)
#define raw_cpu_add_return_2(pcp, val)	percpu_add_return_op(16, "w", "r", pcp, val)
#define raw_cpu_xchg_2(pcp, val)		percpu_xchg_op(16, "w", "r", pcp, val)
#define raw_cpu_cmpxchg_2(pcp, o, n)		percpu_cmpxchg_op(16, "w", "r", pcp, o, n)
#define raw_cpu_try_cmpxchg_2(pcp, po, n)	percpu_try_cmpxchg_op(16, "w", "r", pcp, po, n)
#define this_cpu_write_2(pcp, val)		percpu_write_op(16, "w", "r", pcp, val)
#define this_cpu_add_2(pcp, val)		percpu_binary_op(16, "w", "r", "add", pcp, val)
#define this_cpu_and_2(pcp, val)		percpu_binary_op(16, "w", "r", "and", pcp, val)
#define this_cpu_or_2(pcp, val)		percpu_binary_op(16, "w", "r", "or", pcp, val)
#define this_cpu_add_return_2(pcp, val)	percpu_add_return_op(16, "w", "r", pcp, val)
#define this_cpu_xchg_2(pcp, val)		percpu_xchg_op(16, "w", "r", pcp, val)
#define this_cpu_cmpxchg_2(pcp, o, n)		percpu_cmpxchg_op(16, "w", "r", pcp, o, n)
#define this_cpu_try_cmpxchg_2(pcp, po, n)	percpu_try_cmpxchg_op(16, "w", "r", pcp, po, n)

#define raw_cpu_read_32b(pcp)		percpu_read_op(32, "l", "r", , pcp)
#define raw_cpu_read_4(pcp)			percpu_read_op(32, "l", "r", , pcp)
#define this_cpu_read_4(pcp)		percpu_read_op(32, "l", "r", volatile, pcp)
#define this_cpu_read_stable_4(pcp)		percpu_stable_op(32, "l", "r", pcp)
#define raw_cpu_write_4(pcp, val)		percpu_write_op(32, "l", "r", pcp, val)
#define raw_cpu_add_4(pcp, val)		percpu_binary_op(32, "l", "r", "add", pcp, val)
#define raw_cpu_and_4(pcp, val)		percpu_binary_op(32, "l", "r", "and", pcp, val)
#define raw_cpu_or_4(pcp, val)		percpu_binary_op(32, "l", "r", "or", pcp, val)
#define raw_cpu_add_return_4(pcp, val)	percpu_add_return_op(32, "l", "r", pcp, val)
#define raw_cpu_xchg_4(pcp, val)		percpu_xchg_op(32, "l", "r", pcp, val)
#define raw_cpu_cmpxchg_4(pcp, o, n)		percpu_cmpxchg_op(32, "l", "r", pcp, o, n)
#define raw_cpu_try_cmpxchg_4(pcp, po, n)	percpu_try_cmpxchg_op(32, "l", "r", pcp, po, n)
#define this_cpu_write_4(pcp, val)		percpu_write_op(32, "l", "r", pcp, val)
#define this_cpu_add_4(pcp, val)		percpu_binary_op(32, "l", "r", "add", pcp, val)
#define this_cpu_and_4(pcp, val)		percpu_binary_op(32, "l", "r", "and", pcp, val)
#define this_cpu_or_4(pcp, val)		percpu_binary_op(32, "l", "r", "or", pcp, val)
#define this_cpu_add_return_4(pcp, val)	percpu_add_return_op(32, "l", "r", pcp, val)
#define this_cpu_xchg_4(pcp, val)		percpu_xchg_op(32, "l", "r", pcp, val)
#define this_cpu_cmpxchg_4(pcp, o, n)		percpu_cmpxchg_op(32, "l", "r", pcp, o, n)
#define this_cpu_try_cmpxchg_4(pcp, po, n)	percpu_try_cmpxchg_op(32, "l", "r", pcp, po, n)

#define raw_cpu_read_64b(pcp)		percpu_read_op(64, "q", "r", , pcp)
#define raw_cpu_read_8(pcp)			percpu_read_op(64, "q", "r", , pcp)
#define this_cpu_read_8(pcp)		percpu_read_op(64, "q", "r", volatile, pcp)
#define this_cpu_read_stable_8(pcp)		percpu_stable_op(64, "q", "r", pcp)
#define raw_cpu_write_8(pcp, val)		percpu_write_op(64, "q", "r", pcp, val)
#define raw_cpu_add_8(pcp, val)		percpu_binary_op(64, "q", "r", "add", pcp, val)
#define raw_cpu_and_8(pcp, val)		percpu_binary_op(64, "q", "r", "and", pcp, val)
#define raw_cpu_or_8(pcp, val)		percpu_binary_op(64, "q", "r", "or", pcp, val)
#define raw_cpu_add_return_8(pcp, val)	percpu_add_return_op(64, "q", "r", pcp, val)
#define raw_cpu_xchg_8(pcp, val)		percpu_xchg_op(64, "q", "r", pcp, val)
#define raw_cpu_cmpxchg_8(pcp, o, n)		percpu_cmpxchg_op(64, "q", "r", pcp, o, n)
#define raw_cpu_try_cmpxchg_8(pcp, po, n)	percpu_try_cmpxchg_op(64, "q", "r", pcp, po, n)
#define this_cpu_write_8(pcp, val)		percpu_write_op(64, "q", "r", pcp, val)
#define this_cpu_add_8(pcp, val)		percpu_binary_op(64, "q", "r", "add", pcp, val)
#define this_cpu_and_8(pcp, val)		percpu_binary_op(64, "q", "r", "and", pcp, val)
#define this_cpu_or_8(pcp, val)		percpu_binary_op(64, "q", "r", "or", pcp, val)
#define this_cpu_add_return_8(pcp, val)	percpu_add_return_op(64, "q", "r", pcp, val)
#define this_cpu_xchg_8(pcp, val)		percpu_xchg_op(64, "q", "r", pcp, val)
#define this_cpu_cmpxchg_8(pcp, o, n)		percpu_cmpxchg_op(64, "q", "r", pcp, o, n)
#define this_cpu_try_cmpxchg_8(pcp, po, n)	percpu_try_cmpxchg_op(64, "q", "r", pcp, po, n)

#define raw_cpu_cmpxchg64(pcp, o, n)		percpu_cmpxchg_op(64, "q", "r", pcp, o, n)
#define this_cpu_cmpxchg64(pcp, o, n)		percpu_cmpxchg_op(64, "q", "r", pcp, o, n)
#define raw_cpu_try_cmpxchg64(pcp, po, n)	percpu_try_cmpxchg_op(64, "q", "r", pcp, po, n)
#define this_cpu_try_cmpxchg64(pcp, po, n)	percpu_try_cmpxchg_op(64, "q", "r", pcp, po, n)
#define raw_cpu_cmpxchg128(pcp, o, n)		percpu_cmpxchg128_op(pcp, o, n)
#define this_cpu_cmpxchg128(pcp, o, n)		percpu_cmpxchg128_op(pcp, o, n)
#define raw_cpu_try_cmpxchg128(pcp, po, n)	percpu_try_cmpxchg128_op(pcp, po, n)
#define this_cpu_try_cmpxchg128(pcp, po, n)	percpu_try_cmpxchg128_op(pcp, po, n)

/*
 * For values that belong to the running task although they lie in a per-CPU
 * variable: the operand is the address only, so the compiler may keep the value
 * across calls and barriers.
 */
#define percpu_stable_op(size, sfx, con, var)				\
({									\
	u##size ps__;							\
	asm("mov" sfx " %%gs:%a1, %0" : "=" con (ps__) : "p" (&(var)));	\
	(typeof(var))(unsigned long)ps__;				\
})
#define this_cpu_read_stable(pcp)	__pcpu_size_call_return(this_cpu_read_stable_, pcp)

#include <asm-generic/percpu.h>

/* GS base of this CPU as data: reading the register costs an emulation. */
DECLARE_PER_CPU_READ_MOSTLY(unsigned long, this_cpu_off);

#endif /* !__ASSEMBLY__ */
#endif
