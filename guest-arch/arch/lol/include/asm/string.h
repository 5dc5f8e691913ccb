/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: the block operations are in assembly (lib/). */
#ifndef _ASM_LOL_STRING_H
#define _ASM_LOL_STRING_H

#define __HAVE_ARCH_MEMCPY
void *memcpy(void *to, const void *from, size_t len);
#define __HAVE_ARCH_MEMMOVE
void *memmove(void *to, const void *from, size_t len);
#define __HAVE_ARCH_MEMSET
void *memset(void *s, int c, size_t n);

#define __HAVE_ARCH_MEMSET16
static inline void *memset16(u16 *s, u16 v, size_t n)
{
	u16 *p = s;

	asm volatile("rep stosw" : "+D" (p), "+c" (n) : "a" (v) : "memory");
	return s;
}

#define __HAVE_ARCH_MEMSET32
static inline void *memset32(u32 *s, u32 v, size_t n)
{
	u32 *p = s;

	asm volatile("rep stosl" : "+D" (p), "+c" (n) : "a" (v) : "memory");
	return s;
}

#define __HAVE_ARCH_MEMSET64
static inline void *memset64(u64 *s, u64 v, size_t n)
{
	u64 *p = s;

	asm volatile("rep stosq" : "+D" (p), "+c" (n) : "a" (v) : "memory");
	return s;
}

#endif
