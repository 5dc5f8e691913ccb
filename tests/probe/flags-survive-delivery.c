// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: a signal handler starts with AC, NT and ID as the interrupted code left
 * them, and with DF, TF and RF clear; the frame has all of them.  So code of a
 * guest could make the wedge die of #AC, or its iretq of #GP.
 * Relied on by: every entry of syscall-bridge/start.S (loads clean flags first).
 */
#include "tests/probe/probe.h"

void raw_entry(void);
__attribute__((used)) static uint64_t live;

asm(	"	.text\n	.globl raw_entry\n"
	"raw_entry:\n"
	"	pushfq\n	popq live(%rip)\n	jmp probe_entry\n");

#define SET(flags)	"pushfq\n\torq $" #flags ", (%%rsp)\n\tpopfq"

int main(void)
{
	uint64_t frame;

	probe_setup();
	probe_handle(SIGILL, raw_entry);
	probe_handle(SIGTRAP, raw_entry);
	probe_handle(SIGBUS, raw_entry);

	TRY(SET(0x244401), "ud2", "", 0);		/* ID AC NT DF CF */
	frame = trap.regs[REG_EFL];
	ok(trap.signal == SIGILL && (frame & 0x244401) == 0x244401, "the frame has AC, NT, ID and DF");
	ok((live & FLAG_AC), "AC survives delivery");
	ok((live & FLAG_NT), "NT survives delivery");
	ok((live & FLAG_ID), "ID survives delivery");
	ok(!(live & FLAG_DF), "DF does not");
	TRY(SET(0x100), "nop", "nop", 0);
	ok(trap.signal == SIGTRAP && (trap.regs[REG_EFL] & FLAG_TF) && !(live & FLAG_TF),
	   "TF is in the frame and not live");
	TRY("", "ud2", "", 0);
	note("RF in the frame of a fault: %d", (int)(trap.regs[REG_EFL] >> 16 & 1));
	ok(TRY(SET(0x40000), "movl 1(%%rsp), %%eax", "", 0) == SIGBUS && trap.number == 17 && (live & FLAG_AC),
	   "and with AC live an unaligned access of the handler would be #AC");
	ok(!TRY("pushq $0x202\n\tpopfq", "movl 1(%%rsp), %%eax", "", 0), "flags 0x202 heal that");
	return finish();
}
