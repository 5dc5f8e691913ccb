/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: the processor divides 128 bits by 64. */
#ifndef _ASM_LOL_DIV64_H
#define _ASM_LOL_DIV64_H

#include <asm-generic/div64.h>

/* Overflows (#DE) where the quotient does not fit; callers guarantee that it does. */
static inline u64 mul_u64_u64_div_u64(u64 a, u64 mul, u64 div)
{
	u64 q;

	asm("mulq %2; divq %3"
	    : "=a" (q) : "a" (a), "rm" (mul), "rm" (div) : "rdx", "cc");
	return q;
}
#define mul_u64_u64_div_u64 mul_u64_u64_div_u64

static inline u64 mul_u64_u32_div(u64 a, u32 mul, u32 div)
{
	return mul_u64_u64_div_u64(a, mul, div);
}
#define mul_u64_u32_div mul_u64_u32_div

#endif
