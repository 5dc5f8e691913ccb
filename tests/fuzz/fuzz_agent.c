// SPDX-License-Identifier: GPL-2.0-only
/*
 * The agent of a space, agent.S, with a page of operations of any content, which
 * changes under its hands.  Each `syscall` is a `ud2` here (agent_traps.S): the
 * handler is the host, says what comes of the call, and compares it with what the page
 * asks for by handoff.h.  Every call must pass the filter that the agent really has,
 * host/filters.c's, run as the host runs it.
 *
 * Claims: whatever is in the page, the agent makes the calls of its role only and no
 * others than it says; what is for another process it does not carry out; it says
 * that something failed exactly if it did; it writes to no memory.
 *
 * The input is a list of steps; a step is what happens while the agent is in a call.
 */
#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include "tests/fuzz/fuzz.h"
#include "host/bridges.h"
#include "host/filters.h"
#include "host/ram.h"
#include "syscall-bridge/handoff.h"

#define BPF_CHECK(claim)	check(claim)
#include "tests/lib/bpf.h"

#define STEPS	4000

/* agent.S */
long agent_start(uint64_t flags, void *ops, void *done, uint64_t pid_and_offset, const void *filter);
void user_start(void);
extern uint32_t agent_ready;

static struct {
	struct lol_handoff before;
	struct lol_ops ops;
} shared;
#define ops shared.ops
static struct lol_ops seen;
static struct lol_done done;
static struct lol_filter filter;
static const struct sock_fprog program;
static struct input in;
static jmp_buf out;
static unsigned int steps;

/* What it is to do next. */
static struct {
	enum { CLONE, FILTER, READY, NEXT, WAIT, OPERATION, REPORT, TELL, ENTER, EXIT } at;
	uint32_t pid, offset, last, left;
	bool has_filter, failed;
	struct lol_op *op;
} model;

/* The rest of the space: not the agent's. */
void user_main(void) { abort(); }
void user_signal(void) { abort(); }
void user_confine(void) { abort(); }
void user_exchange(void) { abort(); }
void user_not_left(void) { abort(); }

/* Of filters.c, which only builds here. */
bool host_has_filters(void)
{
	return true;
}

int memfd_constant(const char *name, const void *data, size_t size)
{
	(void)name;
	(void)data;
	(void)size;
	return -1;
}

/* From where it looks at the page to its next call. */
static void look(void)
{
	if (model.at == ENTER && !ops.enter)
		model.at = NEXT;
	if (model.at == NEXT) {
		model.at = WAIT;
		if (ops.sequence == model.last)
			return;
		model.last = ops.sequence;
		model.at = NEXT;
		if (ops.pid != model.pid)
			return look();
		model.left = ops.count;
		model.failed = false;
		model.op = ops.op;
		model.at = model.left > LOL_AGENT_OPS ? EXIT : OPERATION;
	}
	if (model.at != OPERATION)
		return;
	if (!model.left)
		model.at = REPORT;
	else if (model.op->kind < LOL_AGENT_MMAP || model.op->kind > LOL_AGENT_MPROTECT)
		model.at = EXIT;
}

static void is_call(const greg_t *g, long nr, uint64_t a, uint64_t b, uint64_t c)
{
	check(g[REG_RAX] == nr && (uint64_t)g[REG_RDI] == a && (uint64_t)g[REG_RSI] == b);
	check((uint64_t)g[REG_RDX] == c);
}

static void is_operation(const greg_t *g, const struct lol_op *op)
{
	int at_once = op->prot & PROT_WRITE && op->length <= 65536 ? MAP_POPULATE : 0;

	switch (op->kind) {
	case LOL_AGENT_MMAP:
		is_call(g, SYS_mmap, op->start, op->length, op->prot);
		check(g[REG_R10] == (MAP_SHARED | MAP_FIXED | at_once) && g[REG_R8] == LOL_FD_RAM);
		check((uint64_t)g[REG_R9] == op->offset);
		break;
	case LOL_AGENT_MUNMAP:
		check(g[REG_RAX] == SYS_munmap && (uint64_t)g[REG_RDI] == op->start);
		check((uint64_t)g[REG_RSI] == op->length);
		break;
	default:
		is_call(g, SYS_mprotect, op->start, op->length, op->prot);
	}
}

static void passes(const greg_t *g)
{
	struct seccomp_data data = {
		.nr = g[REG_RAX], .arch = AUDIT_ARCH_X86_64,
		.args = { g[REG_RDI], g[REG_RSI], g[REG_RDX], g[REG_R10], g[REG_R8], g[REG_R9] },
	};

	check(bpf_run(&filter, &data) == SECCOMP_RET_ALLOW);
}

