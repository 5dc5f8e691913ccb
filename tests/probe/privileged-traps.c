// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: at ring 3 the first class of sensitive instructions of machine.md traps
 * (#GP as SIGSEGV or #UD as SIGILL, at the instruction, error code 0), and the
 * second class does not trap but gives the host's or meaningless values.
 * Relied on by: the afterburner's classes, syscall-bridge/emulate.c (entered by
 * these traps for sites that were not rewritten), services by `out`.
 */
#include "tests/probe/probe.h"
#include <cpuid.h>

static struct { char bytes[64]; } operand;

#define TRAPS(insn, vector) do {						\
	int signal_ = TRY("movl $0x80, %%edx", insn, "", &operand);		\
	if (!ok(signal_ == ((vector) == 13 ? SIGSEGV : SIGILL) && trap.number == (vector) && \
		!trap.error && (uint64_t)trap.regs[REG_RIP] == trap.at, "traps: " insn)) \
		note("signal %d, vector %lu, error code %#lx", signal_, trap.number, trap.error); \
} while (0)

#define PASSES(insn, after)							\
	ok(!TRY("", insn, after, &operand), "does not trap: " insn)

static uint64_t flags_now(void)
{
	uint64_t flags;

	asm volatile("pushfq\n\tpopq %0" : "=r"(flags));
	return flags;
}

static void first_class(void)
{
	uint32_t a, b, c, d;

	TRAPS("cli", 13);
	TRAPS("sti", 13);
	TRAPS("hlt", 13);
	TRAPS("movq %%cr0, %%rax", 13);
	TRAPS("movq %%rax, %%cr0", 13);
	TRAPS("movq %%cr2, %%rax", 13);
	TRAPS("movq %%cr3, %%rax", 13);
	TRAPS("movq %%rax, %%cr3", 13);
	TRAPS("movq %%cr4, %%rax", 13);
	TRAPS("movq %%rax, %%cr4", 13);
	TRAPS("movq %%cr8, %%rax", 13);
	TRAPS("movq %%rax, %%cr8", 13);
	TRAPS("movq %%dr7, %%rax", 13);
	TRAPS("movq %%rax, %%dr0", 13);
	TRAPS("clts", 13);
	TRAPS("lmsw %%ax", 13);
	TRAPS("rdmsr", 13);
	TRAPS("wrmsr", 13);
	TRAPS("invlpg (%%rdi)", 13);
	TRAPS("invd", 13);
	TRAPS("wbinvd", 13);
	TRAPS("sysretq", 13);
	TRAPS("swapgs", 13);
	TRAPS("inb %%dx, %%al", 13);
	TRAPS("inl $0x80, %%eax", 13);
	TRAPS("outb %%al, %%dx", 13);
	TRAPS("outl %%eax, $0x80", 13);
	TRAPS("insb", 13);
	TRAPS("lgdt (%%rdi)", 13);
	TRAPS("lidt (%%rdi)", 13);
	TRAPS("lldt %%ax", 13);
	TRAPS("ltr %%ax", 13);
	TRAPS("xsetbv", 13);
	TRAPS("stac", 6);
	TRAPS("clac", 6);
	__cpuid_count(7, 0, a, b, c, d);
	TRAPS("invpcid (%%rdi), %%rax", b >> 10 & 1 ? 13 : 6);
}

static void second_class(void)
{
	uint32_t a, b, c, d;
	bool rdpid, rdtscp;

	__cpuid_count(7, 0, a, b, c, d);
	rdpid = c >> 22 & 1;
	__cpuid(0x80000001, a, b, c, d);
	rdtscp = d >> 27 & 1;

	PASSES("pushfq", "popq %%rax");
	ok(flags_now() & FLAG_IF, "pushfq: IF reads 1");
	ok(!TRY("pushq $2", "popfq", "", 0) && (flags_now() & FLAG_IF), "does not trap: popfq with IF clear, and IF stays 1");
	ok(!TRY("movq %%rsp, %%rax\n\tpushq $0x2b\n\tpushq %%rax\n\tpushq $2\n\tpushq $0x33\n\t"
		"leaq 9f(%%rip), %%rax\n\tpushq %%rax", "iretq", "", 0) && (flags_now() & FLAG_IF),
	   "does not trap: iretq with IF clear, and IF stays 1");
	PASSES("movl %%cs, %%eax", "");
	PASSES("lar %%ax, %%eax", "");
	PASSES("lsl %%ax, %%eax", "");
	PASSES("sgdt (%%rdi)", "");
	PASSES("sidt (%%rdi)", "");
	PASSES("smsw %%ax", "");
	PASSES("sldt %%ax", "");
	PASSES("str %%ax", "");
	PASSES("cpuid", "");
	if (rdpid)
		PASSES("rdpid %%rax", "");
	else
		skip("no rdpid on this CPU");
	if (rdtscp)
		PASSES("rdtscp", "");
	else
		skip("no rdtscp on this CPU");
	/* whatever happens here, the host is not ours to speak for */
	note("vmcall: signal %d", TRY("", "vmcall", "", 0));
	note("vmmcall: signal %d", TRY("", "vmmcall", "", 0));
}

int main(void)
{
	probe_setup();
	first_class();
	second_class();
	return finish();
}
