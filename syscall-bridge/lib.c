// SPDX-License-Identifier: GPL-2.0-only
/* What the compiler may call by itself. */
#include "syscall-bridge/wedge.h"

void *memcpy(void *to, const void *from, unsigned long n)
{
	void *ret = to;

	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
	return ret;
}

void *memset(void *to, int c, unsigned long n)
{
	void *ret = to;

	asm volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(c) : "memory");
	return ret;
}
