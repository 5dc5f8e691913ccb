// SPDX-License-Identifier: GPL-2.0-only
/*
 * The seccomp filters: of an in-place space and of K (filter_load), of a split
 * space's user thread (filter_load_user) and of its agent (filter_agent).
 *
 * Mechanism first: any system call that is not made by the wedge becomes SIGSYS,
 * and thereby the guest's.  It is inherited and fails closed.
 *
 * Then confinement: of the calls that are made from the wedge's text only those
 * pass which the wedge needs.  Guest code can jump to the wedge's syscall
 * instruction with registers of its choice, so each entry says why it is
 * harmless with any arguments; the instruction pointer protects nothing.
 *
 *   mmap           only of LOL_FD_RAM, shared, fixed: guest RAM, which guest code
 *                  has anyway, in its own process
 *   munmap,
 *   mprotect       its own process
 *   futex          WAIT and WAKE only: words it can read; may delay its own guest
 *   timerfd_settime only the descriptors it has: its own timers
 *   write          only LOL_FD_EVENT: rings the monitor's bell
 *   exit_group     its own process
 *
 * The user thread passes futex WAIT and WAKE, as above, and nothing else.  The
 * agent passes mmap, munmap, mprotect and futex as above, and
 *
 *   pwrite64       8 bytes to LOL_FD_BRIDGE at the one offset where it reports to K
 *   exit_group     its own process
 *
 * Written as plain BPF: libseccomp cannot match on the instruction pointer.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include "syscall-bridge/wedge.h"
#include "syscall-bridge/sys.h"

#ifdef LOL_WEAK_FILTER
#define WEAK	1
#else
#define WEAK	0
#endif

#define OFFSET(field)	__builtin_offsetof(struct seccomp_data, field)
#define LOAD(field)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, OFFSET(field))
#define LOAD_HIGH(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, OFFSET(field) + 4)
#define EQUAL(k, t, f)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (k), (t), (f))
#define GREATER(k, t, f) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (k), (t), (f))
#define RETURN(k)	BPF_STMT(BPF_RET | BPF_K, (k))

/**
 * filter_load - from here on this process is a virtual CPU
 *
 * Return: 0 or -errno.
 */
long filter_load(void)
{
	static struct sock_filter filter[] = {
		LOAD_HIGH(instruction_pointer),
		EQUAL(LOL_WEDGE_TEXT >> 32, 0, 24),
		LOAD(instruction_pointer),
		GREATER(0x10000, 22, 0),	/* wedge.lds: all text is below */
		LOAD(arch),
		EQUAL(AUDIT_ARCH_X86_64, 0, 20),
		LOAD(nr),
		EQUAL(__NR_futex, 8, 0),
		EQUAL(__NR_munmap, 16, 0),
		EQUAL(__NR_mmap, 8, 0),
		EQUAL(__NR_write, 11, 0),
		EQUAL(__NR_timerfd_settime, 13, 0),
		EQUAL(__NR_mprotect, 12, 0),
		EQUAL(__NR_exit_group, 11, 0),
		RETURN(SECCOMP_RET_TRAP),
		RETURN(SECCOMP_RET_TRAP),
		/* 16: futex */
		LOAD(args[1]),
		GREATER(2, 8, 7),
		/* 18: mmap */
		LOAD(args[4]),
		EQUAL(LOL_FD_RAM, 0, 6),
		LOAD(args[3]),
		EQUAL(MAP_SHARED | MAP_FIXED, 3, 4),
		/* 22: write */
		LOAD(args[0]),
		EQUAL(LOL_FD_EVENT, 1, 2),
		RETURN(SECCOMP_RET_TRAP),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_TRAP),
	};
	struct { u16 length; struct sock_filter *filter; } program = {
		.length = ARRAY_SIZE(filter), .filter = filter,
	};

	return sys3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		    (long)&program);
}

/**
 * filter_load_user - from here on this thread runs guest user code
 *
 * Return: 0 or -errno.
 */
long filter_load_user(void)
{
	static struct sock_filter filter[] = {
		/* mechanism: the guest's own futex calls are the guest's */
		LOAD_HIGH(instruction_pointer),
		EQUAL(LOL_WEDGE_TEXT >> 32, 0, 9 + WEAK),
		LOAD(instruction_pointer),
		GREATER(0x10000, 7 + WEAK, 0),
#ifdef LOL_WEAK_FILTER	/* for tests/attack/calls: what would happen without */
		RETURN(SECCOMP_RET_ALLOW),
#endif
		/* protection */
		LOAD(arch),
		EQUAL(AUDIT_ARCH_X86_64, 0, 5),
		LOAD(nr),
		EQUAL(__NR_futex, 0, 3),
		LOAD(args[1]),
		GREATER(FUTEX_WAKE + 1, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_TRAP),
	};
	struct { u16 length; struct sock_filter *filter; } program = {
		.length = ARRAY_SIZE(filter), .filter = filter,
	};

	return sys3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		    (long)&program);
}

/**
 * filter_agent - the filter of an agent thread, which loads it itself
 * @out: the program
 * @done: offset in LOL_FD_BRIDGE of its struct lol_done
 *
 * Return: length of the program.
 */
u32 filter_agent(struct sock_filter **out, u64 done)
{
	static struct sock_filter filter[] = {
		LOAD(arch),
		EQUAL(AUDIT_ARCH_X86_64, 0, 25),
		LOAD(nr),
		EQUAL(__NR_munmap, 22, 0),
		EQUAL(__NR_mprotect, 21, 0),
		EQUAL(__NR_exit_group, 20, 0),
		EQUAL(__NR_mmap, 3, 0),
		EQUAL(__NR_futex, 6, 0),
		EQUAL(__NR_pwrite64, 7, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		/* 10: mmap */
		LOAD(args[4]),
		EQUAL(LOL_FD_RAM, 0, 15),
		LOAD(args[3]),
		EQUAL(MAP_SHARED | MAP_FIXED, 12, 13),
		/* 14: futex */
		LOAD(args[1]),
		GREATER(FUTEX_WAKE + 1, 11, 10),
		/* 16: pwrite64 */
		LOAD(args[0]),
		EQUAL(LOL_FD_BRIDGE, 0, 9),
		LOAD(args[2]),
		EQUAL(8, 0, 7),
		LOAD(args[3]),
		EQUAL(0, 0, 5),		/* 21: low half of the offset */
		LOAD_HIGH(args[3]),
		EQUAL(0, 2, 3),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_KILL_PROCESS),
	};

	filter[21].k = done;
	*out = filter;
	return ARRAY_SIZE(filter);
}
