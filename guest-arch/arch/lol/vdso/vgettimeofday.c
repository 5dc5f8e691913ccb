// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vDSO's functions.  lib/vdso/gettimeofday.c is included by the Makefile.
 * This is user code: no privileged instructions, and none that would tell about
 * the host's CPUs (rdpid, rdtscp, lsl).
 */
#include <linux/time.h>
#include <linux/types.h>
#include <lol/boot.h>
#include <lol/layout.h>

struct getcpu_cache;

int __vdso_clock_gettime(clockid_t clock, struct __kernel_timespec *ts);
int __vdso_clock_getres(clockid_t clock, struct __kernel_timespec *res);
int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz);
__kernel_old_time_t __vdso_time(__kernel_old_time_t *t);
long __vdso_getcpu(unsigned int *cpu, unsigned int *node, struct getcpu_cache *unused);

int __vdso_clock_gettime(clockid_t clock, struct __kernel_timespec *ts)
{
	return __cvdso_clock_gettime(clock, ts);
}

int clock_gettime(clockid_t clock, struct __kernel_timespec *ts)
	__attribute__((weak, alias("__vdso_clock_gettime")));

int __vdso_clock_getres(clockid_t clock, struct __kernel_timespec *res)
{
	return __cvdso_clock_getres(clock, res);
}

int clock_getres(clockid_t clock, struct __kernel_timespec *res)
	__attribute__((weak, alias("__vdso_clock_getres")));

int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz)
{
	return __cvdso_gettimeofday(tv, tz);
}

int gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz)
	__attribute__((weak, alias("__vdso_gettimeofday")));

__kernel_old_time_t __vdso_time(__kernel_old_time_t *t)
{
	return __cvdso_time(t);
}

__kernel_old_time_t time(__kernel_old_time_t *t)
	__attribute__((weak, alias("__vdso_time")));

/* The page is the vCPU's: it changes under us when we are moved. */
long __vdso_getcpu(unsigned int *cpu, unsigned int *node, struct getcpu_cache *unused)
{
	const volatile struct lol_user_page *page = (void *)LOL_USER_PAGE;

	if (cpu)
		*cpu = page->vcpu;
	if (node)
		*node = 0;
	return 0;
}

long getcpu(unsigned int *cpu, unsigned int *node, struct getcpu_cache *unused)
	__attribute__((weak, alias("__vdso_getcpu")));
