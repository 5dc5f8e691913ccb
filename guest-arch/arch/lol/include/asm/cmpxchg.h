/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: one locked instruction instead of asm-generic's interrupt switching. */
#ifndef _ASM_LOL_CMPXCHG_H
#define _ASM_LOL_CMPXCHG_H

#include <linux/compiler.h>
#include <linux/build_bug.h>
#include <linux/types.h>

#define LOCK_PREFIX	"lock; "

extern void __xchg_wrong_size(void) __compiletime_error("xchg: bad operand size");

/* An exchange with memory is locked without a prefix. */
#define __arch_xchg_op(op, ptr, arg, lock)				\
({									\
	__typeof__(*(ptr)) __ret = (arg);				\
	switch (sizeof(*(ptr))) {					\
	case 1:								\
		asm volatile(lock op "b %b0, %1"			\
			     : "+q" (__ret), "+m" (*(ptr)) : : "memory", "cc"); \
		break;							\
	case 2:								\
		asm volatile(lock op "w %w0, %1"			\
			     : "+r" (__ret), "+m" (*(ptr)) : : "memory", "cc"); \
		break;							\
	case 4:								\
		asm volatile(lock op "l %0, %1"				\
			     : "+r" (__ret), "+m" (*(ptr)) : : "memory", "cc"); \
		break;							\
	case 8:								\
		asm volatile(lock op "q %q0, %1"			\
			     : "+r" (__ret), "+m" (*(ptr)) : : "memory", "cc"); \
		break;							\
	default:							\
		__xchg_wrong_size();					\
	}								\
	__ret;								\
})

#define arch_xchg(ptr, v)	__arch_xchg_op("xchg", (ptr), (v), "")
#define xadd(ptr, v)		__arch_xchg_op("xadd", (ptr), (v), LOCK_PREFIX)

#define __raw_cmpxchg(ptr, old, new, lock)				\
({									\
	__typeof__(*(ptr)) __ret;					\
	__typeof__(*(ptr)) __old = (old);				\
	__typeof__(*(ptr)) __new = (new);				\
	switch (sizeof(*(ptr))) {					\
	case 1:								\
		asm volatile(lock "cmpxchgb %b2, %1"			\
			     : "=a" (__ret), "+m" (*(volatile u8 *)(ptr)) \
			     : "q" (__new), "0" (__old) : "memory", "cc"); \
		break;							\
	case 2:								\
		asm volatile(lock "cmpxchgw %w2, %1"			\
			     : "=a" (__ret), "+m" (*(volatile u16 *)(ptr)) \
			     : "r" (__new), "0" (__old) : "memory", "cc"); \
		break;							\
	case 4:								\
		asm volatile(lock "cmpxchgl %2, %1"			\
			     : "=a" (__ret), "+m" (*(volatile u32 *)(ptr)) \
			     : "r" (__new), "0" (__old) : "memory", "cc"); \
		break;							\
	case 8:								\
		asm volatile(lock "cmpxchgq %2, %1"			\
			     : "=a" (__ret), "+m" (*(volatile u64 *)(ptr)) \
			     : "r" (__new), "0" (__old) : "memory", "cc"); \
		break;							\
	default:							\
		__xchg_wrong_size();					\
	}								\
	__ret;								\
})

