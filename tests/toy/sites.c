// SPDX-License-Identifier: GPL-2.0-only
/*
 * Executes every sensitive instruction with random registers and flags and
 * prints what each left behind.  Run twice, rewritten and with --no-rewrite: the
 * two outputs must be equal (tests/run compares them).  The random numbers come
 * from a fixed seed.
 *
 * Flags are compared only for instructions that are not marked lol:cc; those
 * promise that nobody looks at them.
 */
#include "tests/toy/guest.h"

#define ROUNDS	200

/* Registers around one instruction; rsp is not random. */
struct cpu {
	u64 rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15, flags;
};

struct cpu *in, *out;
u64 saved_rsp;
u64 scratch[64] __attribute__((aligned(64)));
u8 xsave_area[16384] __attribute__((aligned(64)));

static u64 seed = 88172645463325252ULL;
static u32 faults;

static u64 random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void hex(u64 value)
{
	char text[17];

	for (int i = 0; i < 16; i++)
		text[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
	text[16] = 0;
	put(text);
	put(" ");
}

/* Skips a faulting instruction: the site that holds it, from its record. */
void event(struct frame *f)
{
	extern struct lol_site first_site[], last_site[];

	faults++;
	for (struct lol_site *s = first_site; s < last_site; s++)
		if ((u64)&s->offset + s->offset == f->rip) {
			f->rip += s->length;
			return;
		}
	if (f->vector >= 32 || f->vector == 3)
		return;
	put("unexpected event ");
	hex(f->vector);
	hex(f->rip);
	put("\n");
	service(LOL_SERVICE_SHUTDOWN, LOL_SHUTDOWN_PANIC, 0, 0, 0);
}

/*
 * One function per instruction.  Registers are loaded from *in, the instruction
 * runs, and everything is stored to *out.
 */
#define INSTRUCTION(name, text)							\
	void run_##name(void);							\
	asm(".text\nrun_" #name ":\n"						\
	    "pushq %rbx; pushq %rbp; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n" \
	    "movq %rsp, saved_rsp(%rip)\n"					\
	    "movq in(%rip), %rax\n"						\
	    "pushq 120(%rax)\npopfq\n"						\
	    "movq 8(%rax), %rbx\nmovq 16(%rax), %rcx\nmovq 24(%rax), %rdx\n"	\
	    "movq 32(%rax), %rsi\nmovq 40(%rax), %rdi\nmovq 48(%rax), %rbp\n"	\
	    "movq 56(%rax), %r8\nmovq 64(%rax), %r9\nmovq 72(%rax), %r10\n"	\
	    "movq 80(%rax), %r11\nmovq 88(%rax), %r12\nmovq 96(%rax), %r13\n"	\
	    "movq 104(%rax), %r14\nmovq 112(%rax), %r15\nmovq (%rax), %rax\n"	\
	    text "\n"								\
	    "movq %rax, scratch+256(%rip)\n"					\
	    "pushfq #lol:cc\n"							\
	    "movq out(%rip), %rax\npopq 120(%rax)\n"				\
	    "movq %rbx, 8(%rax)\nmovq %rcx, 16(%rax)\nmovq %rdx, 24(%rax)\n"	\
	    "movq %rsi, 32(%rax)\nmovq %rdi, 40(%rax)\nmovq %rbp, 48(%rax)\n"	\
	    "movq %r8, 56(%rax)\nmovq %r9, 64(%rax)\nmovq %r10, 72(%rax)\n"	\
	    "movq %r11, 80(%rax)\nmovq %r12, 88(%rax)\nmovq %r13, 96(%rax)\n"	\
	    "movq %r14, 104(%rax)\nmovq %r15, 112(%rax)\n"			\
	    "movq scratch+256(%rip), %rcx\nmovq %rcx, (%rax)\n"		\
	    "movq saved_rsp(%rip), %rsp\n"					\
	    "popq %r15; popq %r14; popq %r13; popq %r12; popq %rbp; popq %rbx\n" \
	    "ret\n");

INSTRUCTION(cli, "cli")
INSTRUCTION(sti, "sti")
INSTRUCTION(sti_cc, "sti #lol:cc")
INSTRUCTION(pushf, "pushfq\npopq %r8")
INSTRUCTION(pushf_cc, "pushfq #lol:cc\npopq %r8")
INSTRUCTION(popf, "andq $0xed5, %r8\nmovq %r8, %r8\npushq %r8\npopfq")
INSTRUCTION(popf_if, "pushq $0x202\npopfq")
INSTRUCTION(swapgs, "swapgs\nswapgs")
INSTRUCTION(swapgs_once, "rdgsbase %r8\nswapgs\nrdgsbase %r9\nswapgs\nrdgsbase %r10")
INSTRUCTION(iret, "leaq 1f(%rip), %r8\nmovq %rsp, %r9\npushq $0x18\npushq %r9\npushq $0x2d7\npushq $0x10\n"
	    "pushq %r8\niretq\n1:\nmovq $0, %r8\nmovq $0, %r9")
INSTRUCTION(read_cr0, "movq %cr0, %r11")
INSTRUCTION(read_cr2, "movq %cr2, %rax")
INSTRUCTION(read_cr4, "movq %cr4, %rdi")
INSTRUCTION(read_cr8, "movq %cr8, %rbp")
INSTRUCTION(write_cr2, "movq %r13, %cr2\nmovq %cr2, %rsi")
INSTRUCTION(write_cr3, "movq %cr3, %rax\nmovq %rax, %cr3\nmovq $0, %rax")
INSTRUCTION(write_cr8, "movq %rdx, %cr8\nmovq %cr8, %rcx")
INSTRUCTION(write_cr0_bad, "movq %rbx, %cr0")
INSTRUCTION(write_cr4_bad, "btsq $40, %rbx\nmovq %rbx, %cr4")
INSTRUCTION(read_dr7, "movq %db7, %rax")
INSTRUCTION(write_dr7, "movq %rax, %db7")
INSTRUCTION(clts, "clts")
INSTRUCTION(smsw, "smsw %ecx")
INSTRUCTION(rdmsr_bad, "rdmsr")
INSTRUCTION(rdmsr, "movl $0xc0000082, %ecx\nrdmsr")
INSTRUCTION(wrmsr, "movl $0xc0000102, %ecx\nandl $0x7fff, %edx\nwrmsr\nmovl $0, %eax\nmovl $0, %edx\nrdmsr\n"
	    "movq %rax, %r8\nmovl $0, %eax\nmovl $0, %edx\nwrmsr")
INSTRUCTION(wrmsr_bad, "movl $0xc0000082, %ecx\norl $0x80000000, %edx\nandl $0xbfffffff, %edx\nwrmsr")
INSTRUCTION(invlpg, "invlpg (%rdi)")
INSTRUCTION(invpcid, "movq $2, %rbx\nleaq scratch(%rip), %rcx\ninvpcid (%rcx), %rbx\nmovq $0, %rcx")
INSTRUCTION(sgdt, "sgdt scratch(%rip)\nmovq scratch(%rip), %rsi\nmovw scratch+8(%rip), %di")
INSTRUCTION(sidt, "sidt scratch+16(%rip)\nmovq scratch+16(%rip), %rsi")
INSTRUCTION(sldt, "sldt %r9d")
INSTRUCTION(str, "str %ebx")
INSTRUCTION(lar, "larl %r10d, %r12d")
INSTRUCTION(lsl, "lsll %r10d, %r12d")
INSTRUCTION(lldt, "xorl %ecx, %ecx\nlldt %cx")
INSTRUCTION(read_cs, "movl %cs, %r14d")
INSTRUCTION(read_ss, "movl %ss, %r15d")
INSTRUCTION(rdfsbase, "wrfsbase %r9\nrdfsbase %r10")
INSTRUCTION(wrfsbase32, "wrfsbase %r9d\nrdfsbase %rax")
INSTRUCTION(rdgsbase, "rdgsbase %rdx")
INSTRUCTION(cpuid, "movl $0x40000000, %eax\ncpuid")
INSTRUCTION(cpuid_1, "movl $7, %eax\nmovl $0, %ecx\ncpuid")
INSTRUCTION(rdpid, "rdpid %rax")
INSTRUCTION(rdtscp, "rdtscp\nmovl $0, %eax\nmovl $0, %edx")
INSTRUCTION(in_dx, "movl $0xe9, %edx\ninb %dx, %al")
INSTRUCTION(in_l, "inl $0x71, %eax")
INSTRUCTION(out_l, "outl %eax, $0x80")
INSTRUCTION(service_bad, "outl %eax, $0xf8")
INSTRUCTION(mmio_ram, "leaq scratch(%rip), %rbx\nmovl %esi, (%rbx) #lol:mmio\nmovq 8(%rbx), %r12\n"
	    "movzbl (%rbx), %r13d #lol:mmio\nmovl (%rbx), %r14d #lol:mmio\nmovq $0, %rbx\nmovq $0, %r12")
INSTRUCTION(stac, "stac")
INSTRUCTION(vmmcall, "vmmcall")
INSTRUCTION(wbinvd, "wbinvd")
INSTRUCTION(xsetbv, "xsetbv")
INSTRUCTION(fxsave, "leaq xsave_area(%rip), %rbx\nmovq $3, %r8\nmovq %r9, %xmm3\nfxsave64 (%rbx)\n"
	    "movq 208(%rbx), %r10\nmovq $0, %rbx")
INSTRUCTION(xsave, "leaq xsave_area(%rip), %rbx\nmovl $7, %eax\nmovl $0, %edx\nmovq %r9, %xmm5\nxsave64 (%rbx)\n"
	    /* whether state that is as after a reset is marked as in use is the CPU's choice */
	    "movb $7, 512(%rbx)\nmovq %r11, 240(%rbx)\nxrstor64 (%rbx)\nmovq $0, 240(%rbx)\nxsave64 (%rbx)\n"
	    "movq 240(%rbx), %r10\nmovq $0, %rbx")

static const struct { void (*run)(void); const char *name; int flags; } table[] = {
#define ENTRY(name)	{ run_##name, #name, 1 }
#define ENTRY_CC(name)	{ run_##name, #name, 0 }
	ENTRY(cli), ENTRY(sti), ENTRY_CC(sti_cc), ENTRY(pushf), ENTRY_CC(pushf_cc), ENTRY(popf), ENTRY(popf_if),
	ENTRY(swapgs), ENTRY(swapgs_once), ENTRY(iret), ENTRY(read_cr0), ENTRY(read_cr2), ENTRY(read_cr4),
	ENTRY(read_cr8), ENTRY(write_cr2), ENTRY(write_cr3), ENTRY(write_cr8), ENTRY(write_cr0_bad),
	ENTRY(write_cr4_bad), ENTRY(read_dr7), ENTRY(write_dr7), ENTRY(clts), ENTRY(smsw), ENTRY(rdmsr_bad),
	ENTRY(rdmsr), ENTRY(wrmsr), ENTRY(wrmsr_bad), ENTRY(invlpg), ENTRY(invpcid), ENTRY(sgdt), ENTRY(sidt),
	ENTRY(sldt), ENTRY(str), ENTRY(lar), ENTRY(lsl), ENTRY(lldt), ENTRY(read_cs), ENTRY(read_ss),
	ENTRY(rdfsbase), ENTRY(wrfsbase32), ENTRY(rdgsbase), ENTRY(cpuid), ENTRY(cpuid_1), ENTRY(rdpid),
	ENTRY(rdtscp), ENTRY(in_dx), ENTRY(in_l), ENTRY(out_l), ENTRY(service_bad), ENTRY(mmio_ram),
	ENTRY(stac), ENTRY(vmmcall), ENTRY(wbinvd), ENTRY(xsetbv), ENTRY(fxsave), ENTRY(xsave),
};

static u64 mix(u64 hash, u64 value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

/* A line per instruction: faults, a hash of all rounds, and the last registers. */
static void test(unsigned int n)
{
	struct cpu a, b;
	u64 hash = 0;

	faults = 0;
	for (int round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < sizeof(a) / 8; i++)
			((u64 *)&a)[i] = random();
		a.flags = (a.flags & 0x8d5) | 2;	/* arithmetic flags */
		a.rcx &= 0xffff;			/* MSR numbers that do not exist */
		a.rcx |= 0x12340000;
		a.rax |= 0x10000;			/* services that do not exist */
		a.r9 &= 0x7fffffffffff;
		a.r10 &= 0x7fffffffffff;
		a.r11 &= 0x7fffffffffff;
		in = &a;
		out = &b;
		if (round & 1)
			asm volatile("cli");
		else
			asm volatile("sti #lol:cc");
		table[n].run();
		asm volatile("cli");
		if (!table[n].flags)
			b.flags &= 0x200;
		for (unsigned int i = 0; i < sizeof(b) / 8; i++)
			hash = mix(hash, ((u64 *)&b)[i]);
	}
	put(table[n].name);
	put(" ");
	hex(faults);
	hex(hash);
	hex(b.rax);
	hex(b.flags);
	put("\n");
}

void main(u64 boot_page)
{
	(void)boot_page;
	tables();
	wrmsr(0xc0000102, 0);
	for (unsigned int n = 0; n < sizeof(table) / sizeof(table[0]); n++)
		test(n);
	service(LOL_SERVICE_SHUTDOWN, LOL_SHUTDOWN_OFF, 0, 0, 0);
	for (;;)
		;
}
