// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replacements, run natively.  A vCPU page lies where it lies in a guest, text
 * near it, and the slots lead to stubs that note where control went.  Each
 * replacement is run with random registers and flags; afterwards all of them are
 * compared, and so are the vCPU page and the stack on both sides of rsp.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include "guest-arch/afterburn/kinds.h"
#include "host/rewrite.h"

#define TEXT	(LOL_KERNEL_MAP + 0x400000ULL)
#define TRIALS	20000

enum { WENT_ON = 1, WENT_EMULATE, WENT_IRET, WENT_SYSRET, WENT_OTHER };

/* rax rcx rdx rbx rsp rbp rsi rdi r8..r15, flags */
struct machine {
	uint64_t reg[16], flags;
};

/* Used by the code below. */
struct machine run_in, run_out;
uint64_t run_target, run_host_rsp, run_interrupts;
uint32_t run_went;
void run_it(void), run_on(void), run_emulate(void), run_iret(void), run_sysret(void),
	run_other(void), run_interrupt(void);

asm(".text\n"
    "run_it:\n"
    "	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; pushfq\n"
    "	mov %rsp, run_host_rsp(%rip)\n"
    "	push run_in+128(%rip); popfq\n"
    "	mov run_in+0(%rip), %rax; mov run_in+8(%rip), %rcx\n"
    "	mov run_in+16(%rip), %rdx; mov run_in+24(%rip), %rbx\n"
    "	mov run_in+32(%rip), %rsp; mov run_in+40(%rip), %rbp\n"
    "	mov run_in+48(%rip), %rsi; mov run_in+56(%rip), %rdi\n"
    "	mov run_in+64(%rip), %r8; mov run_in+72(%rip), %r9\n"
    "	mov run_in+80(%rip), %r10; mov run_in+88(%rip), %r11\n"
    "	mov run_in+96(%rip), %r12; mov run_in+104(%rip), %r13\n"
    "	mov run_in+112(%rip), %r14; mov run_in+120(%rip), %r15\n"
    "	jmp *run_target(%rip)\n"
    "run_on:		movl $1, run_went(%rip); jmp 1f\n"
    "run_emulate:	movl $2, run_went(%rip); jmp 1f\n"
    "run_iret:		movl $3, run_went(%rip); jmp 1f\n"
    "run_sysret:	movl $4, run_went(%rip); jmp 1f\n"
    "run_other:		movl $5, run_went(%rip)\n"
    "1:	mov %rax, run_out+0(%rip); mov %rcx, run_out+8(%rip)\n"
    "	mov %rdx, run_out+16(%rip); mov %rbx, run_out+24(%rip)\n"
    "	mov %rsp, run_out+32(%rip); mov %rbp, run_out+40(%rip)\n"
    "	mov %rsi, run_out+48(%rip); mov %rdi, run_out+56(%rip)\n"
    "	mov %r8, run_out+64(%rip); mov %r9, run_out+72(%rip)\n"
    "	mov %r10, run_out+80(%rip); mov %r11, run_out+88(%rip)\n"
    "	mov %r12, run_out+96(%rip); mov %r13, run_out+104(%rip)\n"
    "	mov %r14, run_out+112(%rip); mov %r15, run_out+120(%rip)\n"
    "	mov run_host_rsp(%rip), %rsp\n"
    "	pushfq; pop run_out+128(%rip)\n"
    "	popfq; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    "	cld\n"
    "	ret\n"
    "run_interrupt:\n"
    "	incq run_interrupts(%rip)\n"
    "	ret\n");

static struct lol_vcpu *vcpu;
static uint8_t *text;
static uint8_t stack[4096] __attribute__((aligned(16)));

static uint64_t seed = 0x2545f4914f6cdd1dULL;

