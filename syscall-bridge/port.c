// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O ports: debug output, exit, and the services, of which the wedge does the
 * frequent ones itself and asks the monitor for the others.
 */
#include "syscall-bridge/wedge.h"

#define EINVAL	22
#define ENOSYS	38

static noreturn void shutdown(u64 kind, u64 code, u64 text)
{
	u32 length = 0;

	debug_flush();
	if (text)
		while (length < LOL_EXIT_TEXT - 1 &&
		       guest_read(text + length, &vcpu->exit.text[length], 1) &&
		       vcpu->exit.text[length])
			length++;
	vcpu->exit.text[length] = 0;
	for (;;)
		request(LOL_EXIT_SHUTDOWN, kind, code, 0, 0, 0);
}

/* The ranges go along as text: the monitor looks at a copy. */
static s64 give_back(u64 ranges, u64 count)
{
	_Static_assert(LOL_GIVE_BACK_MAX * sizeof(struct lol_range) <= LOL_EXIT_TEXT, "fits");

	if (!count || count > LOL_GIVE_BACK_MAX)
		return -EINVAL;
	debug_flush();
	if (!guest_read(ranges, vcpu->exit.text, count * sizeof(struct lol_range)))
		return -EINVAL;
	return request(LOL_EXIT_GIVE_BACK, count, 0, 0, 0, 0);
}

/** service - LOL_PORT_SERVICE: number in eax, result in rax */
void service(struct lol_regs *regs)
{
	u64 a = regs->rdi, b = regs->rsi, c = regs->rdx, d = regs->r10, e = regs->r8;
	s64 ret = 0;

	switch ((u32)regs->rax) {
	case LOL_SERVICE_SITES:
		ret = request(LOL_EXIT_SITES, a, b, c, d, e);
		break;
	case LOL_SERVICE_FLUSH:
		if (b < c && c <= LOL_KERNEL_END)
			flush(a, b, c, d);
		else
			ret = -EINVAL;
		break;
	case LOL_SERVICE_ROOT_GONE:
		if (a != vcpu->cr3)
			root_gone(a);
		else
			ret = -EINVAL;
		break;
	case LOL_SERVICE_START_VCPU:
		ret = request(LOL_EXIT_START_VCPU, a, b, c, 0, 0);
		break;
	case LOL_SERVICE_SHUTDOWN:
		if (a <= LOL_SHUTDOWN_PANIC)
			shutdown(a, b, c);
		ret = -EINVAL;
		break;
	case LOL_SERVICE_FILL:
		tlb_fill(a, b, c, d);
		break;
	case LOL_SERVICE_GIVE_BACK:
		ret = give_back(a, b);
		break;
	default:
		ret = -ENOSYS;
	}
	regs->rax = ret;
}

/** port_out - OUT; unknown ports swallow everything, as on hardware */
void port_out(struct lol_regs *regs, u16 port, u32 value, u32 size)
{
	switch (port) {
	case LOL_PORT_SERVICE:
		if (size == 4)
			service(regs);
		break;
	case LOL_PORT_DEBUG:
		debug_put(value);
		break;
	case LOL_PORT_EXIT:
		shutdown(LOL_SHUTDOWN_OFF, (value << 1 | 1) & 0xff, 0);
	}
}

/** port_in - IN; unknown ports read as all ones */
u32 port_in(u16 port)
{
	return port == LOL_PORT_DEBUG ? LOL_PORT_DEBUG : ~0U;
}