/* The call is what was to come; what comes of it. */
static long host(const greg_t *g)
{
	static const long results[] = { 0, -ENOMEM, -4095, -4096, -1, 0x7f0000000000 };
	long result = results[TAKE(&in, uint8_t) % 6];

	if (model.at > FILTER)
		passes(g);
	switch (model.at) {
	case CLONE:
		is_call(g, SYS_clone, 0x123, 0, 0);
		model.at = model.has_filter ? FILTER : READY;
		return 0;
	case FILTER:
		is_call(g, SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, (uint64_t)&program);
		model.at = result ? EXIT : READY;
		return result;
	case READY:
		is_call(g, SYS_futex, (uint64_t)&agent_ready, 1, 0x7fffffff);
		check(agent_ready == 1);
		model.at = NEXT;
		return 0;
	case WAIT:
		is_call(g, SYS_futex, (uint64_t)&ops, 0, model.last);
		check(!g[REG_R10]);
		if (!in.size)
			siglongjmp(out, 1);
		model.at = NEXT;
		return result;
	case OPERATION:
		is_operation(g, model.op);
		model.op++;
		model.left--;
		model.failed |= result < 0 && result >= -4095;
		return result;
	case REPORT:
		is_call(g, SYS_pwrite64, LOL_FD_BRIDGE, (uint64_t)(model.failed ? &ops.bad : &ops.good), 8);
		check(g[REG_R10] == model.offset);
		model.at = TELL;
		return 8;
	case TELL:
		is_call(g, SYS_futex, (uint64_t)&done.sequence, 1, 0x7fffffff);
		model.at = ENTER;
		return result;
	case ENTER:
		is_call(g, SYS_futex, (uint64_t)&shared.before.enter, 1, 0x7fffffff);
		model.at = NEXT;
		return result;
	case EXIT:
		check(g[REG_RAX] == SYS_exit_group && !g[REG_RDI]);
		siglongjmp(out, 1);
	default:
		check(!"a call");
	}
	return 0;
}

/* What the other side writes meanwhile. */
static void change_page(void)
{
	uint8_t what = TAKE(&in, uint8_t);
	struct lol_op *op;

	switch (what & 7) {
	case 0:
	case 1:
		ops.count = TAKE(&in, uint8_t) % 136;
		ops.pid = what & 0x80 ? model.pid : TAKE(&in, uint32_t);
		ops.sequence += 1 + (what >> 3 & 1);
		break;
	case 2:
	case 3:
	case 4:
		op = &ops.op[TAKE(&in, uint8_t) % LOL_AGENT_OPS];
		take(&in, op, sizeof(*op));
		op->kind = what & 0x80 ? op->kind : op->kind % 6;
		break;
	case 5:
		op = &ops.op[what >> 3];
		for (; op < ops.op + LOL_AGENT_OPS; op++)
			op->kind = 1 + what % 3;
		break;
	case 6:
		take(&in, (uint8_t *)&ops + TAKE(&in, uint16_t) % (sizeof(ops) - 16), 16);
		break;
	}
}

static void trapped(int signal, siginfo_t *info, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
	const uint8_t *at = (const uint8_t *)g[REG_RIP];

	(void)signal;
	(void)info;
	check(at >= (uint8_t *)agent_start && at < (uint8_t *)user_start && at[0] == 0x0f && at[1] == 0x0b);
	check(!memcmp(&ops, &seen, sizeof(ops)) && !done.failed && !done.sequence);
	g[REG_RAX] = host(g);
	g[REG_RCX] = g[REG_R11] = 0x5afe;	/* as the instruction does */
	g[REG_RIP] += 2;
	if (++steps > STEPS)
		siglongjmp(out, 1);
	if (model.at != READY)
		change_page();
	seen = ops;
	look();
}

static void set_up(void)
{
	static uint8_t stack[1 << 18];
	static struct lol_filters filters;
	const struct sigaction action = { .sa_sigaction = trapped, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	struct error error;

	check(!sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = sizeof(stack) }, NULL));
	check(!sigaction(SIGILL, &action, NULL));
	check(!filters_build(&filters, &error));
	filter = filters.role[LOL_ROLE_AGENT];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!filter.length)
		set_up();
	in = (struct input){ data, size };
	memset(&ops, 0, sizeof(ops));
	memset(&model, 0, sizeof(model));
	seen = ops;
	agent_ready = steps = 0;
	model.pid = TAKE(&in, uint16_t);
	model.offset = TAKE(&in, uint16_t) << 12;
	model.has_filter = TAKE(&in, uint8_t) % 4;
	filter.insn[filter.offset_at].k = model.offset;
	if (!sigsetjmp(out, 1))
		agent_start(0x123, &ops, &done, (uint64_t)model.pid << 32 | model.offset,
			    model.has_filter ? &program : NULL);
	return 0;
}