static uint64_t any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static int setup(void **state)
{
	unsigned int i;

	(void)state;
	vcpu = mmap((void *)LOL_VCPU_PAGE, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	text = mmap((void *)TEXT, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (vcpu != (void *)LOL_VCPU_PAGE || text != (void *)TEXT)
		return -1;
	for (i = 0; i < LOL_SLOTS; i++)
		vcpu->slot[i] = (uintptr_t)run_other;
	vcpu->slot[LOL_SLOT_EMULATE] = (uintptr_t)run_emulate;
	vcpu->slot[LOL_SLOT_IRET] = (uintptr_t)run_iret;
	vcpu->slot[LOL_SLOT_SYSRET] = (uintptr_t)run_sysret;
	vcpu->slot[LOL_SLOT_INTERRUPT] = (uintptr_t)run_interrupt;
	return 0;
}

static struct lol_site_entry site_of(unsigned int kind, const char *insn, unsigned int length,
				     unsigned int flags)
{
	struct lol_site_entry site = {
		/* anywhere in the text, also across a page boundary */
		.address = TEXT + any() % 8000, .kind = kind, .insn_length = length,
		.length = site_kind_length(kind), .flags = flags,
	};

	memcpy(site.insn, insn, length);
	assert_null(site_validate(&site));
	return site;
}

/* Runs a replacement with random state; run_in and run_out hold the two sides. */
static void run(const struct lol_site_entry *site, uint32_t index)
{
	uint8_t *at = text + (site->address - TEXT);
	uint64_t back = (uintptr_t)run_on;
	unsigned int i;

	memset(text, 0xcc, 8192);
	rewrite_site(site, index, false, at);
	memcpy(at + site->length, "\xff\x25\0\0\0\0", 6);	/* jmp *0(%rip) */
	memcpy(at + site->length + 6, &back, 8);

	for (i = 0; i < sizeof(stack); i++)
		stack[i] = any();
	for (i = 0; i < 16; i++)
		run_in.reg[i] = any();
	run_in.reg[4] = (uintptr_t)stack + 2048 + any() % 64;
	run_in.flags = (any() & 0xcd5) | 0x202;		/* the arithmetic ones and DF */
	vcpu->site = 0xdeadbeef;
	vcpu->scratch = any();
	run_target = site->address;
	run_interrupts = 0;
	run_went = 0;
	run_it();
}

static void same_registers(void)
{
	assert_memory_equal(run_in.reg, run_out.reg, sizeof(run_in.reg));
}

static void same_flags(void)
{
	assert_int_equal(run_in.flags & 0xfd5, run_out.flags & 0xfd5);
}

static void test_cli(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < TRIALS; i++) {
		struct lol_site_entry site = site_of(LOL_SITE_CLI, "\xfa", 1, i & 1);

		vcpu->vif = any() & 1;
		vcpu->pending = any() & 1;
		run(&site, i);
		assert_int_equal(run_went, WENT_ON);
		same_registers();
		same_flags();
		assert_int_equal(vcpu->vif, 0);
		assert_int_equal(vcpu->site, 0xdeadbeef);
	}
}

static void test_sti(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < TRIALS; i++) {
		struct lol_site_entry site = site_of(LOL_SITE_STI, "\xfb", 1, LOL_SITE_CC);

		vcpu->vif = any() & 1;
		vcpu->pending = any() & 1;
		run(&site, i);
		assert_int_equal(run_went, WENT_ON);
		same_registers();
		assert_int_equal(vcpu->vif, 1);
		assert_int_equal(run_interrupts, vcpu->pending);
		assert_int_equal(run_in.flags & 0x400, run_out.flags & 0x400);
	}
}

static void test_pushf(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < TRIALS; i++) {
		struct lol_site_entry site = site_of(LOL_SITE_PUSHF, "\x9c", 1, LOL_SITE_CC);
		uint64_t pushed;

		vcpu->vif = any() & 1;
		run(&site, i);
		assert_int_equal(run_went, WENT_ON);
		run_out.reg[4] += 8;
		same_registers();
		memcpy(&pushed, (void *)(run_in.reg[4] - 8), 8);
		assert_int_equal(pushed, (run_in.flags & ~0x200ULL) | (vcpu->vif ? 0x202 : 2));
		assert_int_equal(run_in.flags & 0x400, run_out.flags & 0x400);
	}
}

static void test_swapgs(void **state)
{
	uint64_t before, after, other;
	int i;

	(void)state;
	if (!(getauxval(AT_HWCAP2) & 2))
		skip();		/* without FSGSBASE nothing of lol runs */
	asm volatile("rdgsbase %0" : "=r"(before));
	for (i = 0; i < TRIALS; i++) {
		struct lol_site_entry site = site_of(LOL_SITE_SWAPGS, "\x0f\x01\xf8", 3, i & 1);
		uint64_t gs = any() >> 17;

		other = any() >> 17;
		vcpu->kernel_gs = other;
		asm volatile("wrgsbase %0" : : "r"(gs));
		run(&site, i);
		asm volatile("rdgsbase %0" : "=r"(after));
		assert_int_equal(run_went, WENT_ON);
		same_registers();
		same_flags();
		assert_int_equal(after, other);
		assert_int_equal(vcpu->kernel_gs, gs);
	}
	asm volatile("wrgsbase %0" : : "r"(before));
}

