// SPDX-License-Identifier: GPL-2.0-only
/*
 * Odd states at entry to the kernel and exit from it: random flags, segment bases, stack
 * and instruction pointers; system calls, traps, faults, iretq and far returns of its
 * own, and rt_sigreturn with random frames.
 *
 *   state ROUNDS SEED
 *   state wild [long]	anywhere in the wedge, too, beside others that go on; prints TAP
 *
 * Each round ends in a signal, and is one line of output: what was done, the signal,
 * and every register that the program has then.  The host's kernel is the judge: the
 * same seed gives the same lines there.  Where machine.md says that a lol machine
 * differs, in addresses from 2^47 on, only the signal is told.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "tests/attack/user.h"

/* Known to enter(). */
struct start {
	uint64_t target, rsp, fs, gs, flags, rax;
};

static sigjmp_buf back;
static uint64_t good_fs;
uint64_t seen_fs, seen_gs;		/* as user code left them: entry */
static struct {
	int signal, code;
	uint64_t address;
	greg_t reg[NGREG];
} seen;

static uint8_t alternate[65536];
static const stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) };
static uint64_t own_stack[1024] __attribute__((aligned(4096)));
static uint64_t memory[512] __attribute__((aligned(4096)));

/* The handler, with whatever bases the program has, and its flags. */
void entry(int number);
asm(".text\nentry:\n"
    "pushq $0x202\npopfq\n"
    "rdfsbase %rax\nmovq %rax, seen_fs(%rip)\n"
    "rdgsbase %rax\nmovq %rax, seen_gs(%rip)\n"
    "jmp on_signal_here\n");

__attribute__((used, noinline))
static void restore_bases(void)
{
	asm volatile("wrfsbase %0\nwrgsbase %1" : : "r"(good_fs), "r"(0ULL));
}

__attribute__((used, no_stack_protector))
void on_signal_here(int number, siginfo_t *info, void *context)
{
	restore_bases();
	seen.signal = number;
	seen.code = info->si_code;
	seen.address = (uint64_t)info->si_addr;
	memcpy(seen.reg, ((ucontext_t *)context)->uc_mcontext.gregs, sizeof(seen.reg));
	siglongjmp(back, 1);
}

/* Loads the state and jumps; rdi is the one register that tells of it. */
void enter(const struct start *start);
asm("enter:\n"
    "movq 40(%rdi), %rax\n"
    "movabsq $0x1111111111111111, %rbx\nmovabsq $0x2222222222222222, %rcx\n"
    "movabsq $0x3333333333333333, %rdx\nmovabsq $0x4444444444444444, %rsi\n"
    "movabsq $0x5555555555555555, %rbp\nmovabsq $0x6666666666666666, %r8\n"
    "movabsq $0x7777777777777777, %r9\nmovabsq $0x8888888888888888, %r10\n"
    "movabsq $0x9999999999999999, %r11\nmovabsq $0xaaaaaaaaaaaaaaaa, %r12\n"
    "movabsq $0xbbbbbbbbbbbbbbbb, %r13\nmovabsq $0xcccccccccccccccc, %r14\n"
    "movq 24(%rdi), %r15\nwrgsbase %r15\n"
    "movq 16(%rdi), %r15\nwrfsbase %r15\n"
    "pushq 32(%rdi)\npopfq\n"
    "movq 8(%rdi), %rsp\n"
    "jmp *(%rdi)\n"
    "do_syscall: syscall\nud2\n"
    "do_int3: int3\n"
    "do_ud2: ud2\n"
    "do_load: movb (%rax), %al\nud2\n"
    "do_store: movq %rax, 1(%rax)\nud2\n"
    "do_jump: jmp *%rax\n"
    "do_push: pushq %rax\nud2\n"
    "do_call: call 1f\n1: ud2\n"
    "do_hlt: hlt\n"
    "do_div: xorl %edx, %edx\nxorl %ecx, %ecx\ndivl %ecx\n"
    "do_int: int $0x85\n"
    "do_iret: iretq\n"
    "do_lret: lretq\n"
    "do_ss: movl %eax, %ss\nud2\n"
    "do_swapgs: swapgs\n"
    "do_popf: popfq\nud2\n"
    "do_sysret: sysretq\n");
extern char do_syscall[], do_int3[], do_ud2[], do_load[], do_store[], do_jump[], do_push[], do_call[], do_hlt[],
	do_div[], do_int[], do_iret[], do_lret[], do_ss[], do_swapgs[], do_popf[], do_sysret[];

static const struct {
	const char *name;
	char *code;
	bool stack;		/* uses it */
} event[] = {
#define EVENT(name)		{ #name, do_##name, false }
#define STACK_EVENT(name)	{ #name, do_##name, true }
	EVENT(syscall), EVENT(int3), EVENT(ud2), EVENT(load), EVENT(store), EVENT(jump), STACK_EVENT(push),
	STACK_EVENT(call), EVENT(hlt), EVENT(div), EVENT(int), STACK_EVENT(iret), STACK_EVENT(lret), EVENT(ss),
	EVENT(swapgs), STACK_EVENT(popf), EVENT(sysret), { "sigreturn", do_syscall, false },
};

