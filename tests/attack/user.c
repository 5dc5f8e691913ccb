// SPDX-License-Identifier: GPL-2.0-only
/* See user.h. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "tests/attack/user.h"

static sigjmp_buf back;
static volatile uint64_t at_site, result_of_site;
static volatile bool expected;	/* back is good */

/*
 * A call that is refused comes back as a fault of the fetch behind it.  After one
 * that was made the host executes one more instruction, then steps or faults.
 */
static void on_signal(int number, siginfo_t *info, void *context)
{
	const greg_t *reg = ((ucontext_t *)context)->uc_mcontext.gregs;
	uint64_t rip = reg[REG_RIP];

	if (at_site && number == SIGTRAP && (rip < LOL_WEDGE_TEXT || rip == at_site))
		return;			/* on the way there */
	if (at_site && rip > at_site && rip <= at_site + 32 &&
	    !(number == SIGSEGV && (uint64_t)info->si_addr == rip)) {
		result_of_site = reg[REG_RAX];
		siglongjmp(back, 2);
	}
	if (!expected)
		_exit(128 + number);
	siglongjmp(back, 1);
}

static void set_signals(const struct sigaction *action)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGSYS, SIGFPE };

	for (unsigned int i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], action, NULL);
}

void catch_signals(void)
{
	static uint8_t alternate[65536];
	stack_t ss = { .ss_sp = alternate, .ss_size = sizeof(alternate) };
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

	sigaltstack(&ss, NULL);
	set_signals(&action);
}

void let_signals(void)
{
	set_signals(&(struct sigaction){ .sa_handler = SIG_DFL });
}

void begin(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	catch_signals();
}

/* Sets the trap flag and jumps to an address with these registers. */
void jump(uint64_t to, uint64_t nr, const uint64_t *args);
asm(".text\njump:\n"
    "movq %rdi, %r11\n"
    "movq %rsi, %rax\n"
    "movq %rdx, %rcx\n"
    "movq (%rcx), %rdi\nmovq 8(%rcx), %rsi\nmovq 16(%rcx), %rdx\n"
    "movq 24(%rcx), %r10\nmovq 32(%rcx), %r8\nmovq 40(%rcx), %r9\n"
    "pushfq\norq $0x100, (%rsp)\npopfq\n"
    "jmp *%r11\n");

bool survives(void (*what)(uint64_t), uint64_t argument)
{
	volatile bool returned = false;

	if (!sigsetjmp(back, 0)) {
		expected = true;
		what(argument);
		returned = true;
	}
	expected = false;
	return returned;
}

static void read_at(uint64_t va)
{
	(void)*(volatile uint8_t *)va;
}

static void write_at(uint64_t va)
{
	volatile uint8_t *at = (uint8_t *)va;

	*at = *at;
}

bool readable(uint64_t va)
{
	return survives(read_at, va);
}

bool writable(uint64_t va)
{
	return survives(write_at, va);
}

bool made(uint64_t site, uint64_t nr, const uint64_t *args, uint64_t *result)
{
	volatile bool passed = false;

	at_site = site;
	expected = true;
	switch (sigsetjmp(back, 0)) {
	case 0:
		jump(site, nr, args);
		break;
	case 2:
		passed = true;
		*result = result_of_site;
	}
	at_site = 0;
	expected = false;
	return passed;
}

unsigned int find_bytes(uint8_t first, uint8_t second, uint64_t *site, unsigned int max)
{
	static const uint64_t where[][2] = {
		{ LOL_WEDGE_LOW, LOL_USER_START },
		{ LOL_WEDGE_TEXT, LOL_WEDGE_TEXT + WEDGE_SIZE },
		{ LOL_WEDGE_HANDOFF, LOL_WEDGE_HANDOFF + LOL_HANDOFF_STRIDE },
		{ LOL_WEDGE_FILTERS, LOL_WEDGE_FILTERS + sizeof(struct lol_filters) },
	};
	unsigned int n = 0;

	for (unsigned int w = 0; w < sizeof(where) / sizeof(where[0]); w++) {
		int before = -1;

		for (uint64_t va = where[w][0]; va < where[w][1] && n < max; va++) {
			if (va % PAGE == 0 && !readable(va)) {
				before = -1;
				va += PAGE - 1;
				continue;
			}
			if (before == first && *(volatile uint8_t *)va == second)
				site[n++] = va - 1;
			before = *(volatile uint8_t *)va;
		}
	}
	return n;
}

