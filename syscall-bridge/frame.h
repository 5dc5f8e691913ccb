/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_FRAME_H
#define LOL_FRAME_H

/* The host's signal frame, as far as the wedge uses it. */
#include "syscall-bridge/wedge.h"

enum { SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGUSR1 = 10, SIGSEGV = 11, SIGSYS = 31 };

#define SA_SIGINFO	0x00000004UL
#define SA_RESTORER	0x04000000UL
#define SA_ONSTACK	0x08000000UL
#define SA_NODEFER	0x40000000UL

struct host_siginfo {
	s32 signo, error, code, pad;
	u64 call_address;
	s32 syscall;
	u32 arch;
};

struct host_ucontext {
	u64 flags, link;
	u64 stack_base;
	s32 stack_flags, stack_pad;
	u64 stack_size;
	struct lol_regs regs;
	u16 cs, gs, fs, ss;
	u64 error, trap, oldmask, cr2;
	void *fpstate;
	u64 reserved[8];
};

struct host_sigaction {
	void (*handler)(void);
	u64 flags;
	void (*restorer)(void);
	u64 mask;
};

#define FRAME_XFEATURES	472	/* in fpstate: components that the host saved; see start.S */

#pragma GCC visibility push(hidden)

/* signal.c: what a signal in guest user code means; changes uc->regs */
void user_event(int signal, const struct host_siginfo *info, struct host_ucontext *uc);

#pragma GCC visibility pop

static inline bool in_wedge(u64 rip)
{
	return rip >= (u64)wedge_text_start && rip < (u64)wedge_text_end;
}

static inline bool within(u64 rip, const char *begin, const char *end)
{
	return rip >= (u64)begin && rip < (u64)end;
}

#endif
