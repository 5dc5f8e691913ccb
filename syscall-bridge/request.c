// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to the monitor.
 *
 * A vCPU has one request at a time, in lol_vcpu.exit.  It fills the fields, sets
 * the state to REQUESTED, rings the eventfd and sleeps until the monitor has set
 * DONE.  Output of the debug port is collected and goes out as one request per
 * line, or before any other request, so that order is kept.
 */
#include "syscall-bridge/wedge.h"
#include "syscall-bridge/sys.h"

static u64 request_raw(u32 reason, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4)
{
	struct lol_exit *e = &vcpu->exit;

	e->reason = reason;
	e->arg[0] = a0;
	e->arg[1] = a1;
	e->arg[2] = a2;
	e->arg[3] = a3;
	e->arg[4] = a4;
	__atomic_store_n(&e->state, LOL_EXIT_REQUESTED, __ATOMIC_SEQ_CST);
	sys_ring(LOL_FD_EVENT);
	while (__atomic_load_n(&e->state, __ATOMIC_ACQUIRE) == LOL_EXIT_REQUESTED)
		sys_futex_wait(&e->state, LOL_EXIT_REQUESTED, NULL);
	e->state = LOL_EXIT_IDLE;
	return e->result;
}

/**
 * request - ask the monitor for something and wait for the answer
 * @reason: enum lol_exit_reason
 * @a0: to @a4: arguments, as the reason wants them
 *
 * Return: lol_exit.result.
 */
u64 request(u32 reason, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4)
{
	debug_flush();
	return request_raw(reason, a0, a1, a2, a3, a4);
}

/** debug_flush - hand collected debug output to the monitor */
void debug_flush(void)
{
	u32 length = vcpu->debug_length;

	if (!length)
		return;
	vcpu->debug_length = 0;
	request_raw(LOL_EXIT_DEBUG, length < LOL_EXIT_TEXT ? length : LOL_EXIT_TEXT, 0, 0, 0, 0);
}

/** debug_put - one character of output on the debug port */
void debug_put(u8 c)
{
	if (vcpu->debug_length >= LOL_EXIT_TEXT)
		debug_flush();
	vcpu->exit.text[vcpu->debug_length++] = c;
	if (c == '\n')
		debug_flush();
}

static char *append(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	return to;
}

static char *append_hex(char *to, u64 value)
{
	to = append(to, "0x");
	for (int shift = 60; shift >= 0; shift -= 4)
		*to++ = "0123456789abcdef"[value >> shift & 15];
	return to;
}

struct lol_regs *current_regs;

static void show_regs(void)
{
	if (current_regs)
		vcpu->regs = *current_regs;
}

/**
 * broken - end the guest: its kernel broke the contract
 * @text: how, without the value
 * @value: printed behind it in hexadecimal
 */
void broken(const char *text, u64 value)
{
	char *to;

	debug_flush();
	show_regs();
	to = append(vcpu->exit.text, text);
	*to++ = ' ';
	to = append_hex(to, value);
	*to = 0;
	for (;;)
		request_raw(LOL_EXIT_BROKEN, value, 0, 0, 0, 0);
}

/**
 * host_failed - end the guest: the host refused something that is needed
 * @what: the call
 * @error: its result, -errno
 */
void host_failed(const char *what, long error)
{
	char *to;

	debug_flush();
	show_regs();
	to = append(vcpu->exit.text, what);
	*to = 0;
	for (;;)
		request_raw(LOL_EXIT_HOST, -error, 0, 0, 0, 0);
}

/**
 * tell_refused - leave word of why a process ends that is not yet part of the guest
 * @call: the host call that is needed for it
 * @error: its result, -errno
 */
void tell_refused(const char *call, long error)
{
	u32 i = 0;

	for (; call[i] && i < LOL_FATAL_CALL - 1; i++)
		state->fatal_call[i] = call[i];
	state->fatal_call[i] = 0;
	state->fatal = -error;
}

/** give_up - tell_refused(), and end this process */
void give_up(const char *call, long error)
{
	tell_refused(call, error);
	sys_exit(1);
}
