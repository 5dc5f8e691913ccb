/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_STATE_H
#define LOL_STATE_H

#include <linux/types.h>
#include <lol/boot.h>
#include <lol/layout.h>
#include <lol/site.h>
#include <lol/vcpu.h>

/*
 * The shared state: one memfd, made and sized by the monitor, mapped by the
 * monitor and, at LOL_WEDGE_STATE, by every process that runs the wedge.  vCPU
 * pages are guest state; everything else here is bookkeeping about host
 * processes, a cache that dies with them.
 *
 *   offset      what
 *   0           struct lol_state
 *   0x1000      vCPU pages, LOL_MAX_VCPUS
 *   0x40000     user pages, one per vCPU (struct lol_user_page)
 *   0x100000    site entries; their index is what a rewritten site stores in
 *               lol_vcpu.site
 *   0x500000    hash of site addresses -> index + 1, open addressing
 *   0x800000    struct lol_space, LOL_MAX_SPACES
 *
 * Trust: of sites and hash the monitor keeps copies and never reads these; spaces
 * map them read-only, which guards against accidents (a guest kernel has the
 * descriptor).  The rest is written by processes that run guest code and is
 * hostile to the monitor: it copies a field once, then checks it.
 */
#define LOL_MAX_SITES		131072
#define LOL_SITE_HASH_SIZE	262144
#define LOL_MAX_SPACES		1024
#define LOL_ZYGOTE_SLOT		LOL_MAX_SPACES	/* no slot: what the zygote has for its own */

#define LOL_STATE_VCPU		0x1000
#define LOL_STATE_USER		0x40000
#define LOL_STATE_SITES		0x100000
#define LOL_STATE_HASH		0x500000
#define LOL_STATE_SPACES	0x800000
#define LOL_STATE_SIZE		0x1000000

/* Descriptors of the processes that run the wedge, and no others. */
enum lol_fd {
	LOL_FD_FILTERS = 2,	/* memfd, sealed: struct lol_filters (roles.h); until it is mapped */
	LOL_FD_RAM,		/* memfd: guest RAM */
	LOL_FD_STATE,		/* memfd: this */
	LOL_FD_EVENT,		/* eventfd: a vCPU has a request for the monitor */
	LOL_FD_BRIDGE,		/* memfd: hand-overs of split and ptrace (handoff.h) */
	LOL_FD_TIMER,		/* timerfd, CLOCK_MONOTONIC, of vCPU 0; of vCPU n: + n */
};

/* Where guest user code runs. */
enum lol_bridge {
	LOL_BRIDGE_IN_PLACE,	/* in the process that runs the guest kernel */
	LOL_BRIDGE_SPLIT,	/* in a process of its own for each address space */
	LOL_BRIDGE_PTRACE,	/* the same, driven by ptrace(2) */
};

/* The guest kernel has a process of its own for each vCPU. */
static inline int lol_bridge_has_kernel(__u32 bridge)
{
	return bridge != LOL_BRIDGE_IN_PLACE;
}

/*
 * Where it has: the slot of vCPU 0's kernel process; all other slots are spaces.
 */
#define LOL_KERNEL_SLOT		0

/* One site that was accepted, complete with its instruction. */
struct lol_site_entry {
	__u64 address;		/* guest-virtual of the first byte; 0: free */
	__u8 length;
	__u8 insn_length;
	__u8 kind;
	__u8 flags;
	__u32 reserved;
	__u8 insn[16];		/* the instruction, as found */
};

/* Fibonacci hashing; probe linearly from here, modulo LOL_SITE_HASH_SIZE. */
static inline __u32 lol_site_hash(__u64 address)
{
	return (__u32)((address * 0x9e3779b97f4a7c15ULL) >> 46);
}

/*
 * Life of a space slot.  The zygote takes FREE -> STARTING, forks, and makes it
 * READY; a vCPU takes READY -> TAKEN, gives it a root and makes it BOUND, if it has not
 * died meanwhile: from TAKEN nobody but that vCPU makes it BOUND.  When the root is gone or
 * the slot is wanted, the vCPU makes it RETIRED, or where a process may serve
 * another address space (struct bridge) READY again; the zygote makes RETIRED
 * DYING and wakes the process, which exits.  The monitor, having reaped it, makes
 * the slot FREE.
 */
enum lol_space_state {
	LOL_SPACE_FREE,
	LOL_SPACE_STARTING,
	LOL_SPACE_READY,
	LOL_SPACE_TAKEN,
	LOL_SPACE_BOUND,
	LOL_SPACE_RETIRED,
	LOL_SPACE_DYING,
};

#define LOL_SPACE_FLUSHES	48

struct lol_space_flush {
	__u64 start, end;	/* guest-virtual */
};