#define __raw_try_cmpxchg(_ptr, _pold, _new, lock)			\
({									\
	bool __ok;							\
	__typeof__(_ptr) _old = (__typeof__(_ptr))(_pold);		\
	__typeof__(*(_ptr)) __old = *_old;				\
	__typeof__(*(_ptr)) __new = (_new);				\
	switch (sizeof(*(_ptr))) {					\
	case 1:								\
		asm volatile(lock "cmpxchgb %b[new], %[ptr]"		\
			     : "=@ccz" (__ok), [ptr] "+m" (*(volatile u8 *)(_ptr)), \
			       [old] "+a" (__old)			\
			     : [new] "q" (__new) : "memory");		\
		break;							\
	case 2:								\
		asm volatile(lock "cmpxchgw %w[new], %[ptr]"		\
			     : "=@ccz" (__ok), [ptr] "+m" (*(volatile u16 *)(_ptr)), \
			       [old] "+a" (__old)			\
			     : [new] "r" (__new) : "memory");		\
		break;							\
	case 4:								\
		asm volatile(lock "cmpxchgl %[new], %[ptr]"		\
			     : "=@ccz" (__ok), [ptr] "+m" (*(volatile u32 *)(_ptr)), \
			       [old] "+a" (__old)			\
			     : [new] "r" (__new) : "memory");		\
		break;							\
	case 8:								\
		asm volatile(lock "cmpxchgq %[new], %[ptr]"		\
			     : "=@ccz" (__ok), [ptr] "+m" (*(volatile u64 *)(_ptr)), \
			       [old] "+a" (__old)			\
			     : [new] "r" (__new) : "memory");		\
		break;							\
	default:							\
		__xchg_wrong_size();					\
	}								\
	if (unlikely(!__ok))						\
		*_old = __old;						\
	likely(__ok);							\
})

#define arch_cmpxchg(ptr, o, n)		__raw_cmpxchg((ptr), (o), (n), LOCK_PREFIX)
#define arch_cmpxchg_local(ptr, o, n)	__raw_cmpxchg((ptr), (o), (n), "")
#define arch_sync_cmpxchg		arch_cmpxchg
#define arch_try_cmpxchg(ptr, po, n)	__raw_try_cmpxchg((ptr), (po), (n), LOCK_PREFIX)
#define arch_sync_try_cmpxchg		arch_try_cmpxchg
#define arch_try_cmpxchg_local(ptr, po, n) __raw_try_cmpxchg((ptr), (po), (n), "")

#define arch_cmpxchg64			arch_cmpxchg
#define arch_cmpxchg64_local		arch_cmpxchg_local
#define arch_try_cmpxchg64		arch_try_cmpxchg
#define arch_try_cmpxchg64_local	arch_try_cmpxchg_local

union __u128_halves {
	u128 full;
	struct {
		u64 low, high;
	};
};

#define __arch_cmpxchg128(_ptr, _old, _new, lock)			\
({									\
	union __u128_halves o = { .full = (_old), }, n = { .full = (_new), }; \
	asm volatile(lock "cmpxchg16b %[ptr]"				\
		     : [ptr] "+m" (*(_ptr)), "+a" (o.low), "+d" (o.high) \
		     : "b" (n.low), "c" (n.high) : "memory", "cc");	\
	o.full;								\
})

static __always_inline u128 arch_cmpxchg128(volatile u128 *ptr, u128 old, u128 new)
{
	return __arch_cmpxchg128(ptr, old, new, LOCK_PREFIX);
}
#define arch_cmpxchg128 arch_cmpxchg128

static __always_inline u128 arch_cmpxchg128_local(volatile u128 *ptr, u128 old, u128 new)
{
	return __arch_cmpxchg128(ptr, old, new, "");
}
#define arch_cmpxchg128_local arch_cmpxchg128_local

#define __arch_try_cmpxchg128(_ptr, _oldp, _new, lock)			\
({									\
	union __u128_halves o = { .full = *(_oldp), }, n = { .full = (_new), }; \
	bool __ok;							\
	asm volatile(lock "cmpxchg16b %[ptr]"				\
		     : "=@ccz" (__ok), [ptr] "+m" (*(_ptr)),		\
		       "+a" (o.low), "+d" (o.high)			\
		     : "b" (n.low), "c" (n.high) : "memory");		\
	if (unlikely(!__ok))						\
		*(_oldp) = o.full;					\
	likely(__ok);							\
})

static __always_inline bool arch_try_cmpxchg128(volatile u128 *ptr, u128 *oldp, u128 new)
{
	return __arch_try_cmpxchg128(ptr, oldp, new, LOCK_PREFIX);
}
#define arch_try_cmpxchg128 arch_try_cmpxchg128

static __always_inline bool arch_try_cmpxchg128_local(volatile u128 *ptr, u128 *oldp, u128 new)
{
	return __arch_try_cmpxchg128(ptr, oldp, new, "");
}
#define arch_try_cmpxchg128_local arch_try_cmpxchg128_local

#define system_has_cmpxchg128()	1

#endif
