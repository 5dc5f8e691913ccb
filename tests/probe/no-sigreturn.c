// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: SIGSYS of a seccomp TRAP, SIGSEGV, SIGILL and an asynchronous SIGUSR1 can
 * be handled on an alternate stack with SA_NODEFER and left by XRSTOR + iretq:
 * all general registers, flags, vector registers and the red zone are kept, and
 * no signal stays blocked, with rt_sigreturn refused on pain of death.
 * Relied on by: syscall-bridge/signal.c and start.S, whose filter refuses it.
 */
#include "tests/probe/probe.h"
#include <cpuid.h>
#include <stddef.h>

#define COMPONENTS	0xe7	/* x87, SSE, AVX, the three of AVX-512 */
#define FLAGS	(0x8d5UL | FLAG_DF | FLAG_NT | FLAG_AC | FLAG_ID)	/* no TF: see iretq-ring3 */

/* Registers in the order of gregset_t; vector state as XSAVE writes it. */
__attribute__((used)) static uint64_t want[18], got[18], host_rsp;
__attribute__((used)) static void (*event)(void);
__attribute__((used, aligned(64))) static uint8_t vector_want[8192], vector_got[8192];
void trial(void), event_syscall(void), event_ill(void), event_segv(void), event_wait(void), trial_done(void);

/* Loads everything from want, lets the event happen, stores everything in got. */
asm(	"	.text\n	.globl trial, event_syscall, event_ill, event_segv, event_wait, trial_done\n"
	"trial:	pushq %rbx\n	pushq %rbp\n	pushq %r12\n	pushq %r13\n	pushq %r14\n	pushq %r15\n"
	"	movq %rsp, host_rsp(%rip)\n"
	"	movl $0xe7, %eax\n	xorl %edx, %edx\n"
	"	leaq vector_want(%rip), %rcx\n	xrstor64 (%rcx)\n"
	"	leaq want+136(%rip), %rsp\n	popfq\n"
	"	movq want(%rip), %r8\n	movq want+8(%rip), %r9\n	movq want+16(%rip), %r10\n"
	"	movq want+24(%rip), %r11\n	movq want+32(%rip), %r12\n	movq want+40(%rip), %r13\n"
	"	movq want+48(%rip), %r14\n	movq want+56(%rip), %r15\n	movq want+64(%rip), %rdi\n"
	"	movq want+72(%rip), %rsi\n	movq want+80(%rip), %rbp\n	movq want+88(%rip), %rbx\n"
	"	movq want+96(%rip), %rdx\n	movq want+104(%rip), %rax\n	movq want+112(%rip), %rcx\n"
	"	movq want+120(%rip), %rsp\n	jmp *event(%rip)\n"
	"event_syscall: syscall\n	jmp trial_done\n"
	"event_ill: ud2\n"
	"event_segv: movb $0, 0\n"
	"event_wait: .rept 1000\n	pause\n	.endr\n"
	"trial_done:\n"
	"	movq %r8, got(%rip)\n	movq %r9, got+8(%rip)\n	movq %r10, got+16(%rip)\n"
	"	movq %r11, got+24(%rip)\n	movq %r12, got+32(%rip)\n	movq %r13, got+40(%rip)\n"
	"	movq %r14, got+48(%rip)\n	movq %r15, got+56(%rip)\n	movq %rdi, got+64(%rip)\n"
	"	movq %rsi, got+72(%rip)\n	movq %rbp, got+80(%rip)\n	movq %rbx, got+88(%rip)\n"
	"	movq %rdx, got+96(%rip)\n	movq %rax, got+104(%rip)\n	movq %rcx, got+112(%rip)\n"
	"	movq %rsp, got+120(%rip)\n	leaq got+144(%rip), %rsp\n	pushfq\n"
	"	pushq $0x202\n	popfq\n	movq host_rsp(%rip), %rsp\n"
	"	movl $0xe7, %eax\n	xorl %edx, %edx\n"
	"	leaq vector_got(%rip), %rcx\n	xsave64 (%rcx)\n	fninit\n"
	"	popq %r15\n	popq %r14\n	popq %r13\n	popq %r12\n	popq %rbp\n	popq %rbx\n	ret\n");

static volatile unsigned int count[32], hits;

static void on_signal(int signal, siginfo_t *info, ucontext_t *uc)
{
	greg_t *regs = uc->uc_mcontext.gregs;
	void (*rip)(void) = (void (*)(void))regs[REG_RIP];

	(void)info;
	count[signal]++;
	if ((signal == SIGILL && rip == event_ill) || (signal == SIGSEGV && rip == event_segv))
		regs[REG_RIP] = (greg_t)trial_done;
	else if (signal == SIGUSR1)
		hits += (uintptr_t)rip >= (uintptr_t)event_wait && (uintptr_t)rip < (uintptr_t)trial_done;
	else if (signal != SIGSYS)
		return;		/* not ours: reported by the caller */
	probe_leave(regs, uc->uc_mcontext.fpregs);
}

/* Offset and size in the standard format, 0 for components this host lacks. */
static uint32_t offset[8], size[8];

