// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the processes of a guest may ask of the host: one table, and the seccomp
 * filters made of it.
 *
 * Who can use a row?  Guest code shares its thread with the wedge and can make any
 * call that the wedge can, with registers of its choice, from anywhere.  So no row
 * is safe because of who makes the call.  Each is harmless with any arguments that
 * it lets through, and says why.  The roles in whose threads guest code runs (VCPU,
 * USER) pass nothing that names a process, opens, or makes a descriptor.
 *
 * What no row passes is SIGSYS: that is how the guest's own system calls reach the
 * guest.  So that these are told from the wedge's where both have the same number,
 * the wedge's carry a cookie (syscall-bridge/roles.h); the check for it is added to
 * every row of those two roles.  It is mechanism; nothing here relies on it for
 * protection, nor on the place that a call is made from.
 *
 * The agent has no handler and is killed instead.  The zygote's filter, which all
 * of its children inherit below their own, must make SIGSYS of what it refuses too:
 * killing would take precedence over a child's SIGSYS.
 *
 * Calls after start-up: none
 */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/timerfd.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <unistd.h>

#include "host/bridges.h"
#include "host/filters.h"
#include "host/ram.h"
#include "syscall-bridge/handoff.h"
#include "syscall-bridge/state.h"

#define INIT	(1 << LOL_ROLE_INIT)
#define ZYGOTE	(1 << LOL_ROLE_ZYGOTE | 1 << LOL_ROLE_TRACER)
#define TRACER	(1 << LOL_ROLE_TRACER)
#define VCPU	(1 << LOL_ROLE_VCPU)
#define USER	(1 << LOL_ROLE_USER)
#define AGENT	(1 << LOL_ROLE_AGENT)

#define MAX_CHECKS	4

/* Arguments, counted from 0.  A descriptor is an int: the host ignores the upper half. */
#define IS(n, value)	{ (n), SCMP_CMP_EQ, (value), 0 }
#define FROM(n, value)	{ (n), SCMP_CMP_GE, (value), 0 }
#define LIKE(n, value, bits) { (n), SCMP_CMP_MASKED_EQ, ~(uint64_t)(bits), (value) }	/* but for these bits */
#define ONLY(n, bits)	LIKE(n, 0, bits)
#define MAPS(fd)	{ 4, SCMP_CMP_MASKED_EQ, 0xffffffff, (uint32_t)(fd) }
#define COOKIE		{ 5, SCMP_CMP_EQ, LOL_COOKIE, 0 }

#define MAKES_SPACE	(CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD)
#define MAKES_AGENT	(CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

/* What a tracer asks of processes that it traces already; their memory it cannot ask for. */
#define TRACES(request)	{ TRACER, SCMP_SYS(ptrace), { IS(0, request) }, \
			  "registers and progress of a tracee, all of whose calls are stopped" }

