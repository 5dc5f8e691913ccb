// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile guest user code: ways not to be preempted.
 *
 *   kick ENTRY EXCHANGE AGENT [KIND]	addresses of the wedge's user_entry, user_exchange
 *					and agent_loop; one kind only
 *
 * Blocks the kick, or takes it where the wedge does not act on it, or keeps K waiting.
 * Others must go on, at the price of this task's life if its registers are gone.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "tests/attack/user.h"

#define ALL_SIGNALS	(~0ULL)

static uint64_t user_entry, user_exchange, agent_loop;
static uint64_t site[SITES_MAX];
static unsigned int sites;
static uint64_t own_stack[2048] __attribute__((aligned(64)));

static volatile uint32_t *words(int i)
{
	struct lol_ops *ops = (struct lol_ops *)(LOL_WEDGE_HANDOFF + LOL_HANDOFF_OPS);
	struct lol_done *done = (struct lol_done *)(LOL_WEDGE_HANDOFF + LOL_HANDOFF_DONE);
	volatile uint32_t *const word[] = { &handoff->enter, &handoff->leave, &ops->sequence, &done->sequence };

	return word[i % 4];
}

/* Jumps to code of the wedge's with registers of choice, for good. */
__attribute__((noreturn))
static void enter_wedge(uint64_t to, uint64_t rax, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t rsp)
{
	asm volatile("movq %0, %%r11\nmovq %1, %%rsp\nmovq %2, %%r9\nxorl %%r8d, %%r8d\nxorl %%r10d, %%r10d\njmp *%%r11"
		     : : "r"(to), "r"(rsp), "r"(LOL_COOKIE), "a"(rax), "D"(rdi), "S"(rsi), "d"(rdx)
		     : "memory", "r8", "r9", "r10", "r11");
	__builtin_unreachable();
}

/* A host call by an instruction of its own, or by the wedge's; either should come to nothing. */
static void call(bool by_wedge, uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	const uint64_t args[6] = { a, b, c, d, e, LOL_COOKIE };
	uint64_t result;

	/* the host sees what is mapped there, not what the guest would map */
	catch_signals();
	readable(a);
	readable(b);
	if (!by_wedge) {
		let_signals();
		own(nr, a, b, c, d, e);
		return;
	}
	made(site[0], nr, args, &result);
	let_signals();
}

static void block(int how)
{
	static uint64_t all = ALL_SIGNALS;
	static struct { uint64_t handler, flags, restorer, mask; } ignore = { 1, 0x04000000, 0, ALL_SIGNALS };
	static const stack_t none = { .ss_flags = SS_DISABLE };
	static const stack_t elsewhere = { .ss_sp = own_stack, .ss_size = sizeof(own_stack) };

	switch (how / 2) {
	case 0: call(how % 2, SYS_rt_sigprocmask, SIG_SETMASK, (uint64_t)&all, 0, 8, 0); break;
	case 1: call(how % 2, SYS_rt_sigaction, SIGUSR1, (uint64_t)&ignore, 0, 8, 0); break;
	case 2: call(how % 2, SYS_sigaltstack, (uint64_t)&none, 0, 0, 0, 0); break;
	case 3: call(how % 2, SYS_sigaltstack, (uint64_t)&elsewhere, 0, 0, 0, 0); break;
	}
	loop();
}

/* A frame that would block everything and go on in loop(), and the host is asked to take it. */
static void forged_return(int how)
{
	struct { uint64_t restorer; ucontext_t uc; } *frame = (void *)(own_stack + 512);
	greg_t *reg = frame->uc.uc_mcontext.gregs;

	memset(&frame->uc.uc_sigmask, 0xff, 8);
	frame->uc.uc_flags = how & 1 ? 6 : 0;
	reg[REG_RIP] = (uint64_t)loop;
	reg[REG_RSP] = (uint64_t)(own_stack + 400);
	reg[REG_EFL] = 0x202;
	reg[REG_CSGSFS] = LOL_USER_CS | (uint64_t)LOL_USER_DS << 48;
	enter_wedge(site[how % sites], SYS_rt_sigreturn, 0, 0, 0, (uint64_t)&frame->uc);
}

/* Other operations of futex on the words that K and agent wait for. */
static void requeue(int how)
{
	static uint32_t elsewhere;
	uint32_t op = (const uint32_t[]){ 3, 4, 12, 6, 5, 9, 10, 11 }[how % 8];

	*(volatile uint32_t *)&elsewhere = 1;
	for (int i = 0; i < 4; i++)
		call(true, SYS_futex, (uint64_t)words(i), op, 0, 0x7fffffff, (uint64_t)&elsewhere);
	for (;;)
		own(SYS_futex, (uint64_t)&handoff->leave, op, 0, 0x7fffffff, (uint64_t)&elsewhere);
}

