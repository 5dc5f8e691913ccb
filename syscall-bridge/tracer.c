// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracer of the ptrace bridge: part of the zygote, which makes the spaces and so
 * knows their process ids from nobody but the host.
 *
 * A space's user thread is attached to before it does anything (attach.c); it sets
 * itself up, and its last instruction is an int3 which it never gets past
 * (user_main).  From then on it is continued by PTRACE_SYSEMU and
 * PTRACE_SYSEMU_SINGLESTEP only: no system call of it is ever carried out.  Before
 * that nothing but PTRACE_CONT touches it, whatever may stop it.
 *
 * What happens to it is one of
 *
 *	a stop before a system call	the guest's
 *	a signal of a trap		the guest's exception or TLB miss.  The host is made
 *					to deliver it, by a single step that ends before the
 *					handler's first instruction: then trap number, error
 *					code and CR2 are on the signal stack, where K reads
 *					them.  Delivery starts at the stack's top whatever
 *					the user's rsp is, and resets vector registers, which
 *					are set again before the user goes on.
 *	any other signal		dropped: a kick
 *	its end				the host tells the monitor, and that K
 *
 * All that is in shared memory is hostile here: it may make a run fail, and chooses
 * only what a tracee does as its user.
 */
#include "syscall-bridge/k.h"
#include "syscall-bridge/sys.h"
#include "syscall-bridge/tracer.h"

#define PTRACE_POKEUSR		6
#define PTRACE_CONT		7
#define PTRACE_GETREGS		12
#define PTRACE_SYSEMU		31
#define PTRACE_SYSEMU_SINGLESTEP 32
#define PTRACE_GETSIGINFO	0x4202
#define PTRACE_GETREGSET	0x4204
#define PTRACE_SETREGSET	0x4205
#define PTRACE_GET_SYSCALL_INFO	0x420e

#ifndef LOL_WEAK_SYSEMU	/* for tests/attack/calls: what would happen without */
#define RUN			PTRACE_SYSEMU
#else
#define RUN			PTRACE_CONT
#endif

#define NT_PRSTATUS		1
#define NT_X86_XSTATE		0x202

#define ESRCH			3
#define ECHILD			10
#define WNOHANG			1
#define WALL			0x40000000
#define SIGCHLD			17
#define SA_NOCLDSTOP		0x00000001UL
#define SYSCALL_STOP		(SIGTRAP | 0x80)
#define SI_KERNEL		0x80
#define READY_LOOK		100000	/* ns */
#define READY_TRIES		150
#define SIGINFOS		(128 / sizeof(struct host_siginfo))	/* of the host's size */

struct tracee tracee[LOL_MAX_SPACES];
static u32 served;		/* state->run of the last run */
static u32 children_ended;	/* counted by the handler */

/* What PTRACE_SETREGSET wants is as large as the CPU's state can be. */
static u8 xstate[0x4000] __attribute__((aligned(64)));

struct iovec {
	void *base;
	u64 length;
};

struct syscall_info {
	u8 op, pad[3];
	u32 arch;
	u64 rip, rsp, nr, arg[6];
	u64 spare[4];
};

/* Is this the int3 at the end of its set-up? */
static bool set_up(const struct tracee *t)
{
	struct host_siginfo info[SIGINFOS];

	return t->stop == SIGTRAP && !SYS_ERROR(trace(PTRACE_GETSIGINFO, t, 0, info)) &&
	       info[0].code == SI_KERNEL;
}

static void note_stop(struct tracee *t, u32 stop)
{
	t->stop = stop;
	if (!t->ready && !set_up(t)) {
		/* a kick, most likely; what it does may be half done */
		t->kicked = true;
		trace(PTRACE_CONT, t, 0, NULL);
		return;
	}
	t->ready = true;
	t->stopped = true;
}

/* Takes one change of state of a tracee.  0: there is none; or -errno. */
static long note_change(long options)
{
	s32 status;
	long pid = sys4(__NR_wait4, -1, (long)&status, options | WALL, 0);

	if (pid <= 0)
		return pid;
	for (u32 slot = 0; slot < LOL_MAX_SPACES; slot++) {
		struct tracee *t = &tracee[slot];

		if (t->pid != pid)
			continue;
		if ((status & 0xff) == 0x7f)
			note_stop(t, (u32)status >> 8);
		else
			t->pid = 0;
		break;
	}
	return pid;
}

