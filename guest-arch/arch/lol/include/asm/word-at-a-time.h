/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: unaligned loads that may run into an unmapped page. */
#ifndef _ASM_LOL_WORD_AT_A_TIME_H
#define _ASM_LOL_WORD_AT_A_TIME_H

#include <linux/bitops.h>
#include <linux/wordpart.h>
#include <asm/extable.h>

struct word_at_a_time {
	const unsigned long one_bits, high_bits;
};

#define WORD_AT_A_TIME_CONSTANTS { REPEAT_BYTE(0x01), REPEAT_BYTE(0x80) }

/* The lowest byte with its top bit set in the result is the first zero byte. */
static inline unsigned long has_zero(unsigned long a, unsigned long *bits,
				     const struct word_at_a_time *c)
{
	unsigned long mask = ((a - c->one_bits) & ~a) & c->high_bits;

	*bits = mask;
	return mask;
}

static inline unsigned long prep_zero_mask(unsigned long a, unsigned long bits,
					   const struct word_at_a_time *c)
{
	return bits;
}

#define create_zero_mask(bits) (bits)

static inline unsigned long find_zero(unsigned long bits)
{
	return __ffs(bits) >> 3;
}

static inline unsigned long zero_bytemask(unsigned long bits)
{
	return ((bits - 1) & ~bits) >> 7;	/* whole bytes below the first */
}

/* The part that lies in the next page reads as zero if that is not mapped. */
static inline unsigned long load_unaligned_zeropad(const void *addr)
{
	unsigned long word;

	asm volatile("1:	movq (%[addr]), %[word]\n"
		     "2:\n"
		     "	.subsection 1\n"
		     "3:	movq %[addr], %[word]\n"
		     "	andq $-8, %[word]\n"
		     "	movq (%[word]), %[word]\n"
		     "	movl %k[addr], %%ecx\n"
		     "	andl $7, %%ecx\n"
		     "	shll $3, %%ecx\n"
		     "	shrq %%cl, %[word]\n"
		     "	jmp 2b\n"
		     "	.previous\n"
		     _ASM_EXTABLE(1b, 3b)
		     : [word] "=&r" (word)
		     : [addr] "r" (addr)
		     : "rcx", "memory", "cc");
	return word;
}

#endif