static void wait_own(int word)
{
	for (;;)
		own(SYS_futex, (uint64_t)words(word), 0, *words(word), 0, 0);
}

static void wake_own(int word)
{
	for (;;)
		own(SYS_futex, (uint64_t)words(word), 1, word & 4 ? 1 : 0x7fffffff, 0, 0);
}

/* The same from the wedge's instructions, where a kick is not acted on at once. */
static void wait_inside(int how)
{
	unsigned int which = (const unsigned int[]){ 0, sites - 1, sites - 2, sites - 3 }[how / 4 % 4];

	asm volatile("movq %0, %%r15\nmovl (%%r15), %%ebp\nmovq %%r15, %%rdi\nxorl %%esi, %%esi\n"
		     "movl %%ebp, %%edx\nxorl %%r10d, %%r10d\nmovq %2, %%r9\nmovl $202, %%eax\njmp *%1"
		     : : "r"(words(how)), "r"(site[which]), "r"(LOL_COOKIE)
		     : "memory", "rax", "rdx", "rsi", "rdi", "r9", "r10", "r15");
	__builtin_unreachable();
}

/* The agent's loop on operations of its own: for another process, changing for ever, or none. */
static void as_agent(int how)
{
	static struct lol_ops ops = { .sequence = 1, .count = 3, .pid = 7 };

	asm volatile("movq %0, %%r15\nmovq %0, %%r14\nmovq %3, %%r13\nxorl %%ebp, %%ebp\nmovq %2, %%r9\n"
		     "xorl %%r10d, %%r10d\njmp *%1"
		     : : "r"(&ops), "r"(agent_loop), "r"(LOL_COOKIE), "r"(how ? 7ULL << 32 : 0)
		     : "memory", "r9", "r10", "r13", "r14", "r15");
	__builtin_unreachable();
}

static void exchange(int how)
{
	switch (how) {
	case 1:		/* for batches that will never be */
		handoff->needs = 0x40000000;
		handoff->enter++;
		break;
	case 2:		/* looks, and does not sleep */
		handoff->spin = ~0U;
		break;
	case 3:		/* K is to think that the run has not begun */
		handoff->started = handoff->enter - 1;
		break;
	case 4:		/* and that nobody sleeps */
		handoff->started = handoff->enter + 1;
		handoff->needs = 0x40000000;
		handoff->enter += 5;
		handoff->user_sleeps = 0;
	}
	enter_wedge(user_exchange, 0, 0, 0, 0, (uint64_t)(own_stack + 1024) - 8);
}

/* The handler of a kick that came in the wedge goes back there: to the handler, and so on. */
static void handler_for_ever(int how)
{
	static struct { uint64_t info[16]; ucontext_t uc; } frame;
	greg_t *reg = frame.uc.uc_mcontext.gregs;

	reg[REG_RIP] = user_entry;
	reg[REG_RSP] = (uint64_t)(own_stack + 1024);
	reg[REG_RDI] = SIGUSR1;
	reg[REG_RSI] = (uint64_t)frame.info;
	reg[REG_RDX] = (uint64_t)&frame.uc;
	reg[REG_EFL] = how ? 0x246 : 0x202;
	frame.uc.uc_mcontext.fpregs = NULL;
	enter_wedge(user_entry, 0, SIGUSR1, (uint64_t)frame.info, (uint64_t)&frame.uc, (uint64_t)(own_stack + 1024));
}

static void again(int number)
{
	(void)number;
}

static void fault(int how)
{
	struct sigaction action = { .sa_handler = again };
	volatile uint8_t *page;

	for (int i = 1; i < 32; i++)
		sigaction(i, &action, NULL);
	for (;;) {
		switch (how) {
		case 0: asm volatile("movl $0, 8"); break;
		case 1: asm volatile("ud2"); break;
		case 2: asm volatile("int3"); break;
		case 3: asm volatile("hlt"); break;
		case 4: asm volatile("movl $0, (%0)" : : "r"(LOL_WEDGE_TEXT)); break;
		case 5:
			page = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			for (int i = 0; i < 64; i++)
				page[i * PAGE] = 1;
			munmap((void *)page, 64 * PAGE);
		}
	}
}

