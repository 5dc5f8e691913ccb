/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_HANDOFF_H
#define LOL_HANDOFF_H

#include <linux/types.h>
#include <lol/layout.h>
#include <lol/vcpu.h>
#include "syscall-bridge/state.h"

/*
 * What a vCPU's kernel process K and a space of split or ptrace share: one
 * memfd (LOL_FD_BRIDGE), LOL_HANDOFF_STRIDE bytes of it for each space slot.
 *
 *   offset	what			space		K
 *   0		struct lol_handoff	read, write (*)	read, write
 *   0x1000	struct lol_ops		read		read, write
 *   0x2000	struct lol_done		read		read
 *   0x8000	signal stack		read, write	read
 *
 * (*) split: the user thread's.  ptrace: the tracer's; the space does not map it.
 *
 * A space maps its own piece only.  lol_done is written by the space's agent
 * thread with pwrite, through the one descriptor that its filter lets it write
 * to, at the one offset: the user thread cannot forge it.
 *
 * The host puts the user's registers and vector state on the signal stack when it
 * delivers a signal, and there they stay while the guest kernel runs.  Of the registers
 * the user thread tells K (struct lol_told), vector state K reads when it needs it.
 *
 * Trust: everything that the space can write is hostile to K, which copies once
 * and then checks.
 */
#define LOL_HANDOFF_STRIDE	0x10000
#define LOL_HANDOFF_OPS		0x1000
#define LOL_HANDOFF_DONE	0x2000
#define LOL_HANDOFF_STACK	0x8000
#define LOL_HANDOFF_STACK_SIZE	0x8000
#define LOL_HANDOFF_SIZE	((__u64)LOL_MAX_SPACES * LOL_HANDOFF_STRIDE)

/* Where they are mapped, and the filters. */
#define LOL_WEDGE_FILTERS	0x00007c0008200000	/* all: struct lol_filters, read-only */
#define LOL_WEDGE_ATTACH	0x00007c0008210000	/* tracer, and its children at first: attach.c */
#define LOL_WEDGE_HANDOFF	0x00007c0008100000	/* a space: its own piece */
#define LOL_WEDGE_HANDOFFS	0x00007c0020000000	/* zygote, K: all of them */
#define LOL_WEDGE_TLBS		0x00007c0100000000	/* K: struct mm_tlb of each slot, private */

enum lol_handoff_reason {
	LOL_REASON_NONE,
	LOL_REASON_SIGNAL,	/* the host's frame is on the signal stack */
	LOL_REASON_NOT_READY,	/* the process takes long to set itself up; ptrace */
	LOL_REASON_NOT_LEFT,	/* a kick came before the user's code was entered */
	/* ptrace bridge; the tracer says so */
	LOL_REASON_CALL,	/* a system call was stopped before it was made */
	LOL_REASON_STOP,	/* any other stop; frame is set if the host told of a trap */
	LOL_REASON_REFUSED,	/* the host does not take these registers */
};

#define LOL_NO_FRAME	(~0U)

/* General registers as the host's ptrace(2) has them. */
struct lol_user_regs {
	__u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax;
	__u64 rip, cs, rflags, rsp, ss;
	__u64 fs_base, gs_base;	/* from here on they are set only if they change */
	__u64 ds, es, fs, gs;
};

#define LOL_TRACEE_CS		136	/* offset of cs there, and for PTRACE_POKEUSR */

#define LOL_HANDOFF_USER	0x300

#define LOL_HANDOFF_FP		0x400
#define LOL_HANDOFF_FP_SIZE	0xc00

/*
 * What the user thread of the split bridge says of a stop.  It tells only those words that
 * are others than the last time, of which both sides keep a copy: a system call so takes
 * one line of the cache to K, seldom two, and the host's frame stays where it is.
 */
struct lol_told {
	struct lol_regs regs;
	__u16 cs, gs, fs, ss;
	__u64 fs_base, gs_base;
	__u64 fp;			/* offset of the vector state in the signal stack */
	__u64 arch, call_address;	/* of SIGSYS */
	__u64 error, trap, cr2;		/* of all others */
};

#define LOL_TOLD_WORDS	(sizeof(struct lol_told) / sizeof(__u64))

/*
 * Who writes a line of the CPU's cache has it to himself: with K and the user thread on
 * two CPUs each line that both touch is a journey of some 150 ns, and what travels
 * together should lie together.
 */
