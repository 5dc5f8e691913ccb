/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_K_H
#define LOL_K_H

/*
 * Inside of K, the process of a vCPU that runs the guest kernel when guest user
 * code runs in spaces of its own: bridges split and ptrace.
 *
 *   kspace.c	which space a root has, waiting for spaces, complaints
 *   kagent.c	operations for their agents
 *   kuser.c	the user's registers and vector state: checked, kept, lost
 *   split.c, ptrace.c	how the user is run
 *   spread.c	on which host CPU
 */
#include "syscall-bridge/bridge.h"
#include "syscall-bridge/frame.h"
#include "syscall-bridge/handoff.h"
#include "mm-emulation/mm.h"

#define NO_ROOT		(~0ULL)

#pragma GCC visibility push(hidden)

/* What K knows of a slot, and nobody else can change. */
struct kslot {
	u32 pid;		/* of the process that it was bound to a root with; 0: none */
	u32 enter;		/* last number given */
	u32 sequence;		/* of the last batch published */
	u32 queued;		/* operations in the batch to come */
	bool outstanding;	/* a batch was published and not seen to be done */
	bool used;		/* its memory holds traces of a former process */
	bool has_fp;		/* it has user's vector state at fp_offset of its piece */
	u32 fp_offset;
	struct lol_told told;	/* split: what its user thread has told last */
	struct place place;
};
extern struct kslot kslot[LOL_MAX_SPACES];

/* The space of the root that is loaded, where that is known. */
struct kcurrent {
	u64 root;		/* or NO_ROOT */
	u32 slot;
};
extern struct kcurrent current;

static inline u8 *piece(u32 slot)
{
	return (u8 *)LOL_WEDGE_HANDOFFS + (u64)slot * LOL_HANDOFF_STRIDE;
}

static inline struct lol_handoff *handoff(u32 slot)
{
	return (struct lol_handoff *)piece(slot);
}

static inline struct lol_ops *ops_of(u32 slot)
{
	return (struct lol_ops *)(piece(slot) + LOL_HANDOFF_OPS);
}

static inline struct lol_done *done_of(u32 slot)
{
	return (struct lol_done *)(piece(slot) + LOL_HANDOFF_DONE);
}

static inline struct mm_tlb *tlb_of(u32 slot)
{
	return (struct mm_tlb *)LOL_WEDGE_TLBS + slot;
}

/* User threads have a host CPU of their own, which nobody else wants. */
static inline bool spinning(void)
{
	return READ_ONCE(state->user_cpu[vcpu->number % LOL_MAX_VCPUS]);
}

static inline u64 tsc_us(void)
{
	return clock_page->tsc_khz / 1000;
}
#define SPIN		30	/* microseconds: what passes for a short run */

/* kspace.c */
bool gone(u32 slot);
bool kick_due(void);
bool user_begins(u32 slot);
void user_ended(void);
void complain(u32 slot, bool certain, u64 what);
bool wait_for(u32 slot, u32 *word, u32 value, u32 *sleeps, bool (*urgent)(void));
u32 current_slot(void);
void k_load_root(struct lol_regs *regs, u64 root);
struct place *k_place(u64 root);
void k_settle(struct place *place);
void k_retire(struct lol_space *space);

/* kagent.c */
void publish(u32 slot, bool enter);
bool await_agent(u32 slot);

/* spread.c */
void spread_count(void);

/* kuser.c */
extern bool fp_here, fp_changed;
extern u8 fp_state[LOL_HANDOFF_FP_SIZE];
extern u32 xsave_size;
void kuser_setup(void);
void fetch_fp(void);
void ready_fp(const struct kslot *k);
int k_user_fp(void *area, u64 mask, u32 operation, void **fp);
u64 k_read_fs(void);
void k_write_fs(u64 base);
bool check_user(struct host_ucontext *uc, const struct host_siginfo *info, u32 *signal, u64 fs,
		u64 gs);
/* false: no host would have written that */
typedef bool take_user(u32 slot, struct host_ucontext *uc, struct host_siginfo *info, u32 *signal);
void user_left(u32 slot, bool answered, take_user *take, struct lol_regs *regs);

#pragma GCC visibility pop

#endif
