// SPDX-License-Identifier: GPL-2.0-only
/*
 * signals: alternate stack, nesting, masks, values, restart, and a handler that
 * changes the state it returns to, in general and vector registers.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ucontext.h>
#include <sys/time.h>
#include "tap.h"

static char alternate[65536] __attribute__((aligned(64)));
static volatile int hits, depth, deepest, most = 50;
static volatile char *where;
static volatile siginfo_t seen;

static void set(int sig, void (*f)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = f, .sa_flags = SA_SIGINFO | flags };

	must(sigaction(sig, &sa, NULL));
}

static bool on_alternate(const volatile char *p)
{
	return p >= alternate && p < alternate + sizeof(alternate);
}

static void note_stack(int sig, siginfo_t *info, void *context)
{
	char here;

	(void)sig;
	(void)context;
	where = &here;
	seen = *info;
	hits++;
}

static void nested(int sig, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (depth < most)
		raise(sig);
	depth--;
	hits++;
}

static void alternate_stack(void)
{
	stack_t ss = { .ss_sp = alternate, .ss_size = sizeof(alternate) }, old;

	must(sigaltstack(&ss, NULL));
	set(SIGUSR1, note_stack, SA_ONSTACK);
	set(SIGUSR2, note_stack, 0);
	raise(SIGUSR1);
	ok(on_alternate(where), "SA_ONSTACK runs on the alternate stack");
	raise(SIGUSR2);
	ok(!on_alternate(where), "and without it does not");
	must(sigaltstack(NULL, &old));
	ok(old.ss_sp == alternate && !(old.ss_flags & SS_ONSTACK), "sigaltstack tells what is set");
	ss.ss_size = 100;
	ok(sigaltstack(&ss, NULL) == -1 && errno == ENOMEM, "a small stack is refused");
}

static sigjmp_buf back;

static void overflow(int sig, siginfo_t *info, void *context)
{
	note_stack(sig, info, context);
	siglongjmp(back, 1);
}

static volatile bool endless = true;

static int recurse(volatile char *p)
{
	volatile char more[4096];

	more[0] = *p;
	return (endless ? recurse(more) : 0) + more[0];
}

static void nesting(void)
{
	hits = 0;
	set(SIGUSR1, nested, SA_NODEFER);
	raise(SIGUSR1);
	ok(deepest == 50 && hits == 50, "50 nested handlers (%d, %d)", deepest, hits);
	deepest = depth = hits = 0;
	most = 10;	/* a frame may be 4 KiB */
	set(SIGUSR1, nested, SA_NODEFER | SA_ONSTACK);
	raise(SIGUSR1);
	ok(deepest == most && hits == deepest, "nested on the alternate stack (%d)", deepest);
	set(SIGSEGV, overflow, SA_ONSTACK | SA_NODEFER);
	if (!sigsetjmp(back, 1)) {
		char c = 0;

		recurse(&c);
	}
	ok(on_alternate(where) && seen.si_signo == SIGSEGV, "stack overflow is handled on the alternate stack");
	signal(SIGSEGV, SIG_DFL);
}

/* The handler edits what the interrupted code will see. */
static void edit(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	uint32_t *xmm = (uint32_t *)uc->uc_mcontext.fpregs->_xmm;
	int i;

	(void)sig;
	(void)info;
	uc->uc_mcontext.gregs[REG_RIP] += 2;	/* over ud2 */
	uc->uc_mcontext.gregs[REG_RBX] = 0x1111222233334444;
	uc->uc_mcontext.gregs[REG_R12] = ~uc->uc_mcontext.gregs[REG_R12];
	uc->uc_mcontext.gregs[REG_R15] += 5;
	uc->uc_mcontext.gregs[REG_EFL] ^= 1;	/* carry */
	for (i = 0; i < 4; i++)
		xmm[4 * 3 + i] = 0xabc0 + i;	/* xmm3 */
	asm volatile("pxor %%xmm5, %%xmm5; pcmpeqd %%xmm3, %%xmm3" : : : "xmm3", "xmm5");
}

