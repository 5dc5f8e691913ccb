// SPDX-License-Identifier: GPL-2.0-only
/*
 * registers [ROUNDS]: system calls and page faults keep every register and flag
 * that they must keep, with random contents; the red zone is kept over faults;
 * segment bases belong to the thread.
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "tap.h"

uint64_t in[16], out[16];	/* rbx rdx rsi rdi rbp r8 r9 r10 r12 r13 r14 r15 flags rax rcx r11 */
uint64_t zone;
static uint64_t seed = 4711;

/*
 * Loads everything, runs an instruction, stores everything.  rip-relative, so
 * that every general register but rsp can carry a value.
 */
#define ROUND(instruction)									\
	asm volatile("push %%rbp; push %%rbx; sub $512, %%rsp\n\t"				\
		     "mov in+0(%%rip), %%rbx; mov in+8(%%rip), %%rdx; mov in+16(%%rip), %%rsi\n\t"	\
		     "mov in+24(%%rip), %%rdi; mov in+32(%%rip), %%rbp; mov in+40(%%rip), %%r8\n\t"	\
		     "mov in+48(%%rip), %%r9; mov in+56(%%rip), %%r10; mov in+64(%%rip), %%r12\n\t"	\
		     "mov in+72(%%rip), %%r13; mov in+80(%%rip), %%r14; mov in+88(%%rip), %%r15\n\t"	\
		     "push in+96(%%rip); popf; mov in+104(%%rip), %%rax\n\t"				\
		     "mov in+112(%%rip), %%rcx; mov in+120(%%rip), %%r11\n\t"				\
		     "mov %%r15, -128(%%rsp); mov %%r14, -8(%%rsp)\n\t"					\
		     instruction "\n\t"								\
		     "mov %%rax, out+104(%%rip); mov -128(%%rsp), %%rax; mov %%rax, zone(%%rip)\n\t"	\
		     "pushf; pop out+96(%%rip); cld\n\t"						\
		     "mov %%rbx, out+0(%%rip); mov %%rdx, out+8(%%rip); mov %%rsi, out+16(%%rip)\n\t"	\
		     "mov %%rdi, out+24(%%rip); mov %%rbp, out+32(%%rip); mov %%r8, out+40(%%rip)\n\t"	\
		     "mov %%r9, out+48(%%rip); mov %%r10, out+56(%%rip); mov %%r12, out+64(%%rip)\n\t"	\
		     "mov %%r13, out+72(%%rip); mov %%r14, out+80(%%rip); mov %%r15, out+88(%%rip)\n\t"	\
		     "mov %%rcx, out+112(%%rip); mov %%r11, out+120(%%rip)\n\t"				\
		     "add $512, %%rsp; pop %%rbx; pop %%rbp"						\
		     : : : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",	\
		     "r13", "r14", "r15", "cc", "memory")

#define FLAGS 0xcd5	/* CF PF AF ZF SF DF OF: 0x1 4 10 40 80 400 800 */

static void random_input(void)
{
	int i;

	for (i = 0; i < 16; i++)
		in[i] = random_next(&seed);
	in[12] = (in[12] & FLAGS) | 0x202;
}

static bool kept(int upto)
{
	int i;

	for (i = 0; i < upto; i++)
		if (i == 12 ? (in[i] ^ out[i]) & FLAGS : in[i] != out[i])
			return false;
	return zone == in[11];
}

int main(int argc, char **argv)
{
	long rounds = argument(argc, argv, 1, 20000), i, bad = 0, result = 0;
	static const long harmless[] = { SYS_getpid, SYS_getppid, SYS_getuid, SYS_sched_yield, 9999, -1 };
	volatile char *page;
	uint64_t base, back;

	for (i = 0; i < rounds; i++) {
		random_input();
		in[13] = harmless[i % 6];
		ROUND("syscall");
		bad += !kept(13);
		result += (i % 6 == 0 && (pid_t)out[13] != getpid()) || (i % 6 >= 4 && (long)out[13] != -ENOSYS);
	}
	ok(!bad, "system calls keep registers, flags and red zone (%ld of %ld did not)", bad, rounds);
	ok(!result, "and return the right values (%ld wrong)", result);

	page = mmap(NULL, 4096 * 64, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (i = bad = 0; i < rounds / 4; i++) {
		if (i % 64 == 0)
			madvise((void *)page, 4096 * 64, MADV_DONTNEED);
		random_input();
		in[13] = (uint64_t)page + 4096 * (i % 64) + 8;
		if (i & 1)
			ROUND("movb $1, (%%rax)");
		else
			ROUND("testb $0, (%%rax); push in+96(%%rip); popf");
		bad += !kept(16);
	}
	ok(!bad, "page faults keep them all (%ld did not)", bad);

	for (i = bad = 0; i < 1000; i++) {
		base = random_next(&seed) & 0x3fffffffffff;
		must(syscall(SYS_arch_prctl, ARCH_SET_GS, base));
		if (i % 10 == 0)
			syscall(SYS_sched_yield);
		must(syscall(SYS_arch_prctl, ARCH_GET_GS, &back));
		bad += back != base;
	}
	ok(!bad, "ARCH_SET_GS, ARCH_GET_GS (%ld wrong)", bad);
	for (i = bad = 0; i < 1000; i++) {
		base = (uint64_t)page + 16 * (i % 64);
		asm volatile("wrgsbase %0" : : "r"(base));
		if (i % 3 == 0)
			syscall(SYS_sched_yield);
		page[16 * (i % 64)] = i;
		asm volatile("movzbq %%gs:0, %0; rdgsbase %1" : "=r"(back), "=r"(base));
		bad += back != (i & 255) || base != (uint64_t)page + 16 * (i % 64);
	}
	ok(!bad, "wrgsbase, rdgsbase, access through gs (%ld wrong)", bad);
	{
		pid_t pid = must(fork());

		if (!pid) {
			asm volatile("rdgsbase %0" : "=r"(back));
			_exit(back != base);
		}
		ok(wait_for(pid) == 0, "fork inherits the gs base");
	}
	return finish();
}