struct lol_handoff {
	/* K: run the user, and how */
	__u32 enter;		/* futex word: for the enter-th time */
	__u32 needs;		/* lol_done.sequence to wait for before the user runs */
	__u64 new_fs, new_gs;	/* segment bases */
	__u64 fp_mask;		/* components to be restored from fp[] */
	__u32 load_fp;		/* restore fp[], not what is on the signal stack */
	__u16 cs;
	__u16 keep;		/* go on with the registers in the host's frame, but for rax */
	__u32 spin;		/* TSC ticks that the user thread may look before it sleeps */
	__u32 kernel_sleeps;	/* K waits for leave in the host */
	/* ptrace bridge */
	__u32 pid;		/* process that the run is for: tracees of others ignore it */
	__u32 user_size;	/* bytes of user that are to be set */
	__u64 rax;

	/* user: how the run ended */
	__u32 leave;		/* futex word: enter of the run that has ended */
	__u32 user_sleeps;	/* the user thread waits for enter in the host */
	__u16 reason;		/* enum lol_handoff_reason */
	__u16 signal;
	__u32 changed;		/* words of struct lol_told that are others than the last time */
	__u64 told[LOL_TOLD_WORDS];	/* and their values, in order */
	__u8 reserved2[0x140 - 0x50 - 8 * LOL_TOLD_WORDS];

	/* user; K looks only when it has lost the process */
	__u32 started;		/* enter of the last run that may have begun */
	/* ptrace bridge: the tracer, of a stop */
	__u32 frame;		/* offset of the host's ucontext in the signal stack */
	__u32 arch;		/* of the call */
	__u32 reserved3;
	__u64 call_address;	/* SIGSYS */
	__u8 reserved4[0x200 - 0x158];

	struct lol_regs regs;	/* K, unless keep */
	__u8 reserved5[LOL_HANDOFF_USER - 0x200 - sizeof(struct lol_regs)];
	struct lol_user_regs user;	/* ptrace: K, and the tracer after the run */
	__u8 reserved6[LOL_HANDOFF_FP - LOL_HANDOFF_USER - sizeof(struct lol_user_regs)];
	__u8 fp[LOL_HANDOFF_FP_SIZE];	/* XSAVE area, standard format; K; ptrace: as user */
};

enum lol_agent_op {
	LOL_AGENT_MMAP = 1,	/* of guest RAM, shared, fixed */
	LOL_AGENT_MUNMAP,
	LOL_AGENT_MPROTECT,
	LOL_AGENT_EXIT,		/* end of the process */
};

struct lol_op {
	__u32 kind;		/* enum lol_agent_op */
	__u32 prot;
	__u64 start, length;
	__u64 offset;		/* mmap: guest-physical */
};

#define LOL_AGENT_OPS		127

/* Written by K (EXIT: by the zygote), carried out by the agent in order. */
struct lol_ops {
	__u32 sequence;		/* futex word: of this batch */
	__u32 count;
	__u64 good, bad;	/* struct lol_done to be written: all went well, or not */
	__u32 pid;		/* process that the batch is for: others ignore it */
	__u32 enter;		/* split: afterwards wake the user thread, which waits for enter */
	struct lol_op op[LOL_AGENT_OPS];
};

/* The agent has carried out a batch. */
struct lol_done {
	__u32 failed;		/* an operation was refused by the host */
	__u32 sequence;		/* futex word */
};

_Static_assert(sizeof(struct lol_handoff) == 0x1000, "a page");
_Static_assert(__builtin_offsetof(struct lol_handoff, leave) == 0x40 &&
	       __builtin_offsetof(struct lol_handoff, started) == 0x140 &&
	       __builtin_offsetof(struct lol_handoff, regs) == 0x200, "cache lines");
_Static_assert(LOL_TOLD_WORDS < 32, "a bit for each");
_Static_assert(__builtin_offsetof(struct lol_handoff, fp) == LOL_HANDOFF_FP, "aligned for XRSTOR");
_Static_assert(__builtin_offsetof(struct lol_user_regs, cs) == LOL_TRACEE_CS, "the host's");
_Static_assert(sizeof(struct lol_ops) == 0x1000, "a page");
_Static_assert(sizeof(struct lol_op) == 32, "known to agent.S");
_Static_assert(LOL_WEDGE_HANDOFFS + LOL_HANDOFF_SIZE <= LOL_WEDGE_TLBS, "layout");

#endif
