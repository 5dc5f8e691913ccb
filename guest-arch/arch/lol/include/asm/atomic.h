/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Own header: one locked instruction per operation.  Both widths come from the
 * same text.  Every locked instruction is a full barrier, so the relaxed,
 * acquire and release forms are left to the generic fallbacks.
 */
#ifndef _ASM_LOL_ATOMIC_H
#define _ASM_LOL_ATOMIC_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/cmpxchg.h>
#include <asm/barrier.h>

#define ATOMIC64_INIT(i)	{ (i) }

#define LOL_ATOMIC_VOID(name, op, sfx, type, itype)			\
static __always_inline void arch_##name##_##op(itype i, type *v)	\
{									\
	asm volatile(LOCK_PREFIX #op sfx " %1, %0"			\
		     : "+m" (v->counter) : "er" (i) : "memory", "cc");	\
}

#define LOL_ATOMIC_UNARY(name, op, sfx, type)				\
static __always_inline void arch_##name##_##op(type *v)		\
{									\
	asm volatile(LOCK_PREFIX #op sfx " %0"				\
		     : "+m" (v->counter) : : "memory", "cc");		\
}

#define LOL_ATOMIC_UNARY_TEST(name, op, sfx, type)			\
static __always_inline bool arch_##name##_##op##_and_test(type *v)	\
{									\
	bool z;								\
									\
	asm volatile(LOCK_PREFIX #op sfx " %0"				\
		     : "+m" (v->counter), "=@ccz" (z) : : "memory");	\
	return z;							\
}

#define LOL_ATOMIC_TEST(name, fn, op, sfx, type, itype, cc)		\
static __always_inline bool arch_##name##_##fn(itype i, type *v)	\
{									\
	bool r;								\
									\
	asm volatile(LOCK_PREFIX op sfx " %2, %0"			\
		     : "+m" (v->counter), "=@cc" cc (r) : "er" (i) : "memory"); \
	return r;							\
}

#define LOL_ATOMIC_FETCH_LOGIC(name, op, c_op, type, itype)		\
static __always_inline itype arch_##name##_fetch_##op(itype i, type *v)	\
{									\
	itype val = arch_##name##_read(v);				\
									\
	do { } while (!arch_##name##_try_cmpxchg(v, &val, val c_op i));	\
	return val;							\
}

#define LOL_ATOMIC(name, sfx, type, itype)				\
static __always_inline itype arch_##name##_read(const type *v)		\
{									\
	return __READ_ONCE(v->counter);					\
}									\
static __always_inline void arch_##name##_set(type *v, itype i)		\
{									\
	__WRITE_ONCE(v->counter, i);					\
}									\
LOL_ATOMIC_VOID(name, add, sfx, type, itype)				\
LOL_ATOMIC_VOID(name, sub, sfx, type, itype)				\
LOL_ATOMIC_VOID(name, and, sfx, type, itype)				\
LOL_ATOMIC_VOID(name, or, sfx, type, itype)				\
LOL_ATOMIC_VOID(name, xor, sfx, type, itype)				\
LOL_ATOMIC_UNARY(name, inc, sfx, type)					\
LOL_ATOMIC_UNARY(name, dec, sfx, type)					\
LOL_ATOMIC_UNARY_TEST(name, inc, sfx, type)				\
LOL_ATOMIC_UNARY_TEST(name, dec, sfx, type)				\
LOL_ATOMIC_TEST(name, sub_and_test, "sub", sfx, type, itype, "z")	\
LOL_ATOMIC_TEST(name, add_negative, "add", sfx, type, itype, "s")	\
static __always_inline itype arch_##name##_fetch_add(itype i, type *v)	\
{									\
	return xadd(&v->counter, i);					\
}									\
static __always_inline itype arch_##name##_add_return(itype i, type *v)	\
{									\
	return i + xadd(&v->counter, i);				\
}									\
static __always_inline itype arch_##name##_fetch_sub(itype i, type *v)	\
{									\
	return xadd(&v->counter, -i);					\
}									\
static __always_inline itype arch_##name##_sub_return(itype i, type *v)	\
{									\
	return xadd(&v->counter, -i) - i;				\
}									\
static __always_inline itype arch_##name##_cmpxchg(type *v, itype old, itype new) \
{									\
	return arch_cmpxchg(&v->counter, old, new);			\
}									\
static __always_inline bool arch_##name##_try_cmpxchg(type *v, itype *old, itype new) \
{									\
	return arch_try_cmpxchg(&v->counter, old, new);			\
}									\
static __always_inline itype arch_##name##_xchg(type *v, itype new)	\
{									\
	return arch_xchg(&v->counter, new);				\
}									\
LOL_ATOMIC_FETCH_LOGIC(name, and, &, type, itype)			\
LOL_ATOMIC_FETCH_LOGIC(name, or, |, type, itype)			\
LOL_ATOMIC_FETCH_LOGIC(name, xor, ^, type, itype)

LOL_ATOMIC(atomic, "l", atomic_t, int)
LOL_ATOMIC(atomic64, "q", atomic64_t, s64)

/* Tell the generic fallbacks what exists. */
#define arch_atomic_inc			arch_atomic_inc
#define arch_atomic_dec			arch_atomic_dec
#define arch_atomic_inc_and_test	arch_atomic_inc_and_test
#define arch_atomic_dec_and_test	arch_atomic_dec_and_test
#define arch_atomic_sub_and_test	arch_atomic_sub_and_test
#define arch_atomic_add_negative	arch_atomic_add_negative
#define arch_atomic_add_return		arch_atomic_add_return
#define arch_atomic_sub_return		arch_atomic_sub_return
#define arch_atomic_fetch_add		arch_atomic_fetch_add
#define arch_atomic_fetch_sub		arch_atomic_fetch_sub
#define arch_atomic_fetch_and		arch_atomic_fetch_and
#define arch_atomic_fetch_or		arch_atomic_fetch_or
#define arch_atomic_fetch_xor		arch_atomic_fetch_xor
#define arch_atomic_cmpxchg		arch_atomic_cmpxchg
#define arch_atomic_try_cmpxchg		arch_atomic_try_cmpxchg
#define arch_atomic_xchg		arch_atomic_xchg

#define arch_atomic64_inc		arch_atomic64_inc
#define arch_atomic64_dec		arch_atomic64_dec
#define arch_atomic64_inc_and_test	arch_atomic64_inc_and_test
#define arch_atomic64_dec_and_test	arch_atomic64_dec_and_test
#define arch_atomic64_sub_and_test	arch_atomic64_sub_and_test
#define arch_atomic64_add_negative	arch_atomic64_add_negative
#define arch_atomic64_add_return	arch_atomic64_add_return
#define arch_atomic64_sub_return	arch_atomic64_sub_return
#define arch_atomic64_fetch_add		arch_atomic64_fetch_add
#define arch_atomic64_fetch_sub		arch_atomic64_fetch_sub
#define arch_atomic64_fetch_and		arch_atomic64_fetch_and
#define arch_atomic64_fetch_or		arch_atomic64_fetch_or
#define arch_atomic64_fetch_xor		arch_atomic64_fetch_xor
#define arch_atomic64_cmpxchg		arch_atomic64_cmpxchg
#define arch_atomic64_try_cmpxchg	arch_atomic64_try_cmpxchg
#define arch_atomic64_xchg		arch_atomic64_xchg

#endif
