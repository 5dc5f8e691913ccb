// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile guest user code, against the split bridge.
 *
 *   user calls		every system call with the wedge's cookie, from its instructions and its own
 *   user scan		what can be read and written that the guest did not give
 *   user forge [ADDRESS]	frames and hand-over words as no host would write them; ADDRESS is
 *			the wedge's user_entry
 *   user kick		ways not to be preempted
 *
 * Prints TAP.  It knows the wedge's layout from the project's own headers; an
 * attacker would find it by looking.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "syscall-bridge/handoff.h"
#include "syscall-bridge/roles.h"
#include "tests/guest/tap.h"

#define TEXT		((volatile uint8_t *)LOL_WEDGE_TEXT)
#define TEXT_SIZE	0x10000
#define PAGE		4096ULL
#define SITES_MAX	200

static struct lol_handoff *const handoff = (struct lol_handoff *)LOL_WEDGE_HANDOFF;
static uint8_t *const stack = (uint8_t *)LOL_WEDGE_HANDOFF + LOL_HANDOFF_STACK;

static sigjmp_buf back;
static volatile uint64_t at_site, result;

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
		result = reg[REG_RAX];
		siglongjmp(back, 2);
	}
	siglongjmp(back, 1);
}

static void catch_signals(void)
{
	static uint8_t alternate[65536];
	stack_t ss = { .ss_sp = alternate, .ss_size = sizeof(alternate) };
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGSYS, SIGFPE };

	sigaltstack(&ss, NULL);
	for (unsigned int i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
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

static bool readable(uint64_t va)
{
	if (sigsetjmp(back, 0))
		return false;
	(void)*(volatile uint8_t *)va;
	return true;
}

static bool writable(uint64_t va)
{
	volatile uint8_t *at = (uint8_t *)va;

	if (sigsetjmp(back, 0))
		return false;
	*at = *at;
	return true;
}

/* Has the wedge's syscall instruction executed this call?  Its result is in result. */
static bool passes(uint64_t site, uint64_t nr, const uint64_t *args)
{
	volatile bool passed = false;

	at_site = site;
	switch (sigsetjmp(back, 0)) {
	case 0:
		jump(site, nr, args);
		break;
	case 2:
		passed = true;
	}
	at_site = 0;
	return passed;
}

static bool call(uint64_t site, uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
	const uint64_t args[6] = { a, b, c, d, e, f };

	result = 0xdeadULL;
	return passes(site, nr, args);
}

static unsigned int find_sites(uint64_t *site)
{
	unsigned int n = 0;

	for (uint64_t i = 0; i < TEXT_SIZE - 1 && n < SITES_MAX; i++) {
		if (i % PAGE == 0 && !readable(LOL_WEDGE_TEXT + i))
			break;
		if (TEXT[i] == 0x0f && TEXT[i + 1] == 0x05)
			site[n++] = LOL_WEDGE_TEXT + i;
	}
	return n;
}

static long own(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	register uint64_t r10 asm("r10") = d;
	register uint64_t r8 asm("r8") = e;
	register uint64_t r9 asm("r9") = LOL_COOKIE;
	long ret;

	asm volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return ret;
}

/*
 * The cookie in calls of the program's own: they stay the guest's, whose kernel
 * knows nothing of the wedge's addresses; the host would do as it is told.  A futex
 * call is the exception: with the cookie the user thread's filter passes it, so it is
 * the host's, and a kick of the guest interrupts it.
 */
static void own_calls(void)
{
	volatile uint32_t word = 1;
	struct timespec soon = { 0, 1000000 };
	uint64_t text = LOL_WEDGE_TEXT + 0x8000;
	long waited;

	ok(own(SYS_mprotect, text, PAGE, PROT_READ | PROT_WRITE, 0, 0) < 0 && !writable(text),
	   "the program's own mprotect of the wedge with the cookie is refused");
	ok(own(SYS_munmap, text, PAGE, 0, 0, 0) < 0 && readable(text), "its munmap, too");
	ok(own(SYS_mmap, text, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, LOL_COOKIE_HALF | 3) < 0 &&
	   !writable(text), "its mmap, too");
	ok(own(SYS_getpid, 0, 0, 0, 0, 0) == getpid() && own(SYS_gettid, 0, 0, 0, 0, 0) == gettid(),
	   "the guest answers what it asks with the cookie");
	do {
		waited = own(SYS_futex, (uint64_t)&word, 0, 1, (uint64_t)&soon, 0);
	} while (waited == -EINTR);
	ok(own(SYS_futex, (uint64_t)&word, 0, 0, 0, 0) == -EAGAIN && waited == -ETIMEDOUT &&
	   !own(SYS_futex, (uint64_t)&word, 1, 1, 0, 0), "futex with it waits (%ld) and wakes", waited);
}

/* @none: not even futex is expected to pass (ptrace bridge). */
static int calls(bool none)
{
	static uint64_t site[SITES_MAX];
	volatile unsigned int passed = 0, futex = 0;
	unsigned int n = find_sites(site);
	static volatile char path[] = "/tmp/attack-was-here";

	ok(n > 10, "%u syscall instructions of the wedge can be reached", n);
	for (unsigned int s = 0; s < n; s += s < 2 ? 1 : 20) {
		for (uint64_t nr = 0; nr < 1024; nr++) {
			uint64_t numbers[] = { nr, nr | 0x40000000, nr | 0xffffffff00000000 };

			for (int k = 0; k < 3; k++) {
				/* 335 and 336 no filter sees (Linux 6.14): they raise SIGILL */
				if (nr == 202 || nr == 335 || nr == 336)
					continue;
				if (call(site[s], numbers[k], (uint64_t)path, 0102, 0600, 0, LOL_COOKIE_HALF | 3, LOL_COOKIE)) {
					if (!passed++)
						printf("# call %#llx at %#llx passed: %#llx\n", (unsigned long long)numbers[k],
						       (unsigned long long)site[s], (unsigned long long)result);
				}
			}
		}
	}
	ok(!passed, "no call but futex passes the filter (%u did)", passed);
	/* operations of futex: 0 and 1 pass, all others and all flags do not */
	for (uint64_t op = 2; op < 0x1000; op++)
		futex += call(site[0], 202, (uint64_t)path & ~3ULL, op, 0, 1, (uint64_t)path & ~3ULL, LOL_COOKIE);
	ok(!futex, "no operation of futex but WAIT and WAKE passes (%u did)", futex);
	path[0] = '/';
	passed = call(site[0], 202, (uint64_t)path & ~3ULL, 1, 0, 0, 0, LOL_COOKIE);
	if (none)
		ok(!passed, "nor does futex WAKE");
	else
		ok(passed && result == 0, "futex WAKE does, and wakes nobody (%u, %#llx)", passed, (unsigned long long)result);
	passed = call(site[0], 202, (uint64_t)path & ~3ULL, 1, 0, 0, 0, 0);
	ok(!passed, "without the cookie it does not");
	own_calls();
	passed = 0;
	for (uint64_t nr = 0; nr < 512; nr++) {
		if (!sigsetjmp(back, 0)) {
			uint64_t rax = nr;

			asm volatile("int $0x80" : "+a"(rax) : "b"(path), "c"(0102), "d"(0600) : "memory");
			passed++;
		}
	}
	ok(!passed, "int 0x80 is no system call (%u were)", passed);
	ok(getpid() > 0 && access((const char *)path, F_OK), "the guest's own calls still work, and nothing was made");
	return finish();
}

/* ---- what can be seen ---- */

static const struct {
	uint64_t start, end;
	int may;		/* 1: read, 2: write */
	const char *what;
} known[] = {
	{ LOL_USER_PAGE, LOL_USER_PAGE + 0x1000, 1, "user page" },
	{ LOL_WEDGE_TEXT, LOL_WEDGE_TEXT + 0x1000000, 3, "wedge and its private data" },
	{ LOL_WEDGE_FILTERS, LOL_WEDGE_FILTERS + sizeof(struct lol_filters), 1, "filters" },
	{ LOL_WEDGE_HANDOFF, LOL_WEDGE_HANDOFF + 0x1000, 3, "hand-over page" },
	{ LOL_WEDGE_HANDOFF + LOL_HANDOFF_OPS, LOL_WEDGE_HANDOFF + LOL_HANDOFF_OPS + 0x1000, 1, "operations" },
	{ LOL_WEDGE_HANDOFF + LOL_HANDOFF_DONE, LOL_WEDGE_HANDOFF + LOL_HANDOFF_DONE + 0x1000, 1, "completion" },
	{ LOL_WEDGE_HANDOFF + LOL_HANDOFF_STACK, LOL_WEDGE_HANDOFF + LOL_HANDOFF_STRIDE, 3, "signal stack" },
};

static unsigned int seen_wrongly;

static void look(uint64_t va)
{
	int can = readable(va) ? 1 : 0, may = 0;

	if (can && writable(va))
		can |= 2;
	for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (va >= known[i].start && va < known[i].end)
			may = known[i].may;
	if (can & ~may) {
		if (seen_wrongly++ < 5)
			printf("# %#llx can be %s\n", (unsigned long long)va, can & 2 ? "written" : "read");
	}
}

static bool guest_gave(uint64_t va)
{
	static struct { unsigned long long start, end; } map[512];
	static unsigned int n;

	if (!n) {
		FILE *file = fopen("/proc/self/maps", "r");
		char line[256];

		while (file && n < 512 && fgets(line, sizeof(line), file))
			if (sscanf(line, "%llx-%llx", &map[n].start, &map[n].end) == 2)
				n++;
		if (file)
			fclose(file);
	}
	for (unsigned int i = 0; i < n; i++)
		if (va >= map[i].start && va < map[i].end)
			return true;
	return false;
}

static int scan(void)
{
	static const uint64_t dense[][2] = {
		{ LOL_WEDGE_LOW, LOL_USER_START }, { LOL_NEAR_END - 0x10000, LOL_NEAR_END + 0x10000 },
		{ LOL_VCPU_PAGE, LOL_VCPU_PAGE + 0x10000 }, { LOL_DIRECT_MAP, LOL_DIRECT_MAP + 0x400000 },
		{ LOL_KERNEL_MAP + 0x200000, LOL_KERNEL_MAP + 0xa00000 }, { LOL_VMALLOC_START, LOL_VMALLOC_START + 0x40000 },
		{ LOL_MODULES_START, LOL_MODULES_START + 0x40000 }, { LOL_WEDGE_VCPU, LOL_WEDGE_VCPU + 0x10000 },
		{ LOL_WEDGE_HANDOFF, LOL_WEDGE_HANDOFF + 0x20000 }, { LOL_WEDGE_FILTERS, LOL_WEDGE_FILTERS + 0x10000 }, { LOL_WEDGE_STATE, LOL_WEDGE_STATE + LOL_STATE_SIZE },
		{ LOL_WEDGE_HANDOFFS, LOL_WEDGE_HANDOFFS + 0x100000 }, { LOL_WEDGE_TLBS, LOL_WEDGE_TLBS + 0x400000 },
		{ LOL_WEDGE_RAM, LOL_WEDGE_RAM + 0x1000000 },
	};

	for (unsigned int i = 0; i < sizeof(dense) / sizeof(dense[0]); i++)
		for (uint64_t va = dense[i][0]; va < dense[i][1]; va += PAGE)
			look(va);
	ok(!seen_wrongly, "nothing but the wedge's own is there where monitor, K and guest kernel have things (%u pages)", seen_wrongly);
	seen_wrongly = 0;
	for (uint64_t va = 0; va < 1ULL << 47; va += 2ULL << 30)
		if (!guest_gave(va))
			look(va);
	ok(!seen_wrongly, "nor every 2 GiB of the whole address space (%u pages)", seen_wrongly);
	ok(!writable(LOL_WEDGE_TEXT) && !writable(LOL_USER_PAGE), "text and user page cannot be written");
	ok(!writable(LOL_WEDGE_HANDOFF + LOL_HANDOFF_OPS) && !writable(LOL_WEDGE_HANDOFF + LOL_HANDOFF_DONE),
	   "operations and completion cannot be written");
	ok(!writable(LOL_WEDGE_FILTERS), "filters cannot be written");
	return finish();
}

/* ---- forged frames ---- */

#define FRAME	0x4000
#define UC(type, offset)	(*(type *)(stack + FRAME + (offset)))
#define UC_R8		40
#define UC_RSP		(40 + 15 * 8)
#define UC_RIP		(40 + 16 * 8)
#define UC_FLAGS	(40 + 17 * 8)
#define UC_CS		184
#define UC_SS		190
#define UC_ERROR	192
#define UC_TRAP		200
#define UC_CR2		216
#define UC_FP		224
#define UC_SIZE		296

static uint64_t random64(void)
{
	static uint64_t seed = 88172645463325252ULL;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

__attribute__((noreturn))
static void loop(void)
{
	for (;;)
		asm volatile("pause");
}

static void good_frame(void)
{
	memset(stack + FRAME, 0, UC_SIZE);
	UC(uint64_t, UC_RIP) = (uint64_t)loop;
	UC(uint64_t, UC_RSP) = (uint64_t)__builtin_frame_address(0) - 4096;
	UC(uint64_t, UC_FLAGS) = 0x202;
	UC(uint16_t, UC_CS) = LOL_USER_CS;
	UC(uint16_t, UC_SS) = LOL_USER_DS;
	UC(uint64_t, UC_FP) = LOL_WEDGE_HANDOFF + LOL_HANDOFF_STACK + 0x6000;
	memset(stack + 0x6000, 0, 0x1000);
	handoff->frame = FRAME;
	handoff->signal = SIGTRAP;
	UC(uint64_t, UC_TRAP) = 3;
	handoff->arch = 0xc000003e;
	handoff->call_address = 0x400000;
	handoff->fs_base = handoff->gs_base = 0;
}

#define FORGERIES	24

static void forge_frame(int kind)
{
	good_frame();
	switch (kind) {
	case 0: UC(uint64_t, UC_RIP) = LOL_KERNEL_MAP + 0x200000; break;
	case 1: UC(uint16_t, UC_CS) = LOL_KERNEL_CS; break;
	case 2: UC(uint16_t, UC_SS) = LOL_KERNEL_DS; break;
	case 3: UC(uint64_t, UC_RIP) = 0xdead000000000000; break;
	case 4: UC(uint64_t, UC_TRAP) = 18; break;
	case 5: UC(uint64_t, UC_TRAP) = 8; break;
	case 6: UC(uint64_t, UC_TRAP) = 200; break;
	case 7: handoff->frame = 0xffffffff; break;
	case 8: handoff->frame = LOL_HANDOFF_STACK_SIZE - 8; break;
	case 9: handoff->gs_base = 0xdead000000000000; break;
	case 10: handoff->fs_base = 0xdead000000000000; break;
	case 11: memset(stack + 0x6000, 0xff, 0x1000); break;
	case 12: UC(uint64_t, UC_FP) = LOL_WEDGE_HANDOFF + LOL_HANDOFF_STRIDE - 64; break;
	case 13: UC(uint64_t, UC_FP) = 0; break;
	case 14: UC(uint64_t, UC_FLAGS) = ~0ULL; break;
	case 15: UC(uint64_t, UC_TRAP) = 14; UC(uint64_t, UC_CR2) = LOL_DIRECT_MAP + 0x1000; UC(uint64_t, UC_ERROR) = 7; break;
	case 16: UC(uint64_t, UC_TRAP) = 14; UC(uint64_t, UC_CR2) = 0xdead000000000000; UC(uint64_t, UC_ERROR) = ~0ULL; break;
	case 17: UC(uint64_t, UC_TRAP) = 14; UC(uint64_t, UC_CR2) = LOL_WEDGE_RAM; UC(uint64_t, UC_ERROR) = 6; break;
	case 18: handoff->signal = 9999; break;
	case 19: handoff->signal = SIGBUS; UC(uint64_t, UC_TRAP) = 200; break;
	case 20: handoff->signal = SIGSYS; handoff->arch = 0; break;
	case 21: handoff->signal = SIGSYS; handoff->call_address = ~0ULL; UC(uint64_t, UC_RSP) = 0; break;
	case 22: handoff->gs_base = LOL_DIRECT_MAP; handoff->signal = SIGSYS; UC(uint64_t, UC_R8 + 13 * 8) = 39; break;
	default:
		for (int i = 0; i < UC_SIZE / 8; i++)
			if (random64() & 1)
				UC(uint64_t, i * 8) = random64();
		handoff->signal = random64() % 40;
		handoff->fs_base = random64();
		handoff->gs_base = random64();
		for (int i = 0; i < 512; i++)
			((uint64_t *)(stack + 0x6000))[i] = random64();
	}
}

/* The wedge's signal handler, called as the host would call it. */
static uint64_t wedge_entry;

static void call_entry(void)
{
	asm volatile("movq %0, %%rsp\njmp *%1"
		     : : "r"(stack + FRAME - 512), "r"(wedge_entry), "D"((uint64_t)handoff->signal),
			 "S"(stack + FRAME - 256), "d"(stack + FRAME) : "memory");
}

/*
 * Plays the user thread: without ever leaving user mode, and by calling the
 * handler with a frame of its own making.
 */
static void forge(int kind)
{
	for (volatile int i = 0; i < 200; i++) {
		uint32_t run = handoff->enter;

		forge_frame(kind);
		if (wedge_entry && i % 2 == 0) {
			if (!sigsetjmp(back, 0))
				call_entry();
			continue;
		}
		handoff->reason = LOL_REASON_SIGNAL;
		__atomic_store_n(&handoff->leave, run, __ATOMIC_SEQ_CST);
		while (__atomic_load_n(&handoff->enter, __ATOMIC_SEQ_CST) == run)
			;
		handoff->started = handoff->enter;
	}
	loop();
}

/* ---- ways not to be preempted ---- */

#define STUBBORN	22

static void stubborn(int kind)
{
	static uint64_t site[SITES_MAX];
	uint64_t args[6] = { (uint64_t)&handoff->enter, 0, 0, 0, 0, LOL_COOKIE };

	switch (kind) {
	case 0:
		loop();
	case 1:		/* waits in the host, on the word that K changes */
		catch_signals();
		find_sites(site);
		for (;;) {
			args[2] = handoff->enter;
			passes(site[0], 202, args);
		}
	case 2:
		handoff->user_sleeps = 0;
		handoff->kernel_sleeps = 0;
		handoff->spin = ~0U;
		loop();
	case 3:		/* the handler's variables */
		for (uint64_t va = LOL_WEDGE_TEXT; va < LOL_WEDGE_TEXT + 0x400000; va += 8) {
			if (va % PAGE == 0) {
				catch_signals();
				while (va < LOL_WEDGE_TEXT + 0x400000 && !writable(va))
					va += PAGE;
			}
			*(volatile uint64_t *)va = 0x4141414141414141;
		}
		loop();
	case 4:
		handoff->reason = LOL_REASON_NOT_LEFT;
		for (;;)
			handoff->leave = handoff->enter;
	case 5:
		for (;;)
			handoff->leave = handoff->enter + 1;
	case 6:
		for (;;)
			memset(stack, 0xff, LOL_HANDOFF_STACK_SIZE);
	case 7:		/* the stack pointer in the signal stack, at its very end */
		asm volatile("movq %0, %%rsp\n1: pause\njmp 1b" : : "r"(stack + 64));
		__builtin_unreachable();
	case 8:
		asm volatile("pushq $0x44dd7\npopfq\n1: pause\njmp 1b");
		__builtin_unreachable();
	case 9:
		asm volatile("movq $-1, %%rax\nwrgsbase %%rax\nwrfsbase %%rax\nxorl %%esp, %%esp\n1: pause\njmp 1b" : : : "rax");
		__builtin_unreachable();
	default:	/* waits for ever inside the wedge: in the agent's loop, for one */
		kind = find_sites(site) - 1 - (kind - 10);
		asm volatile("movq %0, %%r15\nmovl (%%r15), %%ebp\nmovq %%r15, %%rdi\nxorl %%esi, %%esi\n"
			     "movl %%ebp, %%edx\nxorl %%r10d, %%r10d\nmovq %2, %%r9\nmovl $202, %%eax\njmp *%1"
			     : : "r"(LOL_WEDGE_HANDOFF + LOL_HANDOFF_OPS), "r"(site[kind]), "r"(LOL_COOKIE)
			     : "memory", "rax", "rdx", "rsi", "rdi", "r9", "r10", "r15");
	}
	loop();
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

/* Longest time that a sleep of 10 ms takes beside a child that does this. */
static double beside(void (*what)(int), int kind, double seconds)
{
	double start = now(), before, worst = 0;
	int status;
	pid_t pid = fork();

	if (!pid) {
		what(kind);
		_exit(0);
	}
	while (now() - start < seconds) {
		before = now();
		usleep(10000);
		if (now() - before - 0.01 > worst)
			worst = now() - before - 0.01;
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	printf("# %d: ends with status %#x, delays others by at most %.0f ms\n", kind, status, worst * 1e3);
	return worst;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	double worst = 0, one;

	setvbuf(stdout, NULL, _IOLBF, 0);
	catch_signals();
	if (!strcmp(what, "calls"))
		return calls(argc > 2);
	if (!strcmp(what, "scan"))
		return scan();
	if (!strcmp(what, "forge")) {
		wedge_entry = argc > 2 ? strtoull(argv[2], NULL, 16) : 0;
		for (int kind = 0; kind < FORGERIES + 16; kind++) {
			for (int i = 0; i < kind * 97; i++)
				random64();
			one = beside(forge, kind, 0.15);
			worst = one > worst ? one : worst;
		}
		ok(true, "the guest survives %d kinds of forged frames", FORGERIES + 16);
	} else if (!strcmp(what, "kick")) {
		for (int kind = 0; kind < STUBBORN; kind++) {
			one = beside(stubborn, kind, 0.4);
			worst = one > worst ? one : worst;
		}
		ok(true, "the guest survives %d stubborn programs", STUBBORN);
	} else {
		ok(false, "unknown attack");
	}
	ok(worst < 1, "others are not kept from running for long (%.0f ms)", worst * 1e3);
	return finish();
}
