/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: bit instructions, with the flags as results. */
#ifndef _ASM_LOL_BITOPS_H
#define _ASM_LOL_BITOPS_H

#ifndef _LINUX_BITOPS_H
#error only <linux/bitops.h> can be included directly
#endif

#include <linux/compiler.h>
#include <asm/barrier.h>
#include <asm/cmpxchg.h>

#define LOL_BIT_MODIFY(name, insn, lock)				\
static __always_inline void name(unsigned long nr, volatile unsigned long *addr) \
{									\
	asm volatile(lock insn "q %1, %0"				\
		     : "+m" (*(volatile unsigned long *)addr)		\
		     : "Jr" (nr) : "memory", "cc");			\
}

#define LOL_BIT_TEST_MODIFY(name, insn, lock)				\
static __always_inline bool name(unsigned long nr, volatile unsigned long *addr) \
{									\
	bool old;							\
									\
	asm volatile(lock insn "q %2, %0"				\
		     : "+m" (*(volatile unsigned long *)addr), "=@ccc" (old) \
		     : "Jr" (nr) : "memory");				\
	return old;							\
}

LOL_BIT_MODIFY(arch_set_bit, "bts", LOCK_PREFIX)
LOL_BIT_MODIFY(arch_clear_bit, "btr", LOCK_PREFIX)
LOL_BIT_MODIFY(arch_change_bit, "btc", LOCK_PREFIX)
LOL_BIT_MODIFY(arch___set_bit, "bts", "")
LOL_BIT_MODIFY(arch___clear_bit, "btr", "")
LOL_BIT_MODIFY(arch___change_bit, "btc", "")
LOL_BIT_TEST_MODIFY(arch_test_and_set_bit, "bts", LOCK_PREFIX)
LOL_BIT_TEST_MODIFY(arch_test_and_clear_bit, "btr", LOCK_PREFIX)
LOL_BIT_TEST_MODIFY(arch_test_and_change_bit, "btc", LOCK_PREFIX)
LOL_BIT_TEST_MODIFY(arch___test_and_set_bit, "bts", "")
LOL_BIT_TEST_MODIFY(arch___test_and_clear_bit, "btr", "")
LOL_BIT_TEST_MODIFY(arch___test_and_change_bit, "btc", "")

static __always_inline bool arch_test_and_set_bit_lock(unsigned long nr, volatile unsigned long *addr)
{
	return arch_test_and_set_bit(nr, addr);
}

static __always_inline void arch_clear_bit_unlock(unsigned long nr, volatile unsigned long *addr)
{
	barrier();
	arch_clear_bit(nr, addr);
}

static __always_inline void arch___clear_bit_unlock(unsigned long nr, volatile unsigned long *addr)
{
	barrier();
	arch___clear_bit(nr, addr);
}

static __always_inline bool arch_xor_unlock_is_negative_byte(unsigned long mask,
		volatile unsigned long *addr)
{
	bool negative;

	asm volatile(LOCK_PREFIX "xorb %2, %1"
		     : "=@ccs" (negative), "+m" (*(volatile u8 *)addr)
		     : "iq" ((u8)mask) : "memory");
	return negative;
}
#define arch_xor_unlock_is_negative_byte arch_xor_unlock_is_negative_byte

static __always_inline bool arch_test_bit(unsigned long nr, const volatile unsigned long *addr)
{
	return 1UL & (addr[nr / BITS_PER_LONG] >> (nr & (BITS_PER_LONG - 1)));
}

static __always_inline bool arch_test_bit_acquire(unsigned long nr, const volatile unsigned long *addr)
{
	return 1UL & (smp_load_acquire(&addr[nr / BITS_PER_LONG]) >> (nr & (BITS_PER_LONG - 1)));
}

#include <asm-generic/bitops/builtin-__ffs.h>
#include <asm-generic/bitops/builtin-__fls.h>
#include <asm-generic/bitops/builtin-ffs.h>
#include <asm-generic/bitops/builtin-fls.h>
#include <asm-generic/bitops/ffz.h>
#include <asm-generic/bitops/fls64.h>
#include <asm-generic/bitops/sched.h>
#include <asm-generic/bitops/hweight.h>

#include <asm-generic/bitops/instrumented-atomic.h>
#include <asm-generic/bitops/instrumented-non-atomic.h>
#include <asm-generic/bitops/instrumented-lock.h>

#include <asm-generic/bitops/le.h>
#include <asm-generic/bitops/ext2-atomic-setbit.h>

#endif
