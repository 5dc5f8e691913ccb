/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FUZZ_FRAMES_H
#define TESTS_FUZZ_FRAMES_H

/*
 * fuzz_frames is compiled with this before all else: whatever K reads of what a space can
 * write, by word or by copy, is not what it was when it reads it again.
 */
void *copy_and_change(void *to, const void *from, unsigned long n);
void read_and_change(const volatile void *at);

#define memcpy(to, from, n)	copy_and_change(to, from, n)
#define READ_ONCE(x) ({							\
	__typeof__(x) once_ = __atomic_load_n(&(x), __ATOMIC_RELAXED);	\
									\
	read_and_change(&(x));						\
	once_;								\
})

#endif