static bool wild;

#define EVENTS	(sizeof(event) / sizeof(event[0]))
#define SIGRETURN	(EVENTS - 1)
#define HIGH	(1ULL << 47)

static uint64_t pick(const uint64_t *list, unsigned int n)
{
	return list[random64() % n];
}
#define PICK(...)	pick((const uint64_t[]){ __VA_ARGS__ }, sizeof((uint64_t[]){ __VA_ARGS__ }) / 8)

/* Where neither the host's kernel nor a guest's has mapped anything, or both nothing for users. */
static uint64_t quiet_address(void)
{
	return PICK(0, 1, 8, 0xfff, 0x9000, LOL_USER_END - 1, LOL_USER_END, LOL_DIRECT_MAP + 0x200000, LOL_VMALLOC_START,
		    LOL_VCPU_PAGE, LOL_KERNEL_MAP + 0x1000000, LOL_MODULES_START + 7, 0x7ffffffff000, 0x7fffffffffff,
		    HIGH, HIGH + 1, 0xdead000000000000, 0xffff7fffffffffff, 0xffff800000000000, 0xffffffff81000000,
		    0xfffffffffffffff8, ~0ULL, (random64() & 0x5fffffffffff) | 1ULL << 46);
}

static uint64_t odd_address(void)
{
	return wild ? random_address() : quiet_address();
}

/* Also where the wedge is; nothing may be read or written there that is to be the same. */
static uint64_t odd_stack(bool used)
{
	uint64_t good = (uint64_t)own_stack + sizeof(own_stack) / 2;

	switch (random64() % (used ? 4 : 6)) {
	case 0:
		return odd_address();
	case 1:
		return good + random64() % 64;
	case 4:
		return PICK(LOL_WEDGE_TEXT, LOL_WEDGE_TEXT + 0xf800, LOL_WEDGE_VCPU, LOL_WEDGE_STATE, LOL_WEDGE_LOW,
			    LOL_WEDGE_HANDOFF, LOL_WEDGE_HANDOFF + 0x200, LOL_WEDGE_RAM);
	case 5:
		/* not where the signal stack has no room for a frame below: that ends the task */
		return LOL_WEDGE_HANDOFF + (random64() & 1 ? random64() % LOL_HANDOFF_STACK :
					    LOL_HANDOFF_STRIDE - random64() % (LOL_HANDOFF_STACK_SIZE / 4));
	default:
		return good;
	}
}

static uint64_t odd_base(void)
{
	return random64() % 3 ? PICK(0, 1, (uint64_t)memory, 0x7ffffffff000, 0x7fffffffffff, LOL_DIRECT_MAP, LOL_WEDGE_HANDOFF)
			      : odd_address();
}

static uint64_t odd_flags(void)
{
	static const uint64_t each[] = { 1, 4, 0x10, 0x40, 0x80, 0x100, 0x400, 0x800, 0x3000, 0x4000, 0x10000, 0x20000,
					 0x40000, 0x80000, 0x100000, 0x200000 };
	uint64_t flags = 0x202;

	for (unsigned int i = random64() % 4; i; i--)
		flags |= pick(each, sizeof(each) / 8);
	/* steps end most rounds before they begin */
	return random64() % 4 ? flags & ~0x100ULL : flags;
}

static uint64_t odd_selector(void)
{
	return random64() % 2 ? PICK(LOL_USER_CS, 0x23) : PICK(0, 3, 0x10, 0x13, 0x18, 0x1b, 0x2b, 0x33, 0x20, 0x30, 0x7b, 0xfff8, 0xffff);
}

static uint64_t odd_target(void)
{
	return random64() % 2 ? (uint64_t)do_ud2 : random64() % 3 ? (uint64_t)event[random64() % 3].code : odd_address();
}

/* A frame for rt_sigreturn, of which the guest's kernel and the host's make the same. */
static uint64_t forged_frame(bool *high)
{
	static struct {
		uint64_t restorer;
		ucontext_t uc;
		uint8_t more[512];
	} frame __attribute__((aligned(64)));
	greg_t *reg = frame.uc.uc_mcontext.gregs;

	memset(&frame, 0, sizeof(frame));
	frame.uc.uc_flags = random64() & 6;
	frame.uc.uc_stack = stack;
	for (int i = 0; i < NGREG; i++)
		reg[i] = random64() & 1 ? random_next(&(uint64_t){ i + 1 }) : 0x1234;
	reg[REG_RIP] = odd_target();
	reg[REG_RSP] = odd_stack(false);
	reg[REG_EFL] = odd_flags() | (random64() & 1 ? 0x100 : 0);
	reg[REG_CSGSFS] = odd_selector() | (random64() % 4 ? LOL_USER_DS : odd_selector()) << 48;
	reg[REG_RAX] = 1000;
	/* vector state: none, unusable places */
	frame.uc.uc_mcontext.fpregs = (void *)(random64() % 4 ? 0 : odd_address());
	*high = (uint64_t)reg[REG_RIP] >= HIGH || (uint64_t)frame.uc.uc_mcontext.fpregs >= HIGH;
	return (uint64_t)&frame.uc;
}

