/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_LOL_VDSO_GETTIMEOFDAY_H
#define _ASM_LOL_VDSO_GETTIMEOFDAY_H

#ifndef __ASSEMBLY__

#include <uapi/linux/time.h>
#include <asm/unistd.h>
#include <asm/vclock.h>

#define VDSO_HAS_TIME		1
#define VDSO_HAS_CLOCK_GETRES	1

/* Placed by the linker script. */
extern const struct lol_clock _vdso_clock __attribute__((visibility("hidden")));

static __always_inline long vdso_syscall2(long nr, unsigned long arg0, unsigned long arg1)
{
	long ret;

	asm volatile("syscall" : "=a" (ret) : "0" (nr), "D" (arg0), "S" (arg1)
		     : "rcx", "r11", "memory");
	return ret;
}

static __always_inline
int gettimeofday_fallback(struct __kernel_old_timeval *tv, struct timezone *tz)
{
	return vdso_syscall2(__NR_gettimeofday, (unsigned long)tv, (unsigned long)tz);
}

static __always_inline
long clock_gettime_fallback(clockid_t clock, struct __kernel_timespec *ts)
{
	return vdso_syscall2(__NR_clock_gettime, clock, (unsigned long)ts);
}

static __always_inline
int clock_getres_fallback(clockid_t clock, struct __kernel_timespec *ts)
{
	return vdso_syscall2(__NR_clock_getres, clock, (unsigned long)ts);
}

static __always_inline u64 __arch_get_hw_counter(s32 clock_mode, const struct vdso_data *vd)
{
	/* Not before the mode is known: the page may be absent otherwise. */
	barrier();
	return lol_clock_read(&_vdso_clock);
}

static __always_inline const struct vdso_data *__arch_get_vdso_data(void)
{
	return _vdso_data;
}

#ifdef CONFIG_TIME_NS
static __always_inline
const struct vdso_data *__arch_get_timens_vdso_data(const struct vdso_data *vd)
{
	return _timens_data;
}
#endif

#endif /* !__ASSEMBLY__ */
#endif
