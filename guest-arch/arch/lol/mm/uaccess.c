// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to user memory.
 *
 * The kernel never dereferences a user address: the host maps user pages only
 * where user code has touched them, in split mode not at all where the kernel
 * runs, and a fault of the host must not be taken for one of the guest.  Instead
 * each access walks the page tables of current->mm to the direct map, page by
 * page, and has missing pages made as a fault would.
 *
 * What keeps a page between the walk and the copy: nothing but time.  A walk and
 * its copy form a walk section, with interrupts off and this CPU's count odd.
 * Whoever changes an entry flushes before the page is used for anything else, and
 * a flush waits until every CPU that was in a section has left it.  So a section
 * never sleeps, takes no lock, and covers one page at most.
 *
 * Accessed and Dirty are set before the access, by compare-and-swap, as the MMU
 * would.
 */
#include <linux/export.h>
#include <uapi/linux/futex.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/futex.h>
#include "mm_internal.h"
#include "walk.h"

DEFINE_PER_CPU(unsigned int, lol_walk_count);

void lol_wait_walks(void)
{
	unsigned int cpu;

	if (num_online_cpus() == 1)
		return;
	smp_mb();
	for_each_online_cpu(cpu) {
		unsigned int *count = per_cpu_ptr(&lol_walk_count, cpu);
		unsigned int seen = READ_ONCE(*count);

		if (seen & 1)
			while (READ_ONCE(*count) == seen)
				cpu_relax();
	}
}

/* The entry maps no RAM, or Accessed or Dirty is still missing. */
void *lol_walk_slow(unsigned long *entry, unsigned long value, unsigned long mask,
		    unsigned long addr, bool write)
{
	unsigned long allow = _PAGE_PRESENT | _PAGE_USER | (write ? _PAGE_RW : 0);
	unsigned long set = _PAGE_ACCESSED | (write ? _PAGE_DIRTY : 0);

	do {
		if ((value & allow) != allow || (value & PTE_PFN_MASK) >= PFN_PHYS(max_pfn))
			return NULL;
	} while (!arch_try_cmpxchg(entry, &value, value | set));
	return __va((value & PTE_PFN_MASK & ~mask) | (addr & mask));
}

static bool vma_allows(struct vm_area_struct *vma, bool write)
{
	/* A register window is not memory. */
	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		return false;
	return write ? vma->vm_flags & VM_WRITE : vma_is_accessible(vma);
}

bool lol_fault_in(unsigned long addr, bool write)
{
	struct mm_struct *mm = current->mm;
	unsigned int flags = FAULT_FLAG_DEFAULT | (write ? FAULT_FLAG_WRITE : 0);
	struct vm_area_struct *vma;
	vm_fault_t fault;

	if (!mm || !user_range(addr, 1) || faulthandler_disabled() || irqs_disabled())
		return false;

	vma = lock_vma_under_rcu(mm, addr);
	if (vma) {
		if (unlikely(!vma_allows(vma, write))) {
			vma_end_read(vma);
			return false;
		}
		fault = handle_mm_fault(vma, addr, flags | FAULT_FLAG_VMA_LOCK, NULL);
		if (!(fault & (VM_FAULT_RETRY | VM_FAULT_COMPLETED)))
			vma_end_read(vma);
		if (!(fault & VM_FAULT_RETRY))
			return !(fault & VM_FAULT_ERROR);
		if (fatal_signal_pending(current))
			return false;
		if (fault & VM_FAULT_MAJOR)
			flags |= FAULT_FLAG_TRIED;
	}
	for (;;) {
		vma = lock_mm_and_find_vma(mm, addr, NULL);
		if (!vma)
			return false;
		if (!vma_allows(vma, write)) {
			mmap_read_unlock(mm);
			return false;
		}
		fault = handle_mm_fault(vma, addr, flags, NULL);
		if (fault & VM_FAULT_COMPLETED)
			return true;
		if (!(fault & VM_FAULT_RETRY))
			break;
		if (fatal_signal_pending(current))
			return false;
		flags |= FAULT_FLAG_TRIED;
	}
	mmap_read_unlock(mm);
	return !(fault & VM_FAULT_ERROR);
}

enum copy { FROM_USER, TO_USER, CLEAR_USER };

/* Short copies are what most system calls do. */
static __always_inline void copy_piece(void *to, const void *from, unsigned long n)
{
	if (n == 8)
		*(u64 *)to = *(const u64 *)from;
	else if (n == 16)
		*(u128 *)to = *(const u128 *)from;
	else
		memcpy(to, from, n);
}

static __always_inline unsigned long
copy_user(void *kernel, unsigned long user, unsigned long n, const enum copy what)
{
	struct mm_struct *mm = current->mm;

	if (unlikely(!mm || !user_range(user, n)))
		return n;
	while (n) {
		unsigned long piece = min(n, PAGE_SIZE - offset_in_page(user));
		unsigned long flags = walk_begin();
		void *page = walk(mm, user, what != FROM_USER);

		if (unlikely(!page)) {
			walk_end(flags);
			if (!lol_fault_in(user, what != FROM_USER))
				break;
			continue;
		}
		if (what == FROM_USER)
			copy_piece(kernel, page, piece);
		else if (what == TO_USER)
			copy_piece(page, kernel, piece);
		else
			memset(page, 0, piece);
		walk_end(flags);
		kernel += piece;
		user += piece;
		n -= piece;
	}
	return n;
}