/* false: it has ended. */
static bool await_stop(struct tracee *t)
{
	while (t->pid && !t->stopped)
		if (note_change(0) == -ECHILD)
			t->pid = 0;
	return t->pid;
}

static long resume_tracee(struct tracee *t, long request, u32 signal)
{
	t->stopped = false;
	return trace(request, t, 0, (void *)(u64)signal);
}

static bool get_general(struct tracee *t, struct lol_user_regs *regs)
{
	if (SYS_ERROR(trace(PTRACE_GETREGS, t, 0, regs)))
		return false;
	t->compat = regs->cs != LOL_USER_CS;
	return true;
}

/*
 * Sets the first @size bytes, which are quicker without the segments.  The layout of a
 * register set is that of the mode the tracee is in, and user code may have gone to
 * compatibility mode: the code segment is what the host tells it by.
 */
static long set_general(struct tracee *t, const struct lol_user_regs *regs, u64 size)
{
	struct iovec iov = { (void *)regs, size };

#ifndef LOL_WEAK_STATE	/* for tests/attack/state: what would happen without */
	if (t->compat) {
		long ret = trace(PTRACE_POKEUSR, t, LOL_TRACEE_CS, (void *)LOL_USER_CS);

		if (SYS_ERROR(ret))
			return ret;
	}
#endif
	t->compat = false;
	return trace(PTRACE_SETREGSET, t, NT_PRSTATUS, &iov);
}

static long set_registers(struct tracee *t, struct lol_handoff *h)
{
	u64 size = READ_ONCE(h->user_size);
	struct iovec iov = { xstate, sizeof(xstate) };
	long ret = set_general(t, &h->user, size < sizeof(h->user) ? size : sizeof(h->user));

	if (SYS_ERROR(ret) || (!READ_ONCE(h->load_fp) && !t->fp_reset))
		return ret;
	memcpy(xstate, h->fp, sizeof(h->fp));
	t->fp_reset = false;
	return trace(PTRACE_SETREGSET, t, NT_X86_XSTATE, &iov);
}

static bool is_trap(u32 signal)
{
	return signal == SIGILL || signal == SIGTRAP || signal == SIGBUS || signal == SIGFPE ||
	       signal == SIGSEGV;
}

/* Has the host write down what it knows of the trap.  false: the tracee is not as it was. */
static bool write_frame(struct tracee *t, struct lol_handoff *h, u32 signal)
{
	struct lol_user_regs regs = h->user;

	regs.rsp = 0;
	regs.orig_rax = ~0ULL;
	t->fp_reset = true;
	if (SYS_ERROR(set_general(t, &regs, __builtin_offsetof(struct lol_user_regs, fs_base))) ||
	    SYS_ERROR(resume_tracee(t, PTRACE_SYSEMU_SINGLESTEP, signal)) || !await_stop(t) ||
	    t->stop != SIGTRAP || !get_general(t, &regs))
		return false;
	h->frame = regs.rdx - (LOL_WEDGE_HANDOFF + LOL_HANDOFF_STACK);
	return true;
}

/* Why it stopped. */
static u32 tell(struct tracee *t, struct lol_handoff *h)
{
	struct syscall_info call;
	struct host_siginfo info[SIGINFOS];
	struct iovec iov = { h->fp, sizeof(h->fp) };

	if (!get_general(t, &h->user) || SYS_ERROR(trace(PTRACE_GETREGSET, t, NT_X86_XSTATE, &iov)))
		return LOL_REASON_REFUSED;
	h->frame = LOL_NO_FRAME;
	if (t->stop == SYSCALL_STOP) {
		if (SYS_ERROR(trace(PTRACE_GET_SYSCALL_INFO, t, sizeof(call), &call)))
			return LOL_REASON_REFUSED;
		h->arch = call.arch;
		return LOL_REASON_CALL;
	}
	h->signal = SIGUSR1;
	if (t->stop == SIGSYS) {
		/* the host's vsyscall page, by the filter */
		if (SYS_ERROR(trace(PTRACE_GETSIGINFO, t, 0, info)))
			return LOL_REASON_REFUSED;
		h->signal = SIGSYS;
		h->arch = info[0].arch;
		h->call_address = info[0].call_address;
	} else if (is_trap(t->stop)) {
		h->signal = t->stop;
		if (!write_frame(t, h, t->stop))
			return LOL_REASON_REFUSED;
	}
	return LOL_REASON_STOP;
}