static void changed_state(void)
{
	uint64_t rbx = 1, r12 = 2, r15 = 3, carry = 0;
	uint32_t x3[4], x5[4] = { 5, 6, 7, 8 }, x5b[4];

	set(SIGILL, edit, 0);
	asm volatile("movdqu %[in], %%xmm5\n\t"
		     "mov %[b], %%rbx; mov %[c], %%r12; mov %[d], %%r15; clc\n\t"
		     "ud2\n\t"
		     "mov $0, %%eax; adc $0, %%rax; mov %%rax, %[cf]\n\t"
		     "mov %%rbx, %[b]; mov %%r12, %[c]; mov %%r15, %[d]\n\t"
		     "movdqu %%xmm3, %[x3]; movdqu %%xmm5, %[x5]"
		     : [b] "+m"(rbx), [c] "+m"(r12), [d] "+m"(r15), [cf] "=m"(carry), [x3] "=m"(x3), [x5] "=m"(x5b)
		     : [in] "m"(x5)
		     : "rax", "rbx", "r12", "r15", "xmm3", "xmm5", "cc", "memory");
	ok(rbx == 0x1111222233334444 && r12 == ~2UL && r15 == 8, "general registers changed by a handler");
	ok(carry == 1, "flags changed by a handler");
	ok(x3[0] == 0xabc0 && x3[3] == 0xabc3, "vector register changed by a handler");
	ok(!memcmp(x5, x5b, 16), "what it did not change is as before");
}

/* Red zone and every register survive signals at any instruction. */
static void tick(int sig, siginfo_t *info, void *context)
{
	volatile char buffer[512];

	(void)sig;
	(void)info;
	(void)context;
	memset((void *)buffer, hits, sizeof(buffer));
	asm volatile("xor %%eax, %%eax; mov $7, %%ecx; pxor %%xmm0, %%xmm0; std; cld" : : : "rax", "rcx", "xmm0", "cc");
	hits++;
}

static void transparent(void)
{
	struct itimerval t = { { 0, 300 }, { 0, 300 } };
	uint64_t start = now_ns(), bad = 0, rounds = 0;

	hits = 0;
	set(SIGALRM, tick, SA_RESTART);
	must(setitimer(ITIMER_REAL, &t, NULL));
	while (now_ns() - start < 500000000) {
		uint64_t wrong;

		asm volatile("movq $0x1234, -8(%%rsp); movq $0x5678, -120(%%rsp)\n\t"
			     "mov $11, %%rbx; mov $12, %%r8; mov $13, %%r14; mov $2000, %%ecx\n\t"
			     "1: lea 1(%%rbx), %%rbx; sub $1, %%rbx\n\t"
			     "dec %%ecx; jnz 1b\n\t"
			     "xor $11, %%rbx; xor $12, %%r8; xor $13, %%r14\n\t"
			     "mov -8(%%rsp), %%rax; xor $0x1234, %%rax; or %%rax, %%rbx\n\t"
			     "mov -120(%%rsp), %%rax; xor $0x5678, %%rax\n\t"
			     "or %%rax, %%rbx; or %%r8, %%rbx; or %%r14, %%rbx; mov %%rbx, %0"
			     : "=r"(wrong) : : "rax", "rbx", "rcx", "r8", "r14", "cc", "memory");
		bad += wrong != 0;
		rounds++;
	}
	t = (struct itimerval){ 0 };
	setitimer(ITIMER_REAL, &t, NULL);
	ok(!bad && hits > 20, "registers and red zone survive %d timer signals in %lu rounds", hits, (long)rounds);
}

