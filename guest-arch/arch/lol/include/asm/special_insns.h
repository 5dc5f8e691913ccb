/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Privileged instructions by name.  Every one is a sensitive site: the
 * afterburner records and pads it, so nothing here is more than the instruction.
 */
#ifndef _ASM_LOL_SPECIAL_INSNS_H
#define _ASM_LOL_SPECIAL_INSNS_H

#include <linux/types.h>
#include <linux/errno.h>
#include <asm/extable.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#define LOL_READ_CR(n)							\
static __always_inline unsigned long native_read_cr##n(void)		\
{									\
	unsigned long val;						\
									\
	asm volatile("movq %%cr" #n ", %0" : "=r" (val) : : "memory");	\
	return val;							\
}

#define LOL_WRITE_CR(n)							\
static __always_inline void native_write_cr##n(unsigned long val)	\
{									\
	asm volatile("movq %0, %%cr" #n : : "r" (val) : "memory");	\
}

LOL_READ_CR(0)
LOL_READ_CR(2)
LOL_READ_CR(3)
LOL_READ_CR(4)
LOL_WRITE_CR(0)
LOL_WRITE_CR(2)
LOL_WRITE_CR(3)
LOL_WRITE_CR(4)

#define read_cr0	native_read_cr0
#define read_cr2	native_read_cr2
#define read_cr3	native_read_cr3
#define read_cr4	native_read_cr4
#define write_cr0	native_write_cr0
#define write_cr2	native_write_cr2
#define write_cr3	native_write_cr3
#define write_cr4	native_write_cr4

static __always_inline u64 native_read_msr(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a" (low), "=d" (high) : "c" (msr));
	return low | ((u64)high << 32);
}

static __always_inline void native_write_msr(u32 msr, u64 val)
{
	asm volatile("wrmsr" : : "c" (msr), "a" ((u32)val), "d" ((u32)(val >> 32)) : "memory");
}

/* Where the register may not exist: -EIO. */
static inline int rdmsrl_safe(u32 msr, u64 *val)
{
	u32 low, high;
	int err = 0;

	asm volatile("1: rdmsr\n"
		     "2:\n"
		     _ASM_EXTABLE_TYPE(1b, 2b, EX_TYPE_UNSAFE_MSR)
		     : "=a" (low), "=d" (high), "+c" (msr) : : "memory");
	if (msr == (u32)-EIO)
		err = -EIO;
	*val = low | ((u64)high << 32);
	return err;
}

#define rdmsrl(msr, val)	((val) = native_read_msr(msr))
#define wrmsrl(msr, val)	native_write_msr((msr), (val))

static __always_inline void native_cpuid(u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d)
{
	asm volatile("cpuid"
		     : "=a" (*a), "=b" (*b), "=c" (*c), "=d" (*d)
		     : "0" (leaf), "2" (sub) : "memory");
}

static __always_inline void native_swapgs(void)
{
	asm volatile("swapgs" : : : "memory");
}

/* The user's segment bases; under in-place they are the host's registers. */
static __always_inline unsigned long rdfsbase(void)
{
	unsigned long base;

	asm volatile("rdfsbase %0" : "=r" (base) : : "memory");
	return base;
}

static __always_inline void wrfsbase(unsigned long base)
{
	asm volatile("wrfsbase %0" : : "r" (base) : "memory");
}

static __always_inline void native_invlpg(unsigned long addr)
{
	asm volatile("invlpg (%0)" : : "r" (addr) : "memory");
}

#endif