/* Where the host puts its frames. */
static void on_signal_stack(int how)
{
	uint64_t sp = LOL_WEDGE_HANDOFF + LOL_HANDOFF_STACK;

	sp += (const uint64_t[]){ 64, 0, LOL_HANDOFF_STACK_SIZE, LOL_HANDOFF_STACK_SIZE / 2 + 1, 4096 }[how % 5];
	asm volatile("movq %0, %%rsp\n1: pause\njmp 1b" : : "r"(sp));
	__builtin_unreachable();
}

static void overwrite_stack(int how)
{
	for (;;)
		for (int i = 0; i < LOL_HANDOFF_STACK_SIZE; i++)
			signal_stack[i] = how == 0 ? 0xff : how == 1 ? 0 : random64();
}

static void overwrite_words(int how)
{
	for (;;) {
		switch (how) {
		case 0: handoff->reason = LOL_REASON_NOT_LEFT; handoff->leave = handoff->enter; break;
		case 1: handoff->leave = handoff->enter + 1; break;
		case 2: handoff->user_sleeps = handoff->kernel_sleeps = 0; handoff->spin = ~0U; break;
		case 3: handoff->kernel_sleeps = random64(); handoff->user_sleeps = 1; handoff->leave = 0; break;
		case 4: handoff->started = 0; handoff->enter = random64(); break;
		}
	}
}

/* What the handler keeps. */
static void overwrite_wedge(int how)
{
	catch_signals();
	for (uint64_t va = LOL_WEDGE_TEXT; va < LOL_WEDGE_TEXT + WEDGE_SIZE; va += PAGE) {
		if (!writable(va))
			continue;
		for (uint64_t *at = (uint64_t *)va; at < (uint64_t *)(va + PAGE); at++)
			*at = how == 0 ? 0x4141414141414141 : how == 1 ? 0 : how == 2 ? ~0ULL : random_address();
	}
	let_signals();
	loop();
}

static void registers(int how)
{
	switch (how) {
	case 0:
		asm volatile("pushq $0x44dd7\npopfq\n1: pause\njmp 1b");
		__builtin_unreachable();
	case 1:
		asm volatile("movq $-1, %%rax\nwrgsbase %%rax\nwrfsbase %%rax\nxorl %%esp, %%esp\n1: pause\njmp 1b"
			     : : : "rax");
		__builtin_unreachable();
	case 2:
		asm volatile("movabsq $0xdead000000000001, %%rsp\n1: jmp 1b" : : : "memory");
		__builtin_unreachable();
	default:
		loop();
	}
}

static const struct {
	const char *name;
	void (*run)(int);
	int ways;
} attacks[] = {
	{ "loops with odd registers", registers, 4 },
	{ "blocks signals", block, 8 },
	{ "has a forged frame taken", forged_return, 4 },
	{ "requeues", requeue, 8 },
	{ "waits for what K waits for", wait_own, 4 },
	{ "wakes for ever", wake_own, 8 },
	{ "waits inside the wedge", wait_inside, 16 },
	{ "plays the agent", as_agent, 2 },
	{ "waits as between two runs", exchange, 5 },
	{ "handles a kick for ever", handler_for_ever, 2 },
	{ "faults for ever", fault, 6 },
	{ "runs on the signal stack", on_signal_stack, 5 },
	{ "overwrites the signal stack", overwrite_stack, 3 },
	{ "overwrites the words", overwrite_words, 5 },
	{ "overwrites the wedge's memory", overwrite_wedge, 4 },
};

#define ATTACKS	((int)(sizeof(attacks) / sizeof(attacks[0])))

static void run(int number)
{
	attacks[number / 100].run(number % 100);
	loop();
}

int main(int argc, char **argv)
{
	int only = argument(argc, argv, 4, -1);

	begin();
	user_entry = argc > 1 ? strtoull(argv[1], NULL, 16) : 0;
	user_exchange = argc > 2 ? strtoull(argv[2], NULL, 16) : 0;
	agent_loop = argc > 3 ? strtoull(argv[3], NULL, 16) : 0;
	sites = find_bytes(0x0f, 0x05, site, SITES_MAX);
	for (int i = 0; i < ATTACKS; i++) {
		if (only >= 0 && only / 100 != i)
			continue;
		for (int way = 0; way < attacks[i].ways; way++) {
			if (only >= 0 && only % 100 != way)
				continue;
			printf("# begins: %s (%d)\n", attacks[i].name, way);
			beside(run, i * 100 + way, only < 0 ? 5 : 300);
		}
		ok(true, "others go on beside a program that %s", attacks[i].name);
	}
	return finish();
}