static const struct row {
	unsigned int roles;
	int call;
	struct scmp_arg_cmp check[MAX_CHECKS];	/* up to one without an operator */
	const char *harmless;
} table[] = {
	/* --- while the guest runs --- */
	{ INIT | ZYGOTE | VCPU | USER | AGENT, SCMP_SYS(futex), { ONLY(1, FUTEX_WAKE) },
	  "waits for, or wakes waiters of, words that the process can read; whoever waits for such a "
	  "word expects wakes without a cause, and has a bound or others to wake him" },
	{ ZYGOTE | VCPU, SCMP_SYS(restart_syscall), { { 0 } },
	  "goes on with a wait of the thread's own that a stop of the process has interrupted; the host's "
	  "kernel makes the call, with the registers of the wait" },
	{ ZYGOTE | VCPU | AGENT, SCMP_SYS(mmap), { MAPS(LOL_FD_RAM), LIKE(3, MAP_SHARED | MAP_FIXED, MAP_POPULATE) },
	  "guest RAM, which the guest has anyway, in the process itself, and at once if it likes" },
	{ ZYGOTE | VCPU | AGENT, SCMP_SYS(munmap), { { 0 } },
	  "the process itself" },
	{ ZYGOTE | VCPU | AGENT, SCMP_SYS(mprotect), { { 0 } },
	  "the process itself: what is mapped from a descriptor that is open for writing it could "
	  "write in any case, and of the rest it gets a private copy" },
	{ ZYGOTE | VCPU, SCMP_SYS(timerfd_settime), { FROM(0, LOL_FD_TIMER), IS(1, TFD_TIMER_ABSTIME) },
	  "a timer of the guest's own, whose expiry the monitor checks against the vCPU's deadline" },
	{ ZYGOTE | VCPU, SCMP_SYS(write), { IS(0, LOL_FD_EVENT) },
	  "rings the monitor's bell, an eventfd" },
	{ ZYGOTE | AGENT, SCMP_SYS(pwrite64),
	  { IS(0, LOL_FD_BRIDGE), IS(2, sizeof(struct lol_done)), IS(3, LOL_OFFSET_MARK) },
	  "eight bytes at the one place where this agent reports to K" },
	{ INIT | ZYGOTE | VCPU | AGENT, SCMP_SYS(exit_group), { { 0 } },
	  "the process itself" },

	/* --- the zygote, for itself --- */
	{ ZYGOTE, SCMP_SYS(clone), { IS(0, MAKES_SPACE), IS(1, 0) },
	  "a copy of itself, under the same filter; the monitor's limit on slots and the host's on "
	  "processes hold" },
	{ ZYGOTE, SCMP_SYS(getpgid), { { 0 } },
	  "tells a number" },
	{ ZYGOTE, SCMP_SYS(sched_getaffinity), { IS(0, 0) },
	  "tells which CPUs the process may use" },
	{ ZYGOTE, SCMP_SYS(sched_setaffinity), { { 0 } },
	  "where a process of this user runs, a matter of speed; the one call that names a process, "
	  "and the zygote takes the name from its own memory" },

	/* --- a process on its way from the zygote to its own filter: itself only --- */
	{ ZYGOTE, SCMP_SYS(getppid), { { 0 } },
	  "tells a number" },
	{ ZYGOTE, SCMP_SYS(prctl), { IS(0, PR_SET_PDEATHSIG), IS(1, SIGKILL) },
	  "its own end with the monitor's" },
	{ ZYGOTE, SCMP_SYS(seccomp), { IS(0, SECCOMP_SET_MODE_FILTER), IS(1, SECCOMP_FILTER_FLAG_SPEC_ALLOW) },
	  "takes rights away" },
	{ ZYGOTE, SCMP_SYS(close_range), { IS(2, 0) },
	  "takes descriptors away" },
	{ ZYGOTE, SCMP_SYS(mmap), { MAPS(LOL_FD_BRIDGE), IS(3, MAP_SHARED | MAP_FIXED) },
	  "hand-over memory, of which the zygote has a mapping" },
	{ ZYGOTE, SCMP_SYS(mmap), { MAPS(-1), IS(3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED) },
	  "memory of its own: K's books" },
	{ ZYGOTE, SCMP_SYS(rt_sigaction), { { 0 } },
	  "its own handlers" },
	{ ZYGOTE, SCMP_SYS(sigaltstack), { { 0 } },
	  "its own signal stack" },
	{ ZYGOTE, SCMP_SYS(rt_sigprocmask), { { 0 } },
	  "its own signal mask; SIGKILL cannot be blocked" },
	{ ZYGOTE, SCMP_SYS(clone), { IS(0, MAKES_AGENT), IS(1, 0) },
	  "a thread of itself, under the same filter: the agent, whose descriptor table is a copy" },

	/* --- ptrace bridge: the zygote as the tracer --- */
	{ TRACER, SCMP_SYS(ptrace), { IS(0, PTRACE_SEIZE) },
	  "names a process, and the zygote takes the name from its own memory, where clone() put it" },
	{ TRACER, SCMP_SYS(ptrace), { IS(0, PTRACE_CONT) },
	  "a tracee goes on; used while it sets itself up, and then nobody's code but the wedge's runs there" },
	{ TRACER, SCMP_SYS(ptrace), { IS(0, PTRACE_POKEUSER), IS(2, LOL_TRACEE_CS) },
	  "code segment of a tracee, which the host checks" },
	TRACES(PTRACE_SYSEMU),
	TRACES(PTRACE_SYSEMU_SINGLESTEP),
	TRACES(PTRACE_GETREGS),
	TRACES(PTRACE_GETREGSET),
	TRACES(PTRACE_SETREGSET),
	TRACES(PTRACE_GETSIGINFO),
	TRACES(PTRACE_GET_SYSCALL_INFO),
	{ TRACER, SCMP_SYS(wait4), { { 0 } },
	  "tells of tracees" },
	{ TRACER, SCMP_SYS(rt_sigreturn), { { 0 } },
	  "its own registers" },
	{ TRACER, SCMP_SYS(prctl), { IS(0, PR_SET_DUMPABLE) },
	  "whether others of this user may trace it: while it is attached to" },
	{ TRACER, SCMP_SYS(prctl), { IS(0, PR_SET_PTRACER) },
	  "the same" },
};

