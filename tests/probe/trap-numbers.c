// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: a signal frame carries the CPU's vector, error code and CR2, and with
 * them the signal number is redundant: #SS and #AC arrive as SIGBUS, so does a
 * page that cannot be had (vector 14).  rip is that of the instruction for
 * faults, behind it for traps.  In error codes of #PF the write and fetch bits
 * are the access's; the user bit is always 1 and the present bit is the host's.
 * Relied on by: syscall-bridge/signal.c; the table under "Events" of machine.md.
 */
#include "tests/probe/probe.h"

static char *hole, *read_only, *no_access, *data, *past_end;

static void expect(const char *what, int signal, uint64_t number, uint64_t error, uint64_t rip)
{
	bool good = trap.signal == signal && trap.number == number && trap.error == error &&
		    (uint64_t)trap.regs[REG_RIP] == rip;

	if (!ok(good, "%s: signal %d, vector %lu, error code %#lx", what, signal, number, error))
		note("signal %d, vector %lu, error code %#lx, rip %+ld from the instruction", trap.signal,
		     trap.number, trap.error, (long)(trap.regs[REG_RIP] - trap.at));
}

static void expect_fault(const char *what, int signal, uint64_t error, const void *address)
{
	expect(what, signal, 14, error, error & 16 ? (uint64_t)address : trap.at);
	ok(trap.cr2 == (uint64_t)address && trap.address == trap.cr2, "%s: CR2 and si_addr", what);
}

static void *map(int prot, int flags, int fd)
{
	void *p = mmap(NULL, PAGE, prot, flags, fd, 0);

	if (p == MAP_FAILED)
		bail("mmap");
	return p;
}

int main(void)
{
	const int private = MAP_PRIVATE | MAP_ANONYMOUS;
	const uint32_t mxcsr = 0x1f80, mxcsr_zero_divide = 0x1d80;
	const uint16_t fcw_zero_divide = 0x37b;

	probe_setup();
	read_only = map(PROT_READ, private, -1);
	no_access = map(PROT_NONE, private, -1);
	data = map(PROT_READ | PROT_WRITE, private, -1);
	past_end = map(PROT_READ | PROT_WRITE, MAP_SHARED, must(memfd_create("empty", 0)));
	hole = map(PROT_READ, private, -1);
	must(munmap(hole, PAGE));
	*(volatile char *)data = *(volatile char *)read_only;

	TRY("xorl %%ebx, %%ebx", "divl %%ebx", "", 0);
	expect("#DE", SIGFPE, 0, 0, trap.at);
	TRY("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq", "nop", "nop", 0);
	expect("#DB, step", SIGTRAP, 1, 0, trap.resume);
	TRY("", ".byte 0xf1", "nop", 0);
	expect("#DB, int1", SIGTRAP, 1, 0, trap.resume);
	TRY("", "int3", "nop", 0);
	expect("#BP", SIGTRAP, 3, 0, trap.resume);
	TRY("", "int $4", "nop", 0);
	expect("#OF", SIGSEGV, 4, 0, trap.resume);
	TRY("", "int $5", "", 0);
	expect("int $5, #BR's gate", SIGSEGV, 13, 5 * 8 + 2, trap.at);
	TRY("", "ud2", "", 0);
	expect("#UD", SIGILL, 6, 0, trap.at);
	TRY("movq %%rdi, %%rbp", "movq (%%rbp), %%rax", "movq trap_rbp(%%rip), %%rbp", 1UL << 63);
	expect("#SS", SIGBUS, 12, 0, trap.at);
	TRY("", "movq (%%rdi), %%rax", "", 1UL << 63);
	expect("#GP", SIGSEGV, 13, 0, trap.at);
	TRY("", "int $0x20", "", 0);
	expect("#GP, gate", SIGSEGV, 13, 0x20 * 8 + 2, trap.at);
	TRY("movl $0x10, %%eax", "movl %%eax, %%ds", "", 0);
	expect("#GP, selector", SIGSEGV, 13, 0x10, trap.at);

	TRY("", "movb (%%rdi), %%al", "", hole + 1);
	expect_fault("#PF, read of a hole", SIGSEGV, 4, hole + 1);
	TRY("", "movb %%al, (%%rdi)", "", hole + 2);
	expect_fault("#PF, write to a hole", SIGSEGV, 6, hole + 2);
	TRY("", "jmp *%%rdi", "", hole + 3);
	expect_fault("#PF, fetch from a hole", SIGSEGV, 0x14, hole + 3);
	TRY("", "movb %%al, (%%rdi)", "", read_only);
	expect_fault("#PF, write to a read-only page", SIGSEGV, 7, read_only);
	TRY("", "jmp *%%rdi", "", data);
	expect_fault("#PF, fetch from data", SIGSEGV, 0x15, data);
	TRY("", "movb (%%rdi), %%al", "", no_access);
	expect_fault("#PF, PROT_NONE", SIGSEGV, 4, no_access);
	TRY("", "movb (%%rdi), %%al", "", 0xffffffff81000000);
	expect_fault("#PF, the host kernel's half: present, always", SIGSEGV, 5, (void *)0xffffffff81000000);
	TRY("", "movb (%%rdi), %%al", "", past_end + 5);
	expect_fault("#PF, page cannot be had", SIGBUS, 4, past_end + 5);
	ok(trap.code == BUS_ADRERR, "that is BUS_ADRERR");

	TRY("fninit\n\tfldcw (%%rdi)\n\tfldz\n\tfld1\n\tfdivp", "fwait", "fninit", &fcw_zero_divide);
	expect("#MF", SIGFPE, 16, 0, trap.at);
	TRY("pushfq\n\torq $0x40000, (%%rsp)\n\tpopfq", "movl 1(%%rdi), %%eax", "", data);
	expect("#AC", SIGBUS, 17, 0, trap.at);
	ok(trap.code == BUS_ADRALN, "that is BUS_ADRALN");
	TRY("ldmxcsr (%%rdi)\n\txorps %%xmm1, %%xmm1\n\tmovl $1, %%eax\n\tcvtsi2ss %%eax, %%xmm0",
	    "divss %%xmm1, %%xmm0", "", &mxcsr_zero_divide);
	asm volatile("ldmxcsr %0" : : "m"(mxcsr));
	expect("#XM", SIGFPE, 19, 0, trap.at);
	return finish();
}
