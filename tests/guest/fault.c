// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault: each processor exception arrives as the right signal with the right
 * si_code and si_addr, and the program can go on behind it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "tap.h"

static sigjmp_buf back;
static volatile siginfo_t seen;
static volatile uint64_t seen_trap, seen_error, seen_cr2, seen_rip;

static void handler(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	seen = *info;
	seen_trap = uc->uc_mcontext.gregs[REG_TRAPNO];
	seen_error = uc->uc_mcontext.gregs[REG_ERR];
	seen_cr2 = uc->uc_mcontext.gregs[REG_CR2];
	seen_rip = uc->uc_mcontext.gregs[REG_RIP];
	siglongjmp(back, sig);
}

#define raises(what) ({					\
	int sig_ = sigsetjmp(back, 1);				\
	if (!sig_) { what; }					\
	sig_; })

static void expect(const char *what, int sig, int want, int code, const volatile void *addr)
{
	if (!ok(sig == want && (!want || (seen.si_code == code && (addr == (void *)-1 || seen.si_addr == addr))), "%s", what))
		note("signal %d code %d addr %p trap %lu err %#lx, want %d %d %p", sig, seen.si_code,
		     seen.si_addr, (long)seen_trap, (long)seen_error, want, code, (void *)addr);
}

static volatile int zero;