#define NR_ROWS	(sizeof(table) / sizeof(table[0]))

static int add_row(scmp_filter_ctx ctx, const struct row *row, enum lol_role role)
{
	bool cookie = role == LOL_ROLE_VCPU || role == LOL_ROLE_USER;
	struct scmp_arg_cmp check[MAX_CHECKS + 1];
	unsigned int n;

	for (n = 0; n < MAX_CHECKS && row->check[n].op; n++)
		check[n] = row->check[n];
	if ((1 << role) & ZYGOTE && row->call == SCMP_SYS(pwrite64))
		n--;		/* each agent has its own place */
	if (cookie && row->call == SCMP_SYS(mmap))
		check[0] = (struct scmp_arg_cmp)IS(4, LOL_COOKIE_HALF | row->check[0].datum_b);
	else if (cookie)
		check[n++] = (struct scmp_arg_cmp)COOKIE;
	return seccomp_rule_add_exact_array(ctx, SCMP_ACT_ALLOW, row->call, n, check);
}

static int fill(scmp_filter_ctx ctx, enum lol_role role, uint32_t otherwise)
{
	unsigned int i;
	int failed;

	failed = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, otherwise);
	/* a tree: the calls that matter most are the guest's, which no row passes */
	if (!failed)
		failed = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (i = 0; i < NR_ROWS && !failed; i++)
		if (table[i].roles & 1 << role)
			failed = add_row(ctx, &table[i], role);
	return failed;
}

/* Where the wedge puts the offset; exactly one instruction tests for it. */
static int find_offset(struct lol_filter *filter)
{
	unsigned int i, found = 0;

	for (i = 0; i < filter->length; i++) {
		if (filter->insn[i].code == (BPF_JMP | BPF_JEQ | BPF_K) && filter->insn[i].k == LOL_OFFSET_MARK) {
			filter->offset_at = i;
			found++;
		}
	}
	return found == 1 ? 0 : -EINVAL;
}

static int build(struct lol_filter *filter, enum lol_role role, int fd)
{
	uint32_t otherwise = role == LOL_ROLE_AGENT || role == LOL_ROLE_INIT ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_TRAP;
	scmp_filter_ctx ctx = seccomp_init(otherwise);
	ssize_t size = -1;
	int failed;

	if (!ctx)
		return -EINVAL;
	failed = fill(ctx, role, otherwise);
	if (!failed && ftruncate(fd, 0))
		failed = -errno;
	if (!failed)
		failed = seccomp_export_bpf(ctx, fd);
	seccomp_release(ctx);
	if (failed)
		return failed;
	size = pread(fd, filter->insn, sizeof(filter->insn), 0);
	if (size <= 0 || size == sizeof(filter->insn) || size % sizeof(struct sock_filter))
		return -E2BIG;
	filter->length = size / sizeof(struct sock_filter);
	return role == LOL_ROLE_AGENT ? find_offset(filter) : 0;
}

int filters_build(struct lol_filters *filters, struct error *error)
{
	unsigned int role;
	int fd, failed = 0;

	memset(filters, 0, sizeof(*filters));
	for (role = 0; role < LOL_NR_ROLES && !failed; role++) {
		fd = memfd_create("lol-bpf", MFD_CLOEXEC);
		if (fd < 0)
			return error_errno(error, "system call filters");
		failed = build(&filters->role[role], role, fd);
		close(fd);
	}
	if (failed) {
		errno = -failed;
		return error_errno(error, "system call filters");
	}
	return 0;
}

int filters_make(struct error *error)
{
	static struct lol_filters filters;
	int fd;

	if (host_has_filters() && filters_build(&filters, error))
		return -1;
	fd = memfd_constant("lol-filters", &filters, sizeof(filters));
	return fd < 0 ? error_errno(error, "system call filters") : fd;
}
