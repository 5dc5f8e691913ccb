/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: x86 orders everything but a store followed by a load. */
#ifndef _ASM_LOL_BARRIER_H
#define _ASM_LOL_BARRIER_H

#include <linux/compiler.h>
#include <vdso/processor.h>	/* cpu_relax() of the waiting loops */

#define __mb()		asm volatile("mfence" : : : "memory")
#define __rmb()		asm volatile("lfence" : : : "memory")
#define __wmb()		asm volatile("sfence" : : : "memory")
#define __dma_rmb()	barrier()
#define __dma_wmb()	barrier()

/* Cheaper than mfence; the word lies on our own stack, in the cache. */
#define __smp_mb()	asm volatile("lock; addl $0, -4(%%rsp)" : : : "memory", "cc")
#define __smp_rmb()	barrier()
#define __smp_wmb()	barrier()
#define __smp_store_mb(var, value) do { (void)xchg(&(var), value); } while (0)

#define __smp_store_release(p, v)					\
do {									\
	compiletime_assert_atomic_type(*p);				\
	barrier();							\
	WRITE_ONCE(*p, v);						\
} while (0)

#define __smp_load_acquire(p)						\
({									\
	typeof(*p) ___p1 = READ_ONCE(*p);				\
	compiletime_assert_atomic_type(*p);				\
	barrier();							\
	___p1;								\
})

/* A locked operation is a barrier already. */
#define __smp_mb__before_atomic()	do { } while (0)
#define __smp_mb__after_atomic()	do { } while (0)

#include <asm-generic/barrier.h>

#endif