/* Replacements that leave: everything kept, index stored, stack untouched. */
static void leaves(unsigned int kind, const char *insn, unsigned int length, unsigned int flags,
		   uint32_t where)
{
	static uint8_t before[sizeof(stack)];
	unsigned int i;

	for (i = 0; i < TRIALS / 20; i++) {
		struct lol_site_entry site = site_of(kind, insn, length, flags);
		uint32_t index = any();
		struct lol_vcpu page;
		uint64_t again = seed;

		vcpu->vif = any() & 1;
		page = *vcpu;
		run(&site, index);
		assert_int_equal(run_went, where);
		same_registers();
		same_flags();
		assert_int_equal(vcpu->site, index);
		page.site = vcpu->site;
		page.scratch = vcpu->scratch;
		assert_memory_equal(&page, vcpu, sizeof(page));
		/* the stack was filled with the first numbers of the run */
		seed = again;
		any();
		for (size_t n = 0; n < sizeof(stack); n++)
			before[n] = any();
		assert_memory_equal(before, stack, sizeof(stack));
	}
}

static void test_slots(void **state)
{
	static const struct {
		unsigned int kind, length;
		const char *insn;
	} all[] = {
		{ LOL_SITE_POPF, 1, "\x9d" }, { LOL_SITE_HLT, 1, "\xf4" },
		{ LOL_SITE_READ_CR, 3, "\x0f\x20\xd8" }, { LOL_SITE_WRITE_CR, 4, "\x44\x0f\x22\xc0" },
		{ LOL_SITE_READ_DR, 3, "\x0f\x21\xc0" }, { LOL_SITE_WRITE_DR, 3, "\x0f\x23\xc0" },
		{ LOL_SITE_CLTS, 2, "\x0f\x06" }, { LOL_SITE_LMSW, 3, "\x0f\x01\xf0" },
		{ LOL_SITE_SMSW, 3, "\x0f\x01\xe0" }, { LOL_SITE_XSETBV, 3, "\x0f\x01\xd1" },
		{ LOL_SITE_RDMSR, 2, "\x0f\x32" }, { LOL_SITE_WRMSR, 2, "\x0f\x30" },
		{ LOL_SITE_INVLPG, 3, "\x0f\x01\x38" }, { LOL_SITE_INVPCID, 5, "\x66\x0f\x38\x82\x00" },
		{ LOL_SITE_LGDT, 3, "\x0f\x01\x10" }, { LOL_SITE_LIDT, 3, "\x0f\x01\x18" },
		{ LOL_SITE_LLDT, 3, "\x0f\x00\xd0" }, { LOL_SITE_LTR, 3, "\x0f\x00\xd8" },
		{ LOL_SITE_SGDT, 3, "\x0f\x01\x00" }, { LOL_SITE_SIDT, 3, "\x0f\x01\x08" },
		{ LOL_SITE_SLDT, 3, "\x0f\x00\xc0" }, { LOL_SITE_STR, 3, "\x0f\x00\xc8" },
		{ LOL_SITE_LAR, 3, "\x0f\x02\xc0" }, { LOL_SITE_LSL, 3, "\x0f\x03\xc0" },
		{ LOL_SITE_READ_SEG, 2, "\x8c\xc8" }, { LOL_SITE_RDGSBASE, 5, "\xf3\x48\x0f\xae\xc8" },
		{ LOL_SITE_WRGSBASE, 5, "\xf3\x48\x0f\xae\xd8" }, { LOL_SITE_CPUID, 2, "\x0f\xa2" },
		{ LOL_SITE_RDPID, 4, "\xf3\x0f\xc7\xf8" }, { LOL_SITE_RDTSCP, 3, "\x0f\x01\xf9" },
		{ LOL_SITE_IN, 1, "\xec" }, { LOL_SITE_OUT, 2, "\xe7\xf8" },
		{ LOL_SITE_MMIO, 2, "\x8b\x02" }, { LOL_SITE_STAC, 3, "\x0f\x01\xcb" },
		{ LOL_SITE_CLAC, 3, "\x0f\x01\xca" }, { LOL_SITE_VMCALL, 3, "\x0f\x01\xc1" },
		{ LOL_SITE_INVD, 2, "\x0f\x09" },
	};
	size_t i;

	(void)state;
	leaves(LOL_SITE_IRET, "\x48\xcf", 2, 0, WENT_IRET);
	leaves(LOL_SITE_IRET, "\xcf", 1, 0, WENT_EMULATE);
	leaves(LOL_SITE_SYSRET, "\x48\x0f\x07", 3, 0, WENT_SYSRET);
	leaves(LOL_SITE_SYSRET, "\x0f\x07", 2, 0, WENT_EMULATE);
	leaves(LOL_SITE_STI, "\xfb", 1, 0, WENT_EMULATE);
	leaves(LOL_SITE_PUSHF, "\x9c", 1, 0, WENT_EMULATE);
	leaves(LOL_SITE_PUSHF, "\x66\x9c", 2, LOL_SITE_CC, WENT_EMULATE);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		leaves(all[i].kind, all[i].insn, all[i].length, i & 1, WENT_EMULATE);
}

