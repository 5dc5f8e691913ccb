// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: iretq at ring 3 to an equal privilege level works and loads rip, rflags
 * (TF included, which fires after one instruction of the target, not before)
 * and rsp at once, whatever rsp is; IF and IOPL do not change.  It also goes to
 * compatibility code.  With NT set, a non-canonical rip or RPL 0 it is #GP.
 * Relied on by: leave() and LOL_SLOT_IRET of syscall-bridge/start.S, and for
 * single steps in the guest (machine.md, "TF set: iretq").
 */
#include "tests/probe/probe.h"
#include <lol/layout.h>

#define TARGET	"leaq 9f(%%rip), %%rcx\n\t"
/* Pushes a frame: rflags in rdi, rsp in rsi, rip in rcx. */
#define FRAME(cs, ss)	"pushq $" #ss "\n\tpushq %%rsi\n\tpushq %%rdi\n\tpushq $" #cs "\n\tpushq %%rcx\n\t"
#define ODD_STACK	"movabsq $0x0123456789abcdef, %%rsi\n\t"
#define SETTABLE	(0x8d5UL | FLAG_DF | FLAG_NT | FLAG_AC | FLAG_ID)

int main(void)
{
	static const unsigned char code32[] = { 0x8c, 0xc8, 0x0f, 0x0b };	/* mov %cs, %eax; ud2 */
	unsigned int steps = 0, flags = 0, stacks = 0, rounds = 5000;
	uint64_t seed = 1, want, low;

	probe_setup();
	for (unsigned int i = 0; i < rounds; i++) {
		want = (random_next(&seed) & SETTABLE) | FLAG_TF;
		/* IF is 0 and IOPL 3 in the frame; the target is 9: nop, ud2 */
		TRY(ODD_STACK "leaq 7f(%%rip), %%rcx\n\t" FRAME(0x33, 0x2b),
		    "iretq\n7:\tnop\n6:\tud2", "", want | 0x3000 | 2);
		steps += trap.signal == SIGTRAP && trap.number == 1 &&
			 *(uint16_t *)trap.regs[REG_RIP] == 0x0b0f;
		flags += ((uint64_t)trap.regs[REG_EFL] & ~0x10000UL) == (want | FLAG_IF | 2);
		stacks += trap.regs[REG_RSP] == 0x0123456789abcdef;
	}
	ok(steps == rounds, "TF: #DB after one instruction of the target (%u of %u)", steps, rounds);
	ok(flags == rounds, "flags as in the frame, but IF stays 1 and IOPL 0 (%u of %u)", flags, rounds);
	ok(stacks == rounds, "any stack pointer, non-canonical too (%u of %u)", stacks, rounds);

	ok(TRY("movq %%rsp, %%rsi\n\t" TARGET FRAME(0x33, 0x2b) "pushq $0x4202\n\tpopfq", "iretq",
	       "", 0x202) == SIGSEGV && trap.number == 13 && trap.regs[REG_RIP] == (greg_t)trap.at,
	   "NT set before: #GP");
	ok(TRY("movq %%rsp, %%rsi\n\tmovabsq $0x800000000000, %%rcx\n\t" FRAME(0x33, 0x2b), "iretq",
	       "", 0x202) == SIGSEGV && trap.number == 13, "non-canonical rip: #GP");
	note("that #GP reports rip %#llx (iretq at %#lx)", trap.regs[REG_RIP], trap.at);
	ok(TRY("movq %%rsp, %%rsi\n\t" TARGET FRAME(0x10, 0x18), "iretq", "", 0x202) == SIGSEGV &&
	   trap.number == 13 && trap.error == LOL_KERNEL_CS && trap.regs[REG_RIP] == (greg_t)trap.at,
	   "RPL 0: #GP(selector) at the iretq");

	low = (uint64_t)mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (low == (uint64_t)MAP_FAILED)
		bail("mmap");
	memcpy((void *)low, code32, sizeof(code32));
	TRY("movl %%edi, %%ecx\n\tmovl %%edi, %%esi\n\tmovl $0x202, %%edi\n\t" FRAME(0x23, 0x2b), "iretq",
	    "", low);
	if (trap.number == 13)
		skip("no compatibility code segment 0x23 on this host");
	else
		ok(trap.signal == SIGILL && trap.regs[REG_RIP] == (greg_t)low + 2 &&
		   (trap.regs[REG_CSGSFS] & 0xffff) == 0x23, "to compatibility code and, by a fault, back");
	return finish();
}
