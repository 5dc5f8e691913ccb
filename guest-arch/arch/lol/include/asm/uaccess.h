/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Own header: user memory is never dereferenced.  Every access goes through the
 * running task's page tables and the direct map; mm/uaccess.c says how.
 */
#ifndef _ASM_LOL_UACCESS_H
#define _ASM_LOL_UACCESS_H

#include <linux/compiler.h>
#include <linux/string.h>
#include <asm/extable.h>
#include <asm/processor.h>
#include <asm-generic/access_ok.h>

/* All three return the number of bytes that were not done. */
unsigned long __must_check lol_copy_from_user(void *to, const void __user *from, unsigned long n);
unsigned long __must_check lol_copy_to_user(void __user *to, const void *from, unsigned long n);
unsigned long __must_check lol_clear_user(void __user *to, unsigned long n);

static __always_inline unsigned long __must_check
raw_copy_from_user(void *to, const void __user *from, unsigned long n)
{
	return lol_copy_from_user(to, from, n);
}

static __always_inline unsigned long __must_check
raw_copy_to_user(void __user *to, const void *from, unsigned long n)
{
	return lol_copy_to_user(to, from, n);
}

#define __clear_user lol_clear_user
static inline unsigned long __must_check clear_user(void __user *to, unsigned long n)
{
	might_fault();
	return access_ok(to, n) ? lol_clear_user(to, n) : n;
}

/*
 * One value of 1, 2, 4 or 8 bytes, by a single load or store where it lies in one
 * page.  Return 0 or -EFAULT; a value that could not be read is 0.
 */
int lol_get_user(u64 *val, const void __user *from, unsigned int size);
int lol_put_user(u64 val, void __user *to, unsigned int size);

#define __get_user(x, ptr)						\
({									\
	const __typeof__(*(ptr)) __user *__gu_ptr = (ptr);		\
	int __gu_err;							\
	if (sizeof(*__gu_ptr) <= 8 && __builtin_classify_type(*__gu_ptr) <= 5) { \
		u64 __gu_val;						\
		__gu_err = lol_get_user(&__gu_val, __gu_ptr, sizeof(*__gu_ptr)); \
		(x) = *(__typeof__(*(ptr)) __force *)&__gu_val;		\
	} else {							\
		__typeof__(*(ptr)) __gu_big;				\
		__gu_err = lol_copy_from_user((void *)&__gu_big, __gu_ptr, \
					      sizeof(*__gu_ptr)) ? -EFAULT : 0; \
		if (__gu_err)						\
			memset((void *)&__gu_big, 0, sizeof(*__gu_ptr));	\
		(x) = __gu_big;						\
	}								\
	__gu_err;							\
})

#define get_user(x, ptr)						\
({									\
	const __typeof__(*(ptr)) __user *__g_ptr = (ptr);		\
	might_fault();							\
	access_ok(__g_ptr, sizeof(*__g_ptr)) ?				\
		__get_user((x), __g_ptr) :				\
		((x) = (__typeof__(*(ptr)))0, -EFAULT);			\
})

#define __put_user(x, ptr)						\
({									\
	__typeof__(*(ptr)) __user *__pu_ptr = (ptr);			\
	__typeof__(*(ptr)) __pu_x = (x);				\
	u64 __pu_val = 0;						\
	BUILD_BUG_ON(sizeof(__pu_x) > 8);				\
	__builtin_memcpy(&__pu_val, &__pu_x, sizeof(__pu_x));		\
	lol_put_user(__pu_val, __pu_ptr, sizeof(__pu_x));		\
})

#define put_user(x, ptr)						\
({									\
	__typeof__(*(ptr)) __user *__p_ptr = (ptr);			\
	might_fault();							\
	access_ok(__p_ptr, sizeof(*__p_ptr)) ? __put_user((x), __p_ptr) : -EFAULT; \
})

long strncpy_from_user(char *dst, const char __user *src, long count);
long strnlen_user(const char __user *str, long n);

/* Kernel memory that may not be there: the only accesses with exception entries. */
#define __get_kernel_nofault(dst, src, type, label)			\
do {									\
	u64 __kn_val = 0;						\
	if (lol_read_kernel_nofault(&__kn_val, (src), sizeof(type)))	\
		goto label;						\
	*(type *)(dst) = *(type *)&__kn_val;				\
} while (0)

#define __put_kernel_nofault(dst, src, type, label)			\
do {									\
	u64 __kn_val = 0;						\
	*(type *)&__kn_val = *(type *)(src);				\
	if (lol_write_kernel_nofault((dst), __kn_val, sizeof(type)))	\
		goto label;						\
} while (0)

#define LOL_NOFAULT_READ(sfx, reg)					\
	asm volatile("1: mov" sfx " %2, %" reg "1\n"			\
		     "2:\n"						\
		     _ASM_EXTABLE_TYPE(1b, 2b, EX_TYPE_EFAULT_REG)	\
		     : "+a" (err), "=r" (*val) : "m" (*(const volatile u64 *)src))

static __always_inline int lol_read_kernel_nofault(u64 *val, const void *src, unsigned int size)
{
	long err = 0;

	switch (size) {
	case 1:
		LOL_NOFAULT_READ("zbl", "k");
		break;
	case 2:
		LOL_NOFAULT_READ("zwl", "k");
		break;
	case 4:
		LOL_NOFAULT_READ("l", "k");
		break;
	default:
		LOL_NOFAULT_READ("q", "");
		break;
	}
	return err;
}

#define LOL_NOFAULT_WRITE(sfx, reg)					\
	asm volatile("1: mov" sfx " %" reg "1, %2\n"			\
		     "2:\n"						\
		     _ASM_EXTABLE_TYPE(1b, 2b, EX_TYPE_EFAULT_REG)	\
		     : "+a" (err) : "r" (val), "m" (*(volatile u64 *)dst) : "memory")

static __always_inline int lol_write_kernel_nofault(void *dst, u64 val, unsigned int size)
{
	long err = 0;

	switch (size) {
	case 1:
		LOL_NOFAULT_WRITE("b", "b");
		break;
	case 2:
		LOL_NOFAULT_WRITE("w", "w");
		break;
	case 4:
		LOL_NOFAULT_WRITE("l", "k");
		break;
	default:
		LOL_NOFAULT_WRITE("q", "");
		break;
	}
	return err;
}

bool copy_from_kernel_nofault_allowed(const void *unsafe_src, size_t size);

#endif
