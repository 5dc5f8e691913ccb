// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wedge's decoder of services: OUT to and IN from any port with any registers.
 * What it passes on keeps to the rules of those it passes it to; the result goes to
 * rax and nowhere else; a message for the monitor ends inside its buffer.
 */
#include <setjmp.h>
#include "tests/fuzz/fuzz.h"
/* the vCPU page and the shared state where the wedge has them */
#include "syscall-bridge/wedge.h"
#include <lol/service.h>

static jmp_buf out;
static struct input in;
static struct lol_regs before;
static u32 passed;

u64 request(u32 reason, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4)
{
	passed++;
	switch (reason) {
	case LOL_EXIT_SITES:
		check(a0 == before.rdi && a1 == before.rsi && a2 == before.rdx && a3 == before.r10 && a4 == before.r8);
		return 77;
	case LOL_EXIT_START_VCPU:
		return 77;
	case LOL_EXIT_GIVE_BACK:
		check(a0 == before.rsi && a0 && a0 * sizeof(struct lol_range) <= LOL_EXIT_TEXT);
		return 77;
	case LOL_EXIT_SHUTDOWN:
		check(a0 <= LOL_SHUTDOWN_PANIC);
		check(memchr(vcpu->exit.text, 0, LOL_EXIT_TEXT));
		longjmp(out, 1);	/* it does not return */
	default:
		check(!"a request that no service makes");
	}
	return 0;
}

void debug_flush(void)
{
	vcpu->debug_length = 0;
}

void debug_put(u8 c)
{
	(void)c;
	passed++;
}

bool guest_read(u64 va, void *to, u64 length)
{
	(void)va;
	take(&in, to, length);
	return in.size;
}

void flush(u64 root, u64 start, u64 end, u32 level)
{
	(void)root;
	(void)level;
	check(start < end && end <= LOL_KERNEL_END);
	passed++;
}

void root_gone(u64 root)
{
	check(root != vcpu->cr3);
	passed++;
}

void tlb_fill(u64 root, u64 start, u64 end, u64 address)
{
	check(root == before.rdi && start == before.rsi && end == before.rdx && address == before.r10);
	passed++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const u16 ports[] = { LOL_PORT_SERVICE, LOL_PORT_DEBUG, LOL_PORT_EXIT };
	static struct lol_regs regs;	/* static: setjmp */
	static u32 bytes;
	static u16 port;

	if (!passed)
		check(mmap(vcpu, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == vcpu);
	passed = 1;
	in = (struct input){ data, size };
	while (in.size) {
		port = TAKE(&in, u16);
		port = port & 0x8000 ? port : ports[port % 3];
		bytes = 1U << TAKE(&in, u8) % 3;
		take(&in, &regs, sizeof(regs));
		if (regs.r15 & 1)
			regs.rax %= 16;
		if (regs.r15 & 2)
			vcpu->cr3 = regs.rdi;
		before = regs;
		if (!setjmp(out))
			port_out(&regs, port, regs.rax, bytes);
		if (port != LOL_PORT_SERVICE || bytes != 4)
			check(!memcmp(&regs, &before, sizeof(regs)));
		regs.rax = before.rax;
		check(!memcmp(&regs, &before, sizeof(regs)));
		check(port == LOL_PORT_DEBUG || port_in(port) == ~0U);
	}
	return 0;
}
