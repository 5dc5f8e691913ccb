/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_SYS_H
#define LOL_SYS_H

/*
 * Host system calls of the wedge: raw, and only these.  Those that are still made
 * once guest code runs in the same thread have a function each, which adds the
 * cookie (roles.h); host/filters.c says what they are.
 */

#include <linux/types.h>
#include <asm/unistd.h>
#include "syscall-bridge/roles.h"

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
#define MAP_PRIVATE	0x02
#define MAP_FIXED	0x10
#define MAP_NORESERVE	0x4000

static inline long sys_mmap(__u64 address, __u64 length, int prot, int flags, int fd, __u64 offset)
{
	return sys6(__NR_mmap, address, length, prot, flags, (__u32)fd | LOL_COOKIE_HALF, offset);
}

static inline long sys_munmap(__u64 address, __u64 length)
{
	return sys6(__NR_munmap, address, length, 0, 0, 0, LOL_COOKIE);
}

static inline long sys_mprotect(__u64 address, __u64 length, int prot)
{
	return sys6(__NR_mprotect, address, length, prot, 0, 0, LOL_COOKIE);
}

#define FUTEX_WAIT	0
#define FUTEX_WAKE	1

/* Waits while *word is value.  timeout: NULL or { seconds, nanoseconds }. */
static inline long sys_futex_wait(__u32 *word, __u32 value, const __s64 *timeout)
{
	return sys6(__NR_futex, (long)word, FUTEX_WAIT, value, (long)timeout, 0, LOL_COOKIE);
}

/* Everybody is woken: a wake of one could be stolen by a hostile waiter. */
static inline long sys_futex_wake(__u32 *word)
{
	return sys6(__NR_futex, (long)word, FUTEX_WAKE, 0x7fffffff, 0, 0, LOL_COOKIE);
}

/* Adds 1 to an eventfd. */
static inline long sys_ring(int fd)
{
	const __u64 one = 1;

	return sys6(__NR_write, fd, (long)&one, sizeof(one), 0, 0, LOL_COOKIE);
}

struct host_timer {
	__u64 interval_s, interval_ns, s, ns;
};

#define TFD_TIMER_ABSTIME	1

static inline long sys_set_timer(int fd, const struct host_timer *value)
{
	return sys6(__NR_timerfd_settime, fd, TFD_TIMER_ABSTIME, (long)value, 0, 0, LOL_COOKIE);
}

static inline void __attribute__((__noreturn__)) sys_exit(int code)
{
	for (;;)
		sys6(__NR_exit_group, code, 0, 0, 0, 0, LOL_COOKIE);
}

#endif