static void report(unsigned int round, const char *name, bool high)
{
	static const struct { int reg; const char *name; } told[] = {
		{ REG_RIP, "rip" }, { REG_RSP, "rsp" }, { REG_EFL, "fl" }, { REG_RAX, "ax" }, { REG_RBX, "bx" },
		{ REG_RCX, "cx" }, { REG_RDX, "dx" }, { REG_RSI, "si" }, { REG_RBP, "bp" }, { REG_R8, "8" },
		{ REG_R9, "9" }, { REG_R10, "10" }, { REG_R11, "11" }, { REG_R12, "12" }, { REG_R13, "13" },
		{ REG_R14, "14" }, { REG_R15, "15" },
	};

	printf("%u %s: signal %d", round, name, seen.signal);
	if (!high && seen.address < HIGH) {
		/* of a frame that is refused it is that of an earlier round */
		if (strcmp(name, "sigreturn") || seen.code != SI_KERNEL)
			printf(" trap %lld", (long long)seen.reg[REG_TRAPNO]);
		printf(" code %d cs %llx ss %llx fs %llx gs %llx", seen.code,
		       (long long)seen.reg[REG_CSGSFS] & 0xffff, (long long)(seen.reg[REG_CSGSFS] >> 48) & 0xffff,
		       (long long)seen_fs, (long long)seen_gs);
		for (unsigned int i = 0; i < sizeof(told) / sizeof(told[0]); i++)
			printf(" %s %llx", told[i].name, (long long)seen.reg[told[i].reg]);
	}
	putchar('\n');
}

static void play(unsigned int round)
{
	static struct start start;
	unsigned int which = random64() % (EVENTS + 4);
	volatile bool high = false;
	bool bad = false;
	uint64_t *top;

	if (which >= EVENTS)
		which = SIGRETURN;
	start = (struct start){
		.target = (uint64_t)event[which].code, .rsp = odd_stack(event[which].stack), .fs = odd_base(),
		.gs = odd_base(), .flags = odd_flags(), .rax = odd_address(),
	};
	if (event[which].code == do_syscall)
		start.rax = PICK(SYS_sched_yield, 1000, ~0ULL, 0x40000000, 0xffffffff00000018);
	if (event[which].code == do_ss)
		start.rax = odd_selector();
	if (event[which].code == do_iret || event[which].code == do_lret || event[which].code == do_popf) {
		top = own_stack + 512;
		start.rsp = (uint64_t)top;
		top[0] = odd_target();
		top[1] = odd_selector();
		top[2] = odd_flags();
		top[3] = odd_stack(false);
		top[4] = random64() % 4 ? LOL_USER_DS : odd_selector();
		if (event[which].code == do_popf)
			top[0] = odd_flags();
	}
	if (which == SIGRETURN) {
		start.rax = SYS_rt_sigreturn;
		start.rsp = forged_frame(&bad);
	}
	high = bad || start.fs >= HIGH || start.gs >= HIGH || start.rsp >= HIGH - PAGE;
	if (!sigsetjmp(back, 0))
		enter(&start);
	if (!wild)
		report(round, event[which].name, high);
}

/* Without an alternate stack there is no way to tell it. */
static void play_without(unsigned int round)
{
	struct start start = { (uint64_t)event[random64() % 3].code, odd_address(), good_fs, 0, 0x202, 1000 };
	pid_t pid = fork();

	if (!pid) {
		sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, NULL);
		enter(&start);
	}
	printf("%u without: status %d\n", round, wait_for(pid));
}

static void set_signals(void)
{
	struct sigaction action = { .sa_handler = entry, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

	asm volatile("rdfsbase %0" : "=r"(good_fs));
	sigaltstack(&stack, NULL);
	for (int i = 1; i < 32; i++)
		sigaction(i, &action, NULL);
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
}

/* Programs that die of it are made again. */
static void play_wild(int kind)
{
	wild = true;
	for (int program = 0; program < 1000; program++) {
		pid_t pid = fork();

		if (!pid) {
			random_seed(kind * 1000 + program);
			set_signals();
			for (unsigned int round = 0; round < 50; round++)
				play(round);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			_exit(1);
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	unsigned int rounds = argument(argc, argv, 1, 3000);
	int kinds = argc > 2 ? 40 : 4;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && !strcmp(argv[1], "wild")) {
		for (int kind = 0; kind < kinds; kind++)
			beside(play_wild, kind, -100);
		ok(true, "the guest survives states anywhere in the wedge");
		return finish();
	}
	random_seed(argument(argc, argv, 2, 1));
	set_signals();
	for (unsigned int round = 0; round < rounds; round++) {
		if (round % 64 == 63)
			play_without(round);
		else
			play(round);
	}
	printf("done\n");
	return 0;
}
