// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading of the seccomp filters, which the monitor has built (host/filters.c).
 *
 * They come in a sealed memfd, so that no process that ran guest code can have
 * changed them; spaces inherit the zygote's mapping.
 */
#include <linux/audit.h>
#include <linux/seccomp.h>
#include "syscall-bridge/handoff.h"
#include "syscall-bridge/roles.h"
#include "syscall-bridge/sys.h"
#include "syscall-bridge/wedge.h"

static const struct lol_filters *const filters = (const struct lol_filters *)LOL_WEDGE_FILTERS;

struct program {
	u16 length;
	const struct sock_filter *insn;
};

/**
 * filters_map - get the filters from LOL_FD_FILTERS, once and for all children
 *
 * Return: 0 or -errno.
 */
long filters_map(void)
{
	long ret = sys_mmap(LOL_WEDGE_FILTERS, sizeof(*filters), PROT_READ, MAP_PRIVATE | MAP_FIXED,
			    LOL_FD_FILTERS, 0);

	return SYS_ERROR(ret) ? ret : sys3(__NR_close_range, LOL_FD_FILTERS, LOL_FD_FILTERS, 0);
}

static long load(const struct program *program)
{
	return sys3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, (long)program);
}

#ifdef LOL_WEAK_FILTER	/* for tests/attack/calls: what would happen without */
static long load_weak(u32 role)
{
	static const struct sock_filter cookie_only[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, __builtin_offsetof(struct seccomp_data, args[5]) + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LOL_COOKIE >> 32, 0, 3),
		/* which leaves a handler with the registers that led there */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, __builtin_offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_rt_sigreturn, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
	};

	return role == LOL_ROLE_USER ? load(&(struct program){ ARRAY_SIZE(cookie_only), cookie_only }) : 0;
}
#endif

/**
 * filter_load - from here on this thread has a role
 * @role: enum lol_role
 *
 * Return: 0 or -errno.
 */
long filter_load(u32 role)
{
#ifdef LOL_WEAK_FILTER
	if (role == LOL_ROLE_USER || role == LOL_ROLE_ZYGOTE || role == LOL_ROLE_TRACER)
		return load_weak(role);
#endif
#ifdef LOL_WEAK_KERNEL	/* for tests/attack/defences: of the guest kernel */
	if (role == LOL_ROLE_VCPU || role == LOL_ROLE_ZYGOTE || role == LOL_ROLE_TRACER)
		return 0;
#endif
	if (!filters->role[role].length)
		return 0;	/* the host has no filters */
	return load(&(struct program){ filters->role[role].length, filters->role[role].insn });
}

/**
 * filter_agent - the filter of an agent thread, which loads it itself
 * @done: offset in LOL_FD_BRIDGE of its struct lol_done, the one place it may write
 *
 * Return: struct sock_fprog, or NULL where the host has no filters.
 */
const void *filter_agent(u64 done)
{
	static struct lol_filter filter;
	static struct program program;

	memcpy(&filter, &filters->role[LOL_ROLE_AGENT], sizeof(filter));
	if (!filter.length)
		return NULL;
	filter.insn[filter.offset_at].k = done;
	program = (struct program){ filter.length, filter.insn };
	return &program;
}