/* Kinds whose registers are the guest's own stay, with NOPs behind. */
static void test_native(void **state)
{
	static const struct {
		unsigned int kind, length;
		const char *insn;
	} all[] = {
		{ LOL_SITE_XSAVE, 4, "\x48\x0f\xae\x27" }, { LOL_SITE_XRSTOR, 4, "\x48\x0f\xae\x2f" },
		{ LOL_SITE_RDFSBASE, 5, "\xf3\x48\x0f\xae\xc0" },
		{ LOL_SITE_WRFSBASE, 5, "\xf3\x48\x0f\xae\xd0" },
	};
	uint8_t out[LOL_SITE_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct lol_site_entry site = site_of(all[i].kind, all[i].insn, all[i].length, 0);

		rewrite_site(&site, 1, false, out);
		assert_memory_equal(out, all[i].insn, all[i].length);
	}
	{
		struct lol_site_entry site = site_of(LOL_SITE_RDFSBASE, all[2].insn, 5, 0);
		uint64_t base;

		asm volatile("rdfsbase %0" : "=r"(base));
		run(&site, 0);
		assert_int_equal(run_went, WENT_ON);
		assert_int_equal(run_out.reg[0], base);
		run_out.reg[0] = run_in.reg[0];
		same_registers();
		same_flags();
	}
}

/* --no-rewrite, and: exactly the site's bytes are written. */
static void test_extent(void **state)
{
	static const uint8_t insns[][2] = { { 0xfa, LOL_SITE_CLI }, { 0xfb, LOL_SITE_STI },
					    { 0x9c, LOL_SITE_PUSHF }, { 0xf4, LOL_SITE_HLT } };
	uint8_t out[LOL_SITE_MAX + 1];
	unsigned int i, n, trap;

	(void)state;
	for (i = 0; i < 8; i++)
		for (trap = 0; trap < 2; trap++) {
			struct lol_site_entry site = site_of(insns[i / 2][1],
							     (const char *)insns[i / 2], 1, i & 1);

			memset(out, 0xa5, sizeof(out));
			rewrite_site(&site, 7, trap, out);
			assert_int_equal(out[site.length], 0xa5);
			if (!trap)
				continue;
			assert_memory_equal(out, "\x0f\x0b", 2);
			for (n = 2; n < site.length; n++)
				assert_int_equal(out[n], 0xcc);
		}
}

static void test_validate(void **state)
{
	struct lol_site_entry good = site_of(LOL_SITE_RDMSR, "\x0f\x32", 2, 0), bad;

	(void)state;
#define BAD(change) do { bad = good; change; assert_non_null(site_validate(&bad)); } while (0)
	BAD(bad.kind = LOL_SITE_NONE);
	BAD(bad.kind = LOL_SITE_KINDS);
	BAD(bad.kind = 255);
	BAD(bad.kind = LOL_SITE_WRMSR);
	BAD(bad.length = 15);
	BAD(bad.length = 255);
	BAD(bad.length = 0);
	BAD(bad.insn_length = 0);
	BAD(bad.insn_length = 1);
	BAD(bad.insn_length = 3);
	BAD(bad.insn_length = 16);
	BAD(bad.insn_length = 255);
	BAD(bad.flags = 2);
	BAD(bad.insn[1] = 0x31);
	BAD(bad.address = 0);
	BAD(bad.address = LOL_KERNEL_MAP - 1);
	BAD(bad.address = LOL_MODULES_END - 16);
	BAD(bad.address = LOL_WEDGE_TEXT);
	BAD(bad.address = ~0ULL);
#undef BAD
	good.address = LOL_KERNEL_MAP;
	assert_null(site_validate(&good));
	good.address = LOL_MODULES_END - LOL_SITE_MAX;
	assert_null(site_validate(&good));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cli),
		cmocka_unit_test(test_sti),
		cmocka_unit_test(test_pushf),
		cmocka_unit_test(test_swapgs),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_native),
		cmocka_unit_test(test_extent),
		cmocka_unit_test(test_validate),
	};

	return cmocka_run_group_tests_name("rewrite", tests, setup, NULL);
}