static void vectors_find(void)
{
	uint32_t a, b, c, d, xcr0;

	asm volatile("xgetbv" : "=a"(xcr0), "=d"(d) : "c"(0));
	for (int i = 2; i < 8; i++) {
		if (!(COMPONENTS & xcr0 & 1 << i))
			continue;
		__cpuid_count(13, i, a, b, c, d);
		size[i] = a;
		offset[i] = b;
	}
	offset[1] = 160, size[1] = 256;		/* XMM */
	offset[0] = 32, size[0] = 128;		/* ST: 10 of 16 bytes each */
	asm volatile("xsave64 %0" : "+m"(vector_want) : "a"(COMPONENTS), "d"(0));
	vector_want[4] = 0xff;			/* no ST register is empty */
	for (int i = 0; i < 8; i++)
		vector_want[512] |= size[i] ? 1 << i : 0;
}

static bool vectors(bool compare, uint64_t *seed)
{
	for (int i = 0; i < 8; i++)
		for (uint32_t at = 0; at < size[i]; at += 8) {
			uint64_t *w = (uint64_t *)(vector_want + offset[i] + at);
			uint64_t mask = i || at % 16 == 0 ? ~0ULL : 0xffff;

			if (!compare)
				*w = random_next(seed) & mask;
			else if ((*w ^ *(uint64_t *)(vector_got + offset[i] + at)) & mask)
				return false;
		}
	return true;
}

/* TRAP what trial() calls, kill for rt_sigreturn, allow the rest. */
static void filter_load(void)
{
	uintptr_t begin = (uintptr_t)event_syscall;
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(begin + 2), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	probe_filter(filter, FILTER_LENGTH(filter));
}

static pid_t start_kicker(void)
{
	pid_t parent = getpid(), pid = must(fork());

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent && !kill(parent, SIGUSR1))
		usleep(20);
	_exit(0);
}

int main(int argc, char **argv)
{
	static void (*const events[])(void) = { event_syscall, event_ill, event_segv, event_wait };
	static uint64_t scratch[512], copy[512];
	uint64_t seed = argument(argc, argv, 1, 1), deadline = now_ns() + 2000000000ULL;
	unsigned int rounds, bad_regs = 0, bad_flags = 0, bad_vectors = 0, bad_zone = 0;
	pid_t kicker, pid;
	sigset_t mask;

	probe_setup();
	trap_hook = on_signal;
	probe_handle(SIGUSR1, probe_entry);
	vectors_find();
	kicker = start_kicker();
	filter_load();
	for (int i = 0; i < 512; i++)
		scratch[i] = copy[i] = random_next(&seed);
	for (rounds = 0; (rounds < 16000 || hits < 200) && now_ns() < deadline; rounds++) {
		for (int i = 0; i < 18; i++)
			want[i] = random_next(&seed);
		/* any stack pointer at all, or one with a red zone to look at */
		if (want[REG_RSP] & 1)
			want[REG_RSP] = (uint64_t)&scratch[256 + want[REG_RSP] % 256];
		want[REG_EFL] = (want[REG_EFL] & FLAGS) | FLAG_IF | 2;
		vectors(false, &seed);
		event = events[rounds % 4];
		trial();
		if (event == event_syscall) {	/* as the instruction leaves them */
			want[REG_RCX] = (uint64_t)event_syscall + 2;
			want[REG_R11] = want[REG_EFL];
		}
		bad_regs += memcmp(want, got, REG_RIP * 8) != 0;
		bad_flags += want[REG_EFL] != got[REG_EFL];
		bad_vectors += !vectors(true, NULL);
		bad_zone += memcmp(scratch, copy, sizeof(copy)) != 0;
	}
	kill(kicker, SIGKILL);
	waitpid(kicker, NULL, 0);
	note("%u rounds: %u SIGSYS, %u SIGILL, %u SIGSEGV, %u SIGUSR1 (%u of them in a round)", rounds,
	     count[SIGSYS], count[SIGILL], count[SIGSEGV], count[SIGUSR1], hits);
	ok(count[SIGSYS] >= 4000 && count[SIGILL] >= 4000 && count[SIGSEGV] >= 4000,
	   "thousands of faults and system calls handled without rt_sigreturn");
	ok(hits >= 50, "asynchronous signals too");
	ok(!bad_regs, "general registers kept (%u bad)", bad_regs);
	ok(!bad_flags, "flags kept, AC, NT, ID and DF too (%u bad)", bad_flags);
	ok(!bad_vectors, "x87 and vector registers kept, components %#x (%u bad)", vector_want[512], bad_vectors);
	ok(!bad_zone, "red zone kept (%u bad)", bad_zone);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	ok(!sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGSYS), "no signal is left blocked");

	pid = must(fork());
	if (!pid) {
		struct sigaction action;

		sigaction(SIGILL, NULL, &action);
		action.sa_flags &= ~SA_NODEFER;
		sigaction(SIGILL, &action, NULL);
		event = event_ill;
		trial();
		trial();
		_exit(0);
	}
	ok(wait_for(pid) == 128 + SIGILL, "and without SA_NODEFER the second SIGILL kills");
	return finish();
}
