/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_TRACER_H
#define LOL_TRACER_H

/* Inside of the tracer: tracer.c and attach.c. */
#include "syscall-bridge/bridge.h"
#include "syscall-bridge/sys.h"

#pragma GCC visibility push(hidden)

struct tracee {
	u32 pid;		/* 0: none */
	bool attached;
	bool ready;		/* has set itself up */
	bool kicked;		/* before that */
	bool stopped;
	u32 stop;		/* what the host says of it: signal, and event << 8 */
	bool fp_reset;		/* the user's vector state is in the hand-over memory alone */
	bool compat;		/* it is in compatibility mode */
};
extern struct tracee tracee[LOL_MAX_SPACES];

/* attach.c */
long attach_setup(void);

#pragma GCC visibility pop

static inline long trace(long request, const struct tracee *t, u64 address, const void *data)
{
	return sys4(__NR_ptrace, request, t->pid, address, (long)data);
}

#endif