/*
 * Waits for a process to set itself up, which takes less than a millisecond; but not
 * for ever, since somebody may have stopped it.
 */
static void await_ready(struct tracee *t)
{
	static u32 never;

	for (u32 tries = 0; t->pid && !t->ready && tries < READY_TRIES; tries++)
		if (note_change(WNOHANG) <= 0)
			sys_futex_wait(&never, 0, (const s64[]){ 0, READY_LOOK });
}

static void run(struct tracee *t, struct lol_handoff *h)
{
	u32 enter = READ_ONCE(h->enter);
	u32 reason = LOL_REASON_REFUSED;
	long ret;

	if (!t->attached || READ_ONCE(h->pid) != t->pid)
		return;		/* K finds out */
	await_ready(t);
	if (t->pid && !t->ready) {
		reason = LOL_REASON_NOT_READY;
	} else if (!await_stop(t)) {
		return;
	} else if (t->kicked) {
		t->kicked = false;
		reason = LOL_REASON_NOT_LEFT;
	} else {
		ret = set_registers(t, h);
		if (!SYS_ERROR(ret)) {
			WRITE_ONCE(h->started, enter);
			ret = resume_tracee(t, RUN, 0);
		}
		if (ret == -ESRCH) {
			/* It has just been killed, and nothing is lost with it: K finds out. */
			WRITE_ONCE(h->started, enter - 1);
			return;
		}
		if (!SYS_ERROR(ret)) {
			if (!await_stop(t))
				return;
			reason = tell(t, h);
		}
	}
	if (!t->pid)
		return;
	h->reason = reason;
	__atomic_store_n(&h->leave, enter, __ATOMIC_SEQ_CST);
	if (READ_ONCE(h->kernel_sleeps))
		sys_futex_wake(&h->leave);
}

/**
 * tracer_serve - do what K has asked for, if it has
 *
 * Return: whether it had.  Then the user has run.
 */
bool tracer_serve(void)
{
	u32 number = __atomic_load_n(&state->run, __ATOMIC_ACQUIRE), slot;

	if (number == served)
		return false;
	served = number;
	slot = READ_ONCE(state->run_slot);
	if (slot < LOL_MAX_SPACES)
		run(&tracee[slot], handoff(slot));
	return true;
}

/** tracer_reap - see dead tracees off; the monitor hears of them only after that */
void tracer_reap(void)
{
	static u32 seen;
	u32 ended = READ_ONCE(children_ended);

	if (ended == seen)
		return;
	seen = ended;
	while (note_change(WNOHANG) > 0)
		;
}

/* SIGCHLD.  The zygote may be about to wait for its bell. */
static void on_child(void)
{
	__atomic_fetch_add(&children_ended, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&state->wanted, 1, __ATOMIC_SEQ_CST);
}

void tracer_sigreturn(void) __attribute__((visibility("hidden")));
asm(".pushsection .text\n"
    "tracer_sigreturn:\n"
    "	movl $15, %eax\n"
    "	syscall\n"
    ".popsection\n");

/**
 * tracer_setup - this process, the zygote, will be the tracer of all spaces
 *
 * Return: 0 or -errno.
 */
long tracer_setup(void)
{
	struct host_sigaction action = {
		.handler = on_child,
		.flags = SA_RESTORER | SA_NOCLDSTOP,
		.restorer = tracer_sigreturn,
	};
	long ret = sys4(__NR_rt_sigaction, SIGCHLD, (long)&action, 0, 8);

	/* what an earlier tracer was asked to do has died with its tracees */
	served = READ_ONCE(state->run);
	return SYS_ERROR(ret) ? ret : attach_setup();
}