long own(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	register uint64_t r10 asm("r10") = d;
	register uint64_t r8 asm("r8") = e;
	register uint64_t r9 asm("r9") = LOL_COOKIE;
	long ret;

	asm volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return ret;
}

static uint64_t seed = 88172645463325252ULL;

uint64_t random64(void)
{
	return random_next(&seed);
}

void random_seed(uint64_t value)
{
	seed = value * 0x9e3779b97f4a7c15ULL | 1;
}

uint64_t random_address(void)
{
	static uint8_t own_memory[PAGE];
	static const uint64_t base[] = {
		0, 1, 8, LOL_WEDGE_LOW, LOL_USER_START, LOL_USER_END - 1, LOL_DIRECT_MAP, LOL_VMALLOC_START,
		LOL_VCPU_PAGE, LOL_KERNEL_MAP + 0x200000, LOL_WEDGE_TEXT, LOL_WEDGE_VCPU, LOL_WEDGE_STATE,
		LOL_WEDGE_HANDOFF, LOL_WEDGE_HANDOFF + LOL_HANDOFF_OPS, LOL_WEDGE_HANDOFF + LOL_HANDOFF_DONE,
		LOL_WEDGE_HANDOFF + LOL_HANDOFF_STACK, LOL_WEDGE_FILTERS, LOL_WEDGE_HANDOFFS, LOL_WEDGE_TLBS,
		LOL_WEDGE_RAM, 0x7ffffffff000, 0x7fffffffffff, 0x800000000000, 0xffff800000000000,
		0xffffffffff600000, ~0ULL, ~7ULL, 1ULL << 63,
	};
	uint64_t way = random64();

	switch (way % 4) {
	case 0:
		return random64();
	case 1:
		return random64() >> (way >> 8 & 63);
	case 2:
		return (uint64_t)own_memory + (way >> 8 & 0xff8);
	default:
		return base[(way >> 8) % (sizeof(base) / sizeof(base[0]))] + (way >> 16 & 1 ? way >> 20 & 0xfff : 0);
	}
}

void loop(void)
{
	for (;;)
		asm volatile("pause");
}

/* Counts in registers, vector registers, too; leaves if they change without its doing. */
static void compute(volatile uint64_t *progress)
{
	for (uint64_t round = 1;; round++) {
		uint64_t good;

		asm volatile("movq %1, %%rbx\nmovq %1, %%r12\nmovq %1, %%r15\nmovq %1, %%xmm7\nmovq %1, %%xmm15\n"
			     "movl $20000, %%ecx\n1: incq %%rbx\ndecq %%r15\ndecl %%ecx\njnz 1b\n"
			     "leaq (%%rbx, %%r15), %0\nsubq %%r12, %0\n"
			     "movq %%xmm7, %%rbx\nmovq %%xmm15, %%r15\n"
			     "xorq %%rbx, %%r15\norq %%r15, %0\nxorq %%r12, %%rbx\nsubq %1, %0\norq %%rbx, %0\n"
			     : "=&r"(good) : "r"(round << 32) : "rbx", "rcx", "r12", "r15", "xmm7", "xmm15", "cc");
		if (good)
			_exit(1);
		*progress = round;
	}
}

void beside(void (*what)(int), int kind, int naps)
{
	volatile uint64_t *progress = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t before;
	pid_t attacker, bystander;
	bool ended = false, hurt = false;
	int status, other, nap;

	bystander = must(fork());
	if (!bystander)
		compute(progress);
	attacker = must(fork());
	if (!attacker) {
		setpgid(0, 0);
		must(setgid(65534));	/* by accident it could kill others as the guest's root */
		must(setuid(65534));
		random_seed(kind);
		let_signals();
		progress[1] = 1;
		what(kind);
		_exit(0);
	}
	setpgid(attacker, attacker);
	before = *progress;
	for (nap = 0; !hurt && ((naps > 0 ? nap < naps : nap < -naps && !ended) || *progress < before + 3);
	     nap += progress[1] || ended) {
		usleep(10000);
		ended = ended || waitpid(attacker, &status, WNOHANG) == attacker;
		hurt = waitpid(bystander, &other, WNOHANG) == bystander;
	}
	kill(-attacker, SIGKILL);
	if (!ended)
		waitpid(attacker, &status, 0);
	printf("# %d: %s %#x\n", kind, ended ? "ended with status" : "was preempted, status", status);
	if (hurt)
		ok(false, "%d: the program beside it is unharmed (%#x)", kind, other);
	kill(bystander, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	munmap((void *)progress, PAGE);
}