unsigned long lol_copy_from_user(void *to, const void __user *from, unsigned long n)
{
	return copy_user(to, (unsigned long)from, n, FROM_USER);
}
EXPORT_SYMBOL(lol_copy_from_user);

unsigned long lol_copy_to_user(void __user *to, const void *from, unsigned long n)
{
	return copy_user((void *)from, (unsigned long)to, n, TO_USER);
}
EXPORT_SYMBOL(lol_copy_to_user);

unsigned long lol_clear_user(void __user *to, unsigned long n)
{
	return copy_user(NULL, (unsigned long)to, n, CLEAR_USER);
}
EXPORT_SYMBOL(lol_clear_user);

static __always_inline u64 load(const void *from, unsigned int size)
{
	switch (size) {
	case 1:
		return READ_ONCE(*(const u8 *)from);
	case 2:
		return READ_ONCE(*(const u16 *)from);
	case 4:
		return READ_ONCE(*(const u32 *)from);
	default:
		return READ_ONCE(*(const u64 *)from);
	}
}

static __always_inline void store(void *to, u64 val, unsigned int size)
{
	switch (size) {
	case 1:
		WRITE_ONCE(*(u8 *)to, val);
		break;
	case 2:
		WRITE_ONCE(*(u16 *)to, val);
		break;
	case 4:
		WRITE_ONCE(*(u32 *)to, val);
		break;
	default:
		WRITE_ONCE(*(u64 *)to, val);
		break;
	}
}

/* One load or store does it: a size of the machine's, in one page. */
static __always_inline bool single(unsigned long user, unsigned int size)
{
	return is_power_of_2(size) && offset_in_page(user) <= PAGE_SIZE - size;
}

int lol_get_user(u64 *val, const void __user *from, unsigned int size)
{
	unsigned long user = (unsigned long)from, flags;
	struct mm_struct *mm = current->mm;
	void *page;

	*val = 0;
	if (unlikely(!mm || !user_range(user, size)))
		return -EFAULT;
	if (unlikely(!single(user, size))) {
		if (!lol_copy_from_user(val, from, size))
			return 0;
		*val = 0;
		return -EFAULT;
	}
	for (;;) {
		flags = walk_begin();
		page = walk(mm, user, false);
		if (likely(page)) {
			*val = load(page, size);
			walk_end(flags);
			return 0;
		}
		walk_end(flags);
		if (!lol_fault_in(user, false))
			return -EFAULT;
	}
}
EXPORT_SYMBOL(lol_get_user);

int lol_put_user(u64 val, void __user *to, unsigned int size)
{
	unsigned long user = (unsigned long)to, flags;
	struct mm_struct *mm = current->mm;
	void *page;

	if (unlikely(!mm || !user_range(user, size)))
		return -EFAULT;
	if (unlikely(!single(user, size)))
		return lol_copy_to_user(to, &val, size) ? -EFAULT : 0;
	for (;;) {
		flags = walk_begin();
		page = walk(mm, user, true);
		if (likely(page)) {
			store(page, val, size);
			walk_end(flags);
			return 0;
		}
		walk_end(flags);
		if (!lol_fault_in(user, true))
			return -EFAULT;
	}
}
EXPORT_SYMBOL(lol_put_user);

/* The word of a futex, in a section.  Its address is aligned, so it lies in one page. */
static __always_inline u32 *futex_word(u32 __user *uaddr, unsigned long *flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long user = (unsigned long)uaddr;
	u32 *word;

	if (unlikely(!mm || !user_range(user, sizeof(u32)) || (user & 3)))
		return NULL;
	for (;;) {
		*flags = walk_begin();
		word = walk(mm, user, true);
		if (likely(word))
			return word;
		walk_end(*flags);
		if (!lol_fault_in(user, true))
			return NULL;
	}
}

int lol_futex_cmpxchg(u32 *uval, u32 __user *uaddr, u32 oldval, u32 newval)
{
	unsigned long flags;
	u32 *word = futex_word(uaddr, &flags);

	if (!word)
		return -EFAULT;
	*uval = arch_cmpxchg(word, oldval, newval);
	walk_end(flags);
	return 0;
}
EXPORT_SYMBOL(lol_futex_cmpxchg);

int lol_futex_op(int op, int oparg, u32 *oval, u32 __user *uaddr)
{
	unsigned long flags;
	u32 *word = futex_word(uaddr, &flags);
	u32 old, new;

	if (!word)
		return -EFAULT;
	old = READ_ONCE(*word);
	do {
		switch (op) {
		case FUTEX_OP_SET:
			new = oparg;
			break;
		case FUTEX_OP_ADD:
			new = old + oparg;
			break;
		case FUTEX_OP_OR:
			new = old | oparg;
			break;
		case FUTEX_OP_ANDN:
			new = old & ~oparg;
			break;
		case FUTEX_OP_XOR:
			new = old ^ oparg;
			break;
		default:
			walk_end(flags);
			return -ENOSYS;
		}
	} while (!arch_try_cmpxchg(word, &old, new));
	walk_end(flags);
	*oval = old;
	return 0;
}
EXPORT_SYMBOL(lol_futex_op);

/* In the in-place bridge a user address would even work: refuse all but ours. */
bool copy_from_kernel_nofault_allowed(const void *unsafe_src, size_t size)
{
	unsigned long addr = (unsigned long)unsafe_src;

	return addr >= LOL_KERNEL_START && addr < LOL_KERNEL_END && size <= LOL_KERNEL_END - addr &&
	       (addr + size <= LOL_NEAR_START || addr >= LOL_NEAR_END);
}
