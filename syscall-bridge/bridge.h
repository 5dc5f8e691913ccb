/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_BRIDGE_H
#define LOL_BRIDGE_H

/*
 * What differs between the bridges: where guest user code runs, and who maps
 * its memory.  The virtual CPU (emulate.c, event.c, signal.c, memory.c) is the
 * same for all.
 *
 *   in-place	inplace.c	in the process that runs the guest kernel
 *   split	split.c, user.c	in a process of its own for each address space
 *   ptrace	ptrace.c, tracer.c	the same, stopped and continued by a tracer
 */
#include "syscall-bridge/wedge.h"

struct mm_tlb;

/* A host process as the TLB of guest memory. */
struct place {
	struct mm_tlb *tlb;
	u32 slot;		/* its agent does the mapping; NO_AGENT: this process, itself */
};
#define NO_AGENT	LOL_MAX_SPACES

struct bridge {
	/*
	 * run_user - run guest user code, until its next event has been delivered
	 * @regs: of the user; afterwards of the handler of the event
	 *
	 * cpl is 3.  May return early with nothing changed if an interrupt is
	 * pending.  NULL: user code runs in this process, leave() is enough.
	 */
	void (*run_user)(struct lol_regs *regs);

	/* load_root - CR3 gets another root; need not return, but goes on with @regs */
	void (*load_root)(struct lol_regs *regs, u64 root);

	/* place - where the user half of a root is mapped; NULL: not in any running process */
	struct place *(*place)(u64 root);

	/*
	 * settle - what was unmapped or protected in a place is so when this returns.
	 * What is mapped there is before the user runs.
	 */
	void (*settle)(struct place *place);

	/*
	 * reuse - a process may serve one address space after the other
	 *
	 * Only where guest users are not protected from each other anyway.
	 */
	bool reuse;

	/* retire - a space is bound to a root no more */
	void (*retire)(struct lol_space *space);

	/*
	 * user_fp - an instruction of the xsave family on the user's vector state
	 * @area: guest-virtual operand
	 * @operation: FP_*
	 * @fp: host frame that holds the user's state, as in emulate()
	 *
	 * Return: 0, or 1 if it raised #GP.
	 */
	int (*user_fp)(void *area, u64 mask, u32 operation, void **fp);

	/* the user's FS base */
	u64 (*read_fs)(void);
	void (*write_fs)(u64 base);
};

extern const struct bridge *bridge __attribute__((visibility("hidden")));
extern const struct bridge bridge_in_place __attribute__((visibility("hidden")));
extern const struct bridge bridge_split __attribute__((visibility("hidden")));
extern const struct bridge bridge_ptrace __attribute__((visibility("hidden")));

#pragma GCC visibility push(hidden)

/* memory.c: this process */
extern struct place own_place;
void place_unmap(struct place *place, u64 start, u64 end);

/* kagent.c: operations for the agent of a space, carried out in order */
long agent_mmap(u32 slot, u64 va, u64 length, u32 prot, u64 gpa);
long agent_munmap(u32 slot, u64 start, u64 length);
long agent_mprotect(u32 slot, u64 start, u64 length, u32 prot);

/* kspace.c */
void k_setup(void);
void k_reset(u32 slot);
void k_exit(u32 slot);

/* userspace.c: the birth of a space of split or ptrace */
noreturn void user_start(u32 slot);
noreturn void user_main(u32 slot);

/* user.c: its user thread, split */
noreturn void user_confine(int signal);

/* tracer.c, attach.c: the zygote as the tracer of the ptrace bridge */
long tracer_setup(void);
bool tracer_serve(void);
void tracer_reap(void);
void tracer_expect(u32 slot);
void tracer_born(u32 slot, u32 pid);
bool tracer_attach(u32 slot);
void tracee_attached(u32 slot);
void tracer_leave(void);

/* place.c */
s32 host_cpu(void);		/* that the spaces of vCPU 0 keep to: there is no other yet; -1: any */
void place_own(u32 thread);
void place_ready(u32 thread);
void place_ending(u32 thread);

/* zygote.c */
void signals_unblock(void);
extern u32 max_spaces;		/* slots in use */

#pragma GCC visibility pop

#endif