struct lol_space {
	__u32 state;		/* enum lol_space_state */
	__u32 turn;		/* futex word: incremented to pass the baton, or to say DYING */
	__u32 pid;		/* host process */
	__u32 vcpu;
	__u64 root;		/* guest-physical of the page-table root it is the TLB of */
	__u64 used;		/* virtual time of the last turn, for eviction */
	__u64 kernel_generation;	/* kernel-half flushes applied so far */
	__u64 walk[2];		/* struct mm_section of mm-emulation/mm.h: walks that flushes wait for */
	__u32 cost;		/* host memory of its mappings, pages: mm_charge() */
	__u32 reserved;
	__u32 lock;		/* of what follows */
	__u32 vmas;		/* in its process, when that last gave the baton away */
	__u32 nr_flushes;	/* queued; LOL_SPACE_FLUSHES + 1: too many, flush everything */
	struct lol_space_flush flush[LOL_SPACE_FLUSHES];
};

#define LOL_KERNEL_FLUSHES	64
#define LOL_ROOT_HINTS		1024
#define LOL_FATAL_CALL		24
#define LOL_KERNEL_HOT		16

static inline __u32 lol_root_hint(__u64 root)
{
	return (root >> 12) % LOL_ROOT_HINTS;
}

struct lol_state {
	__u32 version;		/* LOL_ABI_VERSION */
	__u32 nr_vcpus;
	__u64 ram_size;		/* bytes */
	__u64 xsave_mask;
	__u64 clock_ns;		/* host CLOCK_MONOTONIC at the guest's time zero */
	__u32 no_rewrite;	/* sites trap */
	__u32 monitor;		/* its process id */
	__u32 max_spaces;	/* slots in use: 0 .. max_spaces - 1 */
	__u32 spare_spaces;	/* how many the zygote keeps READY */
	__u32 wanted;		/* futex word: incremented when a READY space was taken */
	__u32 made;		/* futex word: incremented when a space has become READY */
	__u32 taken;		/* incremented when one was; made - taken are there, about */
	__u32 retired;		/* incremented when one was retired */
	__u32 slot_wanted;	/* the zygote finds no FREE slot */
	__u32 refused;		/* the host refuses a process or thread for a space; cleared by who makes room */
	__u32 fatal;		/* a process that runs the wedge found this errno and gave up */
	__u64 time;		/* virtual time: counts hand-overs */
	__u32 kernel_lock;	/* of the kernel-half flushes */
	__u32 nr_sites;		/* entries in use, monitor */
	__u64 kernel_generation;	/* flushes so far; the last LOL_KERNEL_FLUSHES are kept */
	struct lol_space_flush kernel_flush[LOL_KERNEL_FLUSHES];
	__s32 host_cpu[LOL_MAX_VCPUS];	/* host CPU that all spaces of a vCPU keep to; -1: any; monitor */
	__u64 kernel_hot[LOL_KERNEL_HOT];	/* kernel-half addresses that new spaces miss first */
	__u16 root_hint[LOL_ROOT_HINTS];	/* slot last bound to a root, by lol_root_hint() */
	__u32 bridge;		/* enum lol_bridge */
	__u32 user_cpu[LOL_MAX_VCPUS];	/* split: 1 + host CPU that its user threads keep to; 0: host_cpu; monitor */
	__u32 cost;		/* sum over all spaces */
	__u32 budget;		/* of it, pages; monitor */
	__u8 fatal_call[LOL_FATAL_CALL];	/* name of the host call that gave fatal */
	__u32 spread_wanted[LOL_MAX_VCPUS];	/* split: its K found that a second host CPU would pay; rings the bell */
	__u32 run;		/* ptrace: K wants a user to run, the run-th time; wanted is incremented, too */
	__u32 run_slot;		/* ptrace: which */
};

static inline struct lol_vcpu *lol_state_vcpu(void *state, __u32 n)
{
	return (struct lol_vcpu *)((char *)state + LOL_STATE_VCPU + n * 0x1000UL);
}

static inline struct lol_site_entry *lol_state_sites(void *state)
{
	return (struct lol_site_entry *)((char *)state + LOL_STATE_SITES);
}

static inline __u32 *lol_state_hash(void *state)
{
	return (__u32 *)((char *)state + LOL_STATE_HASH);
}

static inline struct lol_space *lol_state_space(void *state, __u32 slot)
{
	return (struct lol_space *)((char *)state + LOL_STATE_SPACES) + slot;
}

_Static_assert(sizeof(struct lol_vcpu) <= 0x1000, "a vCPU is one page");
_Static_assert(LOL_STATE_SITES + LOL_MAX_SITES * sizeof(struct lol_site_entry) <= LOL_STATE_HASH, "sites");
_Static_assert(LOL_STATE_HASH + LOL_SITE_HASH_SIZE * sizeof(__u32) <= LOL_STATE_SPACES, "hash");
_Static_assert(LOL_STATE_SPACES + LOL_MAX_SPACES * sizeof(struct lol_space) <= LOL_STATE_SIZE, "spaces");

#endif
