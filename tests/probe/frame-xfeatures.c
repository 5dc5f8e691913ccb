// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: the vector state of a signal frame says in its software bytes (offset
 * 464: magic, size; 472: components) which components it has room for, and
 * XRSTOR with exactly that mask touches nothing behind it.  With a mask of all
 * ones the CPU may touch the area of every component enabled in XCR0, 11 KiB
 * where there is AMX, even if the frame does not have it: a fault when the
 * frame lies near the end of what is mapped.
 * Relied on by: leave() and return_inside() of syscall-bridge/start.S.
 */
#include "tests/probe/probe.h"
#include <sys/auxv.h>

#define MAGIC1	0x46505853U

static struct {
	uint32_t magic, extended_size;
	uint64_t components;
	uint32_t size;
} software;
static char *fence;		/* nothing is mapped from here on */
static char *area;		/* copy of a frame's state that ends there */

static void on_signal(int signal, siginfo_t *info, ucontext_t *uc)
{
	char *state = (char *)uc->uc_mcontext.fpregs;

	(void)info;
	if (signal != SIGILL)
		return;
	memcpy(&software, state + 464, sizeof(software));
	area = fence - software.size;
	if (software.magic == MAGIC1 && (uintptr_t)area % 64 == 0)
		memcpy(area, state, software.size);
}

int main(void)
{
	uint32_t low, high;
	int signal;

	fence = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fence == MAP_FAILED)
		bail("mmap");
	fence += 8 * PAGE;
	must(munmap(fence, 8 * PAGE));
	probe_setup();
	trap_hook = on_signal;
	TRY("", "ud2", "", 0);
	asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	note("frame: %u bytes, components %#lx; XCR0: %#lx; AT_MINSIGSTKSZ: %lu", software.size,
	     software.components, (uint64_t)high << 32 | low, getauxval(AT_MINSIGSTKSZ));
	if (!ok(software.magic == MAGIC1, "the frame has software bytes"))
		return finish();
	ok(!(software.components & ~((uint64_t)high << 32 | low)), "its components are enabled in XCR0");
	ok(software.extended_size >= software.size && getauxval(AT_MINSIGSTKSZ) > software.size,
	   "AT_MINSIGSTKSZ covers it");
	if ((uintptr_t)area % 64) {
		skip("the size is no multiple of 64: cannot be put against a fence");
		return finish();
	}
	signal = TRY("movl 472(%%rdi), %%eax\n\tmovl 476(%%rdi), %%edx", "xrstor64 (%%rdi)", "", area);
	ok(!signal, "XRSTOR with the frame's own mask stays inside");
	signal = TRY("movl $-1, %%eax\n\tmovl %%eax, %%edx", "xrstor64 (%%rdi)", "", area);
	note("XRSTOR with a mask of all ones: %s", signal ? "faults behind the frame" : "stays inside, here");
	ok(!signal || trap.cr2 >= (uint64_t)fence, "if that faults, then behind the frame");
	return finish();
}
