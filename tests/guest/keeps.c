// SPDX-License-Identifier: GPL-2.0-only
/*
 * keeps CALLS: one process that makes so many system calls and looks after each whether it
 * has its registers, vector registers among them, and stack.
 */
#include <stdlib.h>
#include <sys/syscall.h>

#include "tap.h"

/* false: one of them is not as it was. */
static bool call(uint64_t seed)
{
	uint64_t in[2] = { seed, ~seed }, out[2], bad;
	long ret;

	asm volatile("movups (%[in]), %%xmm7\n\t"
		     "movq %[seed], %%r12\n\tleaq 1(%[seed]), %%r13\n\tleaq 2(%[seed]), %%r8\n\tleaq 3(%[seed]), %%r9\n\t"
		     "movq %%rsp, %%r15\n\tsyscall\n\t"
		     "subq %%rsp, %%r15\n\tsubq %[seed], %%r12\n\tsubq %[seed], %%r13\n\tsubq %[seed], %%r8\n\tsubq %[seed], %%r9\n\t"
		     "decq %%r13\n\tsubq $2, %%r8\n\tsubq $3, %%r9\n\t"
		     "orq %%r13, %%r12\n\torq %%r8, %%r12\n\torq %%r9, %%r12\n\torq %%r15, %%r12\n\t"
		     "movups %%xmm7, (%[out])\n\tmovq %%r12, %[bad]"
		     : "=a"(ret), [bad] "=b"(bad) : "a"((long)SYS_getpid), [in] "D"(in), [out] "S"(out), [seed] "d"(seed)
		     : "rcx", "r8", "r9", "r11", "r12", "r13", "r15", "xmm7", "memory", "cc");
	return !bad && ret == getpid() && in[0] == out[0] && in[1] == out[1];
}

int main(int argc, char **argv)
{
	long calls = argc > 1 ? atol(argv[1]) : 1000, bad = 0;

	for (long i = 0; i < calls; i++)
		bad += !call(0x9e3779b97f4a7c15ULL * (i + 1));
	ok(!bad, "registers after %ld system calls (%ld times not)", calls, bad);
	return finish();
}
