/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_ROLES_H
#define LOL_ROLES_H

#include <linux/filter.h>
#include <linux/types.h>

/*
 * What the threads of a guest may ask of the host.  The monitor builds a seccomp
 * filter for each role (host/filters.c, where each call and its reason stands),
 * and hands all of them to the zygote in a memfd that nobody can write any more,
 * LOL_FD_FILTERS.  The wedge loads them (filter.c).
 *
 * Filters are inherited and add up: what the zygote's refuses is refused to all.
 */
enum lol_role {
	LOL_ROLE_INIT,		/* first process of the guest's pid namespace */
	LOL_ROLE_ZYGOTE,	/* maker of spaces; and a space until it has its own */
	LOL_ROLE_TRACER,	/* the same with the ptrace bridge: traces them, too */
	LOL_ROLE_VCPU,		/* runs the guest kernel: in-place space, or K */
	LOL_ROLE_USER,		/* runs guest user code: user thread of a space of split or ptrace */
	LOL_ROLE_AGENT,		/* maps guest memory: agent thread of the same */
	LOL_NR_ROLES,
};

#define LOL_FILTER_INSNS	255

struct lol_filter {
	__u32 length;		/* instructions; 0: no filter, since the host has none */
	__u32 offset_at;	/* agent: index of the one that holds its own file offset */
	struct sock_filter insn[LOL_FILTER_INSNS];
};

struct lol_filters {
	struct lol_filter role[LOL_NR_ROLES];
	__u8 reserved[0x3000 - LOL_NR_ROLES * sizeof(struct lol_filter)];
};

/*
 * The cookie.  Guest code makes system calls that are the guest's, and the wedge
 * in the same thread makes some that are the host's.  The wedge's carry this value
 * in their sixth argument, which none of them uses; mmap uses all six, but of its
 * descriptor only the lower half, so the upper half holds that of the cookie
 * (tests/probe/unused-arguments).
 *
 * It is a mark, no secret: guest code that passes it too gets what the role's
 * filter passes, each call of which is harmless with any arguments.
 */
#define LOL_COOKIE		0x6c6f6c2d77656467ULL
#define LOL_COOKIE_HALF		(LOL_COOKIE & 0xffffffff00000000ULL)

/* Stands in the agent's filter where the wedge puts the offset. */
#define LOL_OFFSET_MARK		0x5ce0ff5eU

_Static_assert(sizeof(struct lol_filter) == 2048, "all of them in three pages");
_Static_assert(sizeof(struct lol_filters) == 0x3000, "whole pages");

#endif
