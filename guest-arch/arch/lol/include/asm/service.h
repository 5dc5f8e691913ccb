/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Services of the monitor: one out instruction, see <lol/service.h>.  It traps
 * at ring 3 everywhere and is inert on hardware.
 */
#ifndef _ASM_LOL_SERVICE_H
#define _ASM_LOL_SERVICE_H

#include <lol/service.h>

#ifndef __ASSEMBLY__

#include <linux/types.h>

static __always_inline long lol_service5(u32 number, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	register u64 r10 asm("r10") = d;
	register u64 r8 asm("r8") = e;
	long ret;

	asm volatile("outl %%eax, %[port]"
		     : "=a" (ret)
		     : "0" ((u64)number), [port] "N" (LOL_PORT_SERVICE),
		       "D" (a), "S" (b), "d" (c), "r" (r10), "r" (r8)
		     : "memory", "cc");
	return ret;
}

#define lol_service1(n, a)		lol_service5((n), (a), 0, 0, 0, 0)
#define lol_service3(n, a, b, c)	lol_service5((n), (a), (b), (c), 0, 0)
#define lol_service4(n, a, b, c, d)	lol_service5((n), (a), (b), (c), (d), 0)

/**
 * lol_sites_add() - have the sites of new text act
 * @text: first byte of the text
 * @length: its bytes; every site must lie inside
 * @records: array of struct lol_site
 * @count: its elements
 *
 * To be called while the text is writable and not yet executed.
 * Return: 0, or -ENOEXEC with nothing changed.
 */
static inline long lol_sites_add(const void *text, unsigned long length,
				 const void *records, unsigned long count)
{
	return lol_service5(LOL_SERVICE_SITES, LOL_SITES_ADD, (u64)text, length,
			    (u64)records, count);
}

/**
 * lol_start_vcpu() - let another vCPU run
 * @n: its number
 * @entry: guest-virtual address where it begins
 * @argument: in its rdi
 *
 * Return: 0, or -EINVAL where there is no such vCPU.
 */
static inline long lol_start_vcpu(u32 n, unsigned long entry, unsigned long argument)
{
	return lol_service3(LOL_SERVICE_START_VCPU, n, entry, argument);
}

/**
 * lol_sites_remove() - forget the sites of text about to be freed
 * @text: first byte
 * @length: bytes
 */
static inline long lol_sites_remove(const void *text, unsigned long length)
{
	return lol_service5(LOL_SERVICE_SITES, LOL_SITES_REMOVE, (u64)text, length, 0, 0);
}

/**
 * lol_give_back() - let the host have memory whose contents are of no use
 * @ranges: array of struct lol_range, blocks of LOL_GIVE_BACK_UNIT
 * @count: its elements, at most LOL_GIVE_BACK_MAX
 *
 * Return: 0; -EINVAL: a range is not to be had; -ENOSYS: this monitor does not
 * take any.
 */
static inline long lol_give_back(const void *ranges, unsigned long count)
{
	return lol_service3(LOL_SERVICE_GIVE_BACK, (u64)ranges, count, 0);
}

#endif /* !__ASSEMBLY__ */
#endif
