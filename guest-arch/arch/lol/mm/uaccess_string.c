// SPDX-License-Identifier: GPL-2.0-only
/*
 * Strings in user memory, a page at a time: what is behind the end of a string may
 * not be mapped, but what is in the same page is.  See uaccess.c for the sections.
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/word-at-a-time.h>
#include "walk.h"

/* Copies up to n bytes; returns how many precede the NUL, or n if there is none. */
static unsigned long copy_string(char *to, const char *from, unsigned long n)
{
	const struct word_at_a_time constants = WORD_AT_A_TIME_CONSTANTS;
	unsigned long done = 0, word, bits;

	while (n - done >= sizeof(word)) {
		word = *(const unsigned long *)(from + done);
		if (has_zero(word, &bits, &constants)) {
			*(unsigned long *)(to + done) = word & zero_bytemask(bits);
			return done + find_zero(bits);
		}
		*(unsigned long *)(to + done) = word;
		done += sizeof(word);
	}
	for (; done < n; done++) {
		to[done] = from[done];
		if (!to[done])
			break;
	}
	return done;
}

/**
 * strncpy_from_user() - copy a string from user memory
 * @dst: count bytes of room
 * @src: user address
 * @count: most bytes to copy, with the NUL
 *
 * Context: process, may fault and sleep.
 * Return: its length without the NUL, count if it does not fit (then without a
 * NUL), -EFAULT.
 */
long strncpy_from_user(char *dst, const char __user *src, long count)
{
	unsigned long user = (unsigned long)src, end, flags, piece, done = 0, length;
	struct mm_struct *mm = current->mm;
	const char *page;

	might_fault();
	if (count <= 0)
		return 0;
	if (!mm || user >= LOL_USER_END)
		return -EFAULT;
	end = user + min_t(unsigned long, count, LOL_USER_END - user);
	while (user < end) {
		piece = min(end - user, PAGE_SIZE - offset_in_page(user));
		flags = walk_begin();
		page = walk(mm, user, false);
		if (!page) {
			walk_end(flags);
			if (!lol_fault_in(user, false))
				return -EFAULT;
			continue;
		}
		length = copy_string(dst + done, page, piece);
		walk_end(flags);
		done += length;
		user += length;
		if (length < piece)
			return done;
	}
	return done == count ? count : -EFAULT;
}
EXPORT_SYMBOL(strncpy_from_user);

/**
 * strnlen_user() - size of a string in user memory
 * @str: user address
 * @n: most bytes to look at
 *
 * Context: process, may fault and sleep.
 * Return: its length with the NUL, more than n if it is longer, 0 for a bad address.
 */
long strnlen_user(const char __user *str, long n)
{
	unsigned long user = (unsigned long)str, end, flags, piece, done = 0, length;
	struct mm_struct *mm = current->mm;
	const char *page;

	might_fault();
	if (n <= 0 || !mm || user >= LOL_USER_END)
		return 0;
	end = user + min_t(unsigned long, n, LOL_USER_END - user);
	while (user < end) {
		piece = min(end - user, PAGE_SIZE - offset_in_page(user));
		flags = walk_begin();
		page = walk(mm, user, false);
		if (!page) {
			walk_end(flags);
			if (!lol_fault_in(user, false))
				return 0;
			continue;
		}
		length = strnlen(page, piece);
		walk_end(flags);
		done += length;
		user += length;
		if (length < piece)
			return done + 1;
	}
	return done == n ? n + 1 : 0;
}
EXPORT_SYMBOL(strnlen_user);