static void masks(void)
{
	union sigval value = { .sival_int = 4711 };
	struct timespec wait = { 1, 0 };
	sigset_t set1, old, pending;
	siginfo_t info;
	int i;

	sigemptyset(&set1);
	sigaddset(&set1, SIGRTMIN + 1);
	sigaddset(&set1, SIGUSR2);
	must(sigprocmask(SIG_BLOCK, &set1, &old));
	for (i = 0; i < 3; i++) {
		value.sival_int = 4711 + i;
		must(sigqueue(getpid(), SIGRTMIN + 1, value));
		must(kill(getpid(), SIGUSR2));
	}
	sigpending(&pending);
	ok(sigismember(&pending, SIGUSR2) && sigismember(&pending, SIGRTMIN + 1), "blocked signals are pending");
	for (i = 0; i < 3; i++) {
		sigset_t rt;

		sigemptyset(&rt);
		sigaddset(&rt, SIGRTMIN + 1);
		if (sigtimedwait(&rt, &info, &wait) != SIGRTMIN + 1 || info.si_value.sival_int != 4711 + i || info.si_code != SI_QUEUE)
			break;
	}
	ok(i == 3, "queued signals come in order with their values");
	hits = 0;
	set(SIGUSR2, note_stack, 0);
	must(sigprocmask(SIG_SETMASK, &old, NULL));
	ok(hits == 1 && seen.si_pid == getpid() && seen.si_code == SI_USER, "a plain one comes once, with its sender");
}

static void interrupt(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	hits++;
}

static void restart(void)
{
	struct itimerval once = { { 0, 0 }, { 0, 20000 } };
	int ends[2];
	char c;
	pid_t pid;

	must(pipe(ends));
	set(SIGALRM, interrupt, 0);
	hits = 0;
	must(setitimer(ITIMER_REAL, &once, NULL));
	ok(read(ends[0], &c, 1) == -1 && errno == EINTR && hits == 1, "read() is interrupted");
	set(SIGALRM, interrupt, SA_RESTART);
	pid = must(fork());
	if (!pid) {
		usleep(100000);
		must(write(ends[1], "z", 1));
		_exit(0);
	}
	must(setitimer(ITIMER_REAL, &once, NULL));
	ok(read(ends[0], &c, 1) == 1 && c == 'z' && hits == 2, "read() is restarted with SA_RESTART");
	ok(wait_for(pid) == 0, "the writer ended well");
}

static void fatal(void)
{
	static const int list[] = { SIGKILL, SIGTERM, SIGSEGV, SIGABRT, SIGILL, SIGPIPE, SIGALRM, SIGUSR1 };
	unsigned int i, good = 0;
	pid_t pid;

	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		pid = must(fork());
		if (!pid) {
			signal(list[i], SIG_DFL);
			kill(getpid(), list[i]);
			_exit(0);
		}
		good += wait_for(pid) == 128 + list[i];
	}
	ok(good == i, "default actions kill (%u of %u)", good, i);
	pid = must(fork());
	if (!pid) {
		asm volatile("mov $0x700000000000, %%rsp; push %%rax; ud2" : : : "memory");
		_exit(0);
	}
	ok(wait_for(pid) == 128 + SIGSEGV, "a fault on a wild stack kills");
	pid = must(fork());
	if (!pid) {
		for (;;)
			pause();
	}
	must(kill(pid, SIGSTOP));
	ok(waitpid(pid, (int *)&hits, WUNTRACED) == pid && WIFSTOPPED(hits), "SIGSTOP stops");
	must(kill(pid, SIGCONT));
	ok(waitpid(pid, (int *)&hits, WCONTINUED) == pid && WIFCONTINUED(hits), "SIGCONT continues");
	must(kill(pid, SIGKILL));
	ok(wait_for(pid) == 128 + SIGKILL, "and it can be killed");
}

static void storm(void)
{
	pid_t parent = getpid(), pid;
	sigset_t usr1, old;
	int i;

	hits = 0;
	set(SIGUSR1, interrupt, SA_RESTART | SA_ONSTACK);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, &old);
	pid = must(fork());
	if (!pid) {
		for (i = 0; i < 20000; i++)
			kill(parent, SIGUSR1);
		_exit(0);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	i = wait_for(pid);
	ok(i == 0 && hits > 0, "20000 signals from another process (%d handled)", hits);
}

int main(void)
{
	alternate_stack();
	nesting();
	changed_state();
	transparent();
	masks();
	restart();
	fatal();
	storm();
	return finish();
}