int main(void)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER };
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
	volatile char *p, *file;
	static volatile unsigned int i, mxcsr, one;	/* they live across longjmp */
	static volatile int sig;
	int fd;

	for (i = 0; i < 5; i++)
		sigaction(signals[i], &sa, NULL);
	p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap((void *)(p + 4096), 4096);
	mprotect((void *)(p + 8192), 4096, PROT_READ);

	expect("read of nothing", raises(one += p[4096 + 123]), SIGSEGV, SEGV_MAPERR, p + 4096 + 123);
	ok(seen_trap == 14 && (seen_error & 7) == 4 && seen_cr2 == (uint64_t)(p + 4096 + 123), "trap 14, error code %#lx, cr2", (long)seen_error);
	expect("write of nothing", raises(p[4096 + 77] = 1), SIGSEGV, SEGV_MAPERR, p + 4096 + 77);
	ok((seen_error & 7) == 6, "error code %#lx", (long)seen_error);
	one += p[8192];
	expect("write of a read-only page", raises(p[8192 + 9] = 1), SIGSEGV, SEGV_ACCERR, p + 8192 + 9);
	ok((seen_error & 2) == 2, "error code %#lx", (long)seen_error);
	expect("NULL pointer", raises(*(volatile int *)NULL = 1), SIGSEGV, SEGV_MAPERR, NULL);
	expect("NULL pointer + 0x1234", raises(*(volatile int *)0x1234 = 1), SIGSEGV, SEGV_MAPERR, (void *)0x1234);
	expect("execution of data", raises(((void (*)(void))p)()), SIGSEGV, SEGV_ACCERR, p);
	ok(seen_rip == (uint64_t)p && (seen_error & 0x10), "error code %#lx says fetch", (long)seen_error);
	expect("jump to nothing", raises(((void (*)(void))(p + 4096))()), SIGSEGV, SEGV_MAPERR, p + 4096);
	expect("non-canonical address", raises(*(volatile int *)0x8000123412341234 = 1), SIGSEGV, SI_KERNEL, NULL);
	ok(seen_trap == 13, "trap 13 (%lu)", (long)seen_trap);
	expect("access crossing into nothing", raises(*(volatile uint64_t *)(p + 4092) = 1), SIGSEGV, SEGV_MAPERR, p + 4096);
	/* its code differs by configuration: only the signal counts */
	sig = raises(*(volatile int *)0xffffffffff600000 = 1);
	ok(sig == SIGSEGV, "write to the vsyscall page");

	fd = memfd_create("x", 0);
	must(ftruncate(fd, 100));
	file = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	file[99] = 1;
	expect("behind the end of a file", raises(file[4096 + 5] = 1), SIGBUS, BUS_ADRERR, file + 4096 + 5);

	expect("division by zero", raises(asm volatile("idivl %1" : : "a"(1), "m"(zero), "d"(0) : "cc")), SIGFPE, FPE_INTDIV, (void *)-1);
	ok(seen.si_addr == (void *)seen_rip && seen_trap == 0, "si_addr is the instruction, trap 0");
	expect("division overflow", raises(asm volatile("divl %1" : : "a"(0), "r"(1), "d"(2) : "cc")), SIGFPE, FPE_INTDIV, (void *)-1);
	expect("undefined instruction", raises(asm volatile("ud2")), SIGILL, ILL_ILLOPN, (void *)-1);
	ok(seen.si_addr == (void *)seen_rip && seen_trap == 6, "si_addr is the instruction, trap 6");
	expect("int3", raises(asm volatile("int3")), SIGTRAP, SI_KERNEL, (void *)-1);
	ok(seen_trap == 3, "trap 3");
	expect("hlt", raises(asm volatile("hlt")), SIGSEGV, SI_KERNEL, NULL);
	expect("cli", raises(asm volatile("cli")), SIGSEGV, SI_KERNEL, NULL);
	expect("in", raises(asm volatile("inb $0x80, %%al" : : : "rax")), SIGSEGV, SI_KERNEL, NULL);
	expect("mov cr3", raises(asm volatile("mov %%cr3, %%rax" : : : "rax")), SIGSEGV, SI_KERNEL, NULL);
	expect("rdmsr", raises(asm volatile("rdmsr" : : "c"(0x10) : "rax", "rdx")), SIGSEGV, SI_KERNEL, NULL);
	expect("int $0x21", raises(asm volatile("int $0x21")), SIGSEGV, SI_KERNEL, NULL);

	/* unmasked floating point exceptions */
	mxcsr = 0x1f80 & ~(1 << 9);	/* divide by zero unmasked */
	sig = sigsetjmp(back, 1);
	if (!sig)
		asm volatile("ldmxcsr %0; movss %1, %%xmm0; divss %2, %%xmm0" : : "m"(mxcsr), "m"((float){1}), "m"((float){0}) : "xmm0");
	mxcsr = 0x1f80;
	asm volatile("ldmxcsr %0" : : "m"(mxcsr));
	expect("SSE division by zero", sig, SIGFPE, FPE_FLTDIV, (void *)-1);
	ok(seen_trap == 19, "trap 19");
	sig = sigsetjmp(back, 1);
	if (!sig) {
		unsigned short cw = 0x37f & ~4;

		asm volatile("fldcw %0; fldz; fld1; fdivp; fwait" : : "m"(cw) : "st", "st(1)");
	}
	asm volatile("fninit");
	expect("x87 division by zero", sig, SIGFPE, FPE_FLTDIV, (void *)-1);
	ok(seen_trap == 16, "trap 16");

	/* single step: TF set by popf traps behind the next instruction */
	sig = sigsetjmp(back, 1);
	if (!sig)
		asm volatile("pushf; orl $0x100, (%%rsp); popf; nop; nop" : : : "cc", "memory");
	asm volatile("pushf; andl $~0x100, (%%rsp); popf" : : : "cc", "memory");
	expect("trap flag", sig, SIGTRAP, TRAP_TRACE, (void *)-1);
	ok(seen_trap == 1, "trap 1");

	/* alignment check: ours to set and to survive */
	sig = sigsetjmp(back, 1);
	if (!sig)
		asm volatile("pushf; orl $0x40000, (%%rsp); popf; movl 1(%0), %%eax" : : "r"(p) : "rax", "cc", "memory");
	asm volatile("pushf; andl $~0x40000, (%%rsp); popf" : : : "cc", "memory");
	expect("alignment check", sig, SIGBUS, BUS_ADRALN, (void *)-1);
	ok(seen_trap == 17, "trap 17");

	/* many faults in a row: nothing is used up */
	for (i = 0, sig = 0; i < 20000; i++)
		sig += raises(p[4096 + i % 4096] = 1) == SIGSEGV && seen.si_addr == p + 4096 + i % 4096;
	ok(sig == 20000, "20000 faults in a row (%d right)", sig);
	ok(one < 1000000, "still alive");
	return finish();
}
