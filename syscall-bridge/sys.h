/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_SYS_H
#define LOL_SYS_H

/*
 * Host system calls of the wedge: raw, and only these.  The seccomp filter of a
 * space (filter.c) lists the ones that remain once guest code runs.
 */

#include <linux/types.h>
#include <asm/unistd.h>

static inline long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d;
	register long r8 asm("r8") = e;
	register long r9 asm("r9") = f;
	long ret;

	asm volatile("syscall" : "=a"(ret)
		     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return ret;
}

static inline long sys3(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c)
		     : "rcx", "r11", "memory");
	return ret;
}

static inline long sys4(long nr, long a, long b, long c, long d)
{
	register long r10 asm("r10") = d;
	long ret;

	asm volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
		     : "rcx", "r11", "memory");
	return ret;
}

#define SYS_ERROR(ret)	((unsigned long)(ret) >= -4095UL)

#define PROT_READ	1
#define PROT_WRITE	2
#define PROT_EXEC	4
#define MAP_SHARED	0x01
#define MAP_FIXED	0x10
#define MAP_NORESERVE	0x4000

static inline long sys_mmap(__u64 address, __u64 length, int prot, int flags, int fd, __u64 offset)
{
	return sys6(__NR_mmap, address, length, prot, flags, fd, offset);
}

static inline long sys_munmap(__u64 address, __u64 length)
{
	return sys3(__NR_munmap, address, length, 0);
}

static inline long sys_mprotect(__u64 address, __u64 length, int prot)
{
	return sys3(__NR_mprotect, address, length, prot);
}

#define FUTEX_WAIT	0
#define FUTEX_WAKE	1

/* Waits while *word is value.  timeout: NULL or { seconds, nanoseconds }. */
static inline long sys_futex_wait(__u32 *word, __u32 value, const __s64 *timeout)
{
	return sys4(__NR_futex, (long)word, FUTEX_WAIT, value, (long)timeout);
}

/* Everybody is woken: a wake of one could be stolen by a hostile waiter. */
static inline long sys_futex_wake(__u32 *word)
{
	return sys3(__NR_futex, (long)word, FUTEX_WAKE, 0x7fffffff);
}

static inline void __attribute__((__noreturn__)) sys_exit(int code)
{
	for (;;)
		sys3(__NR_exit_group, code, 0, 0);
}

#endif
