// SPDX-License-Identifier: GPL-2.0-only
/*
 * The instruction decoder against capstone: random encodings around every
 * opcode of interest.  Where both know an instruction they must agree on its
 * length and operands; a sensitive one that capstone knows must be known to us.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <capstone/capstone.h>
#include "syscall-bridge/insn.h"

#define ROUNDS	1000000

static uint64_t seed = 88172645463325252ULL;

static uint64_t any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Our number of a general register of capstone's, of any width. */
static int number(x86_reg reg)
{
	static const x86_reg regs[16][4] = {
		{ X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL },
		{ X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL },
		{ X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL },
		{ X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL },
		{ X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL },
		{ X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL },
		{ X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL },
		{ X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL },
		{ X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B },
		{ X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B },
		{ X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B },
		{ X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B },
		{ X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B },
		{ X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B },
		{ X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B },
		{ X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B },
	};
	int i, j;

	if (reg == X86_REG_RIP || reg == X86_REG_EIP)
		return LOL_INSN_RIP;
	if (reg >= X86_REG_CR0 && reg <= X86_REG_CR15)
		return reg - X86_REG_CR0;
	if (reg >= X86_REG_DR0 && reg <= X86_REG_DR15)
		return reg - X86_REG_DR0;
	for (i = 0; i < 16; i++)
		for (j = 0; j < 4; j++)
			if (regs[i][j] == reg)
				return i;
	return LOL_INSN_NO_REG;
}

static int high(x86_reg reg)
{
	switch (reg) {
	case X86_REG_AH:
		return 0;
	case X86_REG_CH:
		return 1;
	case X86_REG_DH:
		return 2;
	case X86_REG_BH:
		return 3;
	default:
		return -1;
	}
}

/* The kind that capstone's name of an instruction means; 0: not sensitive. */
static int kind_of(const cs_insn *insn)
{
	static const struct {
		const char *name;
		int kind;
	} names[] = {
		{ "cli", LOL_SITE_CLI }, { "sti", LOL_SITE_STI }, { "hlt", LOL_SITE_HLT },
		{ "pushf", LOL_SITE_PUSHF }, { "pushfq", LOL_SITE_PUSHF },
		{ "popf", LOL_SITE_POPF }, { "popfq", LOL_SITE_POPF },
		{ "iret", LOL_SITE_IRET }, { "iretd", LOL_SITE_IRET }, { "iretq", LOL_SITE_IRET },
		{ "sysret", LOL_SITE_SYSRET }, { "sysretq", LOL_SITE_SYSRET },
		{ "swapgs", LOL_SITE_SWAPGS }, { "clts", LOL_SITE_CLTS },
		{ "lmsw", LOL_SITE_LMSW }, { "smsw", LOL_SITE_SMSW },
		{ "xsetbv", LOL_SITE_XSETBV }, { "rdmsr", LOL_SITE_RDMSR },
		{ "wrmsr", LOL_SITE_WRMSR }, { "invlpg", LOL_SITE_INVLPG },
		{ "invpcid", LOL_SITE_INVPCID }, { "lgdt", LOL_SITE_LGDT },
		{ "lidt", LOL_SITE_LIDT }, { "lldt", LOL_SITE_LLDT }, { "ltr", LOL_SITE_LTR },
		{ "sgdt", LOL_SITE_SGDT }, { "sidt", LOL_SITE_SIDT }, { "sldt", LOL_SITE_SLDT },
		{ "str", LOL_SITE_STR }, { "lar", LOL_SITE_LAR }, { "lsl", LOL_SITE_LSL },
		{ "cpuid", LOL_SITE_CPUID }, { "rdtscp", LOL_SITE_RDTSCP },
		{ "in", LOL_SITE_IN }, { "out", LOL_SITE_OUT }, { "stac", LOL_SITE_STAC },
		{ "clac", LOL_SITE_CLAC }, { "vmcall", LOL_SITE_VMCALL },
		{ "vmmcall", LOL_SITE_VMCALL }, { "vmfunc", LOL_SITE_VMCALL },
		{ "invd", LOL_SITE_INVD }, { "wbinvd", LOL_SITE_INVD },
		{ "fxsave", LOL_SITE_XSAVE }, { "fxsave64", LOL_SITE_XSAVE },
		{ "xsave", LOL_SITE_XSAVE }, { "xsave64", LOL_SITE_XSAVE },
		{ "xsaveopt", LOL_SITE_XSAVE }, { "xsaveopt64", LOL_SITE_XSAVE },
		{ "xsavec", LOL_SITE_XSAVE }, { "xsavec64", LOL_SITE_XSAVE },
		{ "xsaves", LOL_SITE_XSAVE }, { "xsaves64", LOL_SITE_XSAVE },
		{ "fxrstor", LOL_SITE_XRSTOR }, { "fxrstor64", LOL_SITE_XRSTOR },
		{ "xrstor", LOL_SITE_XRSTOR }, { "xrstor64", LOL_SITE_XRSTOR },
		{ "xrstors", LOL_SITE_XRSTOR }, { "xrstors64", LOL_SITE_XRSTOR },
		{ "rdfsbase", LOL_SITE_RDFSBASE }, { "wrfsbase", LOL_SITE_WRFSBASE },
		{ "rdgsbase", LOL_SITE_RDGSBASE }, { "wrgsbase", LOL_SITE_WRGSBASE },
	};
	const cs_x86_op *op = insn->detail->x86.operands;
	size_t i;

	if (!strcmp(insn->mnemonic, "mov") && insn->detail->x86.op_count == 2) {
		for (i = 0; i < 2; i++) {
			if (op[i].type != X86_OP_REG)
				continue;
			if (op[i].reg >= X86_REG_CR0 && op[i].reg <= X86_REG_CR15)
				return i ? LOL_SITE_READ_CR : LOL_SITE_WRITE_CR;
			if (op[i].reg >= X86_REG_DR0 && op[i].reg <= X86_REG_DR15)
				return i ? LOL_SITE_READ_DR : LOL_SITE_WRITE_DR;
			if (i && (op[i].reg == X86_REG_CS || op[i].reg == X86_REG_SS))
				return LOL_SITE_READ_SEG;
		}
		return 0;
	}
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i].name, insn->mnemonic))
			return names[i].kind;
	return 0;
}

static unsigned int make(uint8_t *out)
{
	static const uint8_t prefixes[] = { 0x66, 0x67, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65 };
	static const uint8_t one[] = {
		0x63, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x9c, 0x9d, 0xa0, 0xa1, 0xa2, 0xa3, 0xc6, 0xc7,
		0xcf, 0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef, 0xf4, 0xfa, 0xfb,
	};
	static const uint8_t two[] = {
		0x00, 0x01, 0x02, 0x03, 0x06, 0x07, 0x08, 0x09, 0x20, 0x21, 0x22, 0x23, 0x30, 0x32,
		0x38, 0xa2, 0xae, 0xb6, 0xb7, 0xbe, 0xbf, 0xc7,
	};
	unsigned int n = 0, i;

	while (any() % 4 == 0 && n < 3)
		out[n++] = prefixes[any() % sizeof(prefixes)];
	if (any() % 2)
		out[n++] = 0x40 | any() % 16;
	if (any() % 8 == 0) {
		out[n++] = any();
	} else if (any() % 3 == 0) {
		out[n++] = one[any() % sizeof(one)];
	} else {
		out[n++] = 0x0f;
		out[n] = two[any() % sizeof(two)];
		if (out[n++] == 0x38)
			out[n++] = 0x82;
	}
	for (i = n; i < 20; i++)
		out[i] = any();
	return 20;
}

static uint64_t value(const struct lol_insn *ours, const cs_x86_op *op, struct lol_regs *regs,
		      uint64_t next)
{
	uint64_t sum = op->mem.disp;
	int base = number(op->mem.base), index = number(op->mem.index);

	if (base == LOL_INSN_RIP)
		sum += next;
	else if (base != LOL_INSN_NO_REG)
		sum += *lol_reg(regs, base);
	if (index != LOL_INSN_NO_REG)
		sum += *lol_reg(regs, index) * op->mem.scale;
	return ours->address_size == 4 ? (uint32_t)sum : sum;
}

static int is_prefix_mess(const uint8_t *bytes, const struct lol_insn *insn)
{
	int i, groups = 0;

	/* repeated or conflicting prefixes, or REX not last: capstone guesses differently */
	for (i = 0; i < insn->prefixes; i++) {
		if ((bytes[i] & 0xf0) == 0x40) {
			if (i + 1 != insn->prefixes)
				return 1;
		} else {
			groups++;
		}
	}
	return groups > 1;
}

/* lock, repetition or operand size among the prefixes */
static int has_prefix(const uint8_t *bytes)
{
	for (; *bytes != 0x0f && *bytes < 0x70; bytes++)
		if (*bytes == 0x66)
			return 1;
	return *bytes == 0xf0 || *bytes == 0xf2 || *bytes == 0xf3;
}

static unsigned long compared, memories, registers;

static void compare(const uint8_t *bytes, const struct lol_insn *ours, const cs_insn *cs)
{
	const cs_x86 *x86 = &cs->detail->x86;
	struct lol_regs regs;
	uint64_t next = any();
	int i;

	for (i = 0; i < 16; i++)
		*lol_reg(&regs, i) = any();
	for (i = 0; i < x86->op_count; i++) {
		const cs_x86_op *op = &x86->operands[i];

		if (op->type == X86_OP_MEM && ours->memory) {
			uint64_t us = lol_insn_address(ours, &regs, next);

			memories++;
			if (us != value(ours, op, &regs, next))
				fail_msg("%s %s: address", cs->mnemonic, cs->op_str);
			if (ours->segment == LOL_SEGMENT_FS)
				assert_int_equal(op->mem.segment, X86_REG_FS);
			if (ours->segment == LOL_SEGMENT_GS)
				assert_int_equal(op->mem.segment, X86_REG_GS);
			if (ours->kind == LOL_SITE_MMIO && op->size != ours->operand_size)
				fail_msg("%s %s: size %u, ours %u", cs->mnemonic, cs->op_str,
					 op->size, ours->operand_size);
		} else if (op->type == X86_OP_REG && op->reg != X86_REG_CS &&
			   op->reg != X86_REG_SS && ours->kind != LOL_SITE_IN &&
			   ours->kind != LOL_SITE_OUT) {
			int nr = number(op->reg);

			registers++;
			if (high(op->reg) >= 0) {
				assert_true(ours->high);
				assert_int_equal(ours->reg, high(op->reg));
			} else if (nr != ours->reg && nr != ours->rm) {
				fail_msg("%s %s: register", cs->mnemonic, cs->op_str);
			} else if (ours->kind == LOL_SITE_MMIO && op->size != ours->register_size) {
				fail_msg("%s %s: register size %u, ours %u", cs->mnemonic,
					 cs->op_str, op->size, ours->register_size);
			}
		} else if (op->type == X86_OP_IMM && ours->op == LOL_OP_STORE_IMM) {
			uint64_t mask = ours->operand_size == 8 ? ~0ULL :
					(1ULL << (8 * ours->operand_size)) - 1;

			assert_true(((uint64_t)op->imm & mask) == (ours->imm & mask));
		} else if (op->type == X86_OP_IMM && ours->op == LOL_OP_PORT_IMM) {
			assert_int_equal(op->imm & 0xff, ours->imm);
		}
	}
	compared++;
	(void)bytes;
}

static void test_against_capstone(void **state)
{
	unsigned long i, ignored = 0, per_kind[LOL_SITE_KINDS] = { 0 };
	struct lol_insn ours;
	uint8_t bytes[20];
	cs_insn *cs;
	csh handle;

	(void)state;
	assert_int_equal(cs_open(CS_ARCH_X86, CS_MODE_64, &handle), 0);
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	cs = cs_malloc(handle);
	for (i = 0; i < ROUNDS; i++) {
		unsigned int length = make(bytes);
		const uint8_t *at = bytes;
		size_t left = length;
		uint64_t pc = 0;
		int we = !lol_insn_decode(bytes, length, &ours);
		int they = cs_disasm_iter(handle, &at, &left, &pc, cs);
		int kind = they ? kind_of(cs) : 0;
		char text[256];

		if (they)
			snprintf(text, sizeof(text), "%02x %02x %02x %02x %02x %02x: %s %s", bytes[0],
				 bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], cs->mnemonic,
				 cs->op_str);
		if (kind && !we) {
			/*
			 * capstone is generous about lock, about prefixes in the maps
			 * where they are part of the opcode, and invpcid's 66
			 */
			if (kind == LOL_SITE_INVPCID || has_prefix(bytes)) {
				ignored++;
				continue;
			}
			fail_msg("not decoded: %s", text);
		}
		if (!we || !they)
			continue;
		if (is_prefix_mess(bytes, &ours)) {
			ignored++;
			continue;
		}
		if (kind && kind != ours.kind)
			fail_msg("kind %u: %s", ours.kind, text);
		if (ours.length != cs->size)
			fail_msg("length %u: %s", ours.length, text);
		per_kind[ours.kind]++;
		compare(bytes, &ours, cs);
	}
	cs_free(cs, 1);
	cs_close(&handle);
	print_message("# %lu compared, %lu memory and %lu register operands, %lu ignored\n", compared,
		      memories, registers, ignored);
	for (i = 1; i < LOL_SITE_KINDS; i++)
		if (!per_kind[i] && i != LOL_SITE_RDPID)
			fail_msg("kind %lu never met", i);
}

/* A prefix of an instruction is never decoded, and nothing behind the end is read. */
static void test_truncated(void **state)
{
	struct lol_insn whole, part;
	uint8_t bytes[20], copy[20];
	unsigned long i;
	unsigned int n;

	(void)state;
	for (i = 0; i < ROUNDS / 10; i++) {
		make(bytes);
		if (lol_insn_decode(bytes, sizeof(bytes), &whole))
			continue;
		assert_in_range(whole.length, 1, LOL_INSN_MAX);
		for (n = 0; n < whole.length; n++)
			assert_int_equal(lol_insn_decode(bytes, n, &part), -1);
		memset(copy, any(), sizeof(copy));
		memcpy(copy, bytes, whole.length);
		assert_int_equal(lol_insn_decode(copy, whole.length, &part), 0);
		assert_memory_equal(&whole, &part, sizeof(whole));
	}
}

/* What capstone does not know, or says in too many words. */
static void test_known(void **state)
{
	static const struct {
		const char *bytes;
		unsigned int length, kind, op, size, reg, rm;
	} known[] = {
		{ "\xf3\x0f\xc7\xf8", 4, LOL_SITE_RDPID, 0, 8, 7, 0 },
		{ "\xf3\x41\x0f\xc7\xf9", 5, LOL_SITE_RDPID, 0, 8, 7, 9 },
		{ "\xf3\x0f\x09", 3, LOL_SITE_INVD, LOL_OP_WBNOINVD, 0, 0, 255 },
		{ "\x66\x0f\x01\xcc", 4, LOL_SITE_VMCALL, LOL_OP_TDCALL, 0, 1, 4 },
		{ "\xf3\x0f\x01\xd9", 4, LOL_SITE_VMCALL, LOL_OP_VMGEXIT, 0, 3, 1 },
		{ "\x0f\x01\xd9", 3, LOL_SITE_VMCALL, LOL_OP_VMMCALL, 0, 3, 1 },
		{ "\x44\x0f\x22\xc0", 4, LOL_SITE_WRITE_CR, 0, 8, 8, 0 },
		{ "\x41\x0f\x20\xdf", 4, LOL_SITE_READ_CR, 0, 8, 3, 15 },
		{ "\x48\xcf", 2, LOL_SITE_IRET, 0, 8, 0, 255 },
		{ "\xcf", 1, LOL_SITE_IRET, 0, 4, 0, 255 },
		{ "\x48\x0f\x07", 3, LOL_SITE_SYSRET, 0, 8, 0, 255 },
		{ "\x8c\xc8", 2, LOL_SITE_READ_SEG, 0, 4, 1, 0 },
		{ "\x66\x8c\xd3", 3, LOL_SITE_READ_SEG, 0, 2, 2, 3 },
		{ "\x66\x9c", 2, LOL_SITE_PUSHF, 0, 2, 0, 255 },
		{ "\xe7\xf8", 2, LOL_SITE_OUT, LOL_OP_PORT_IMM, 4, 0, 255 },
		{ "\x66\xed", 2, LOL_SITE_IN, LOL_OP_PORT_DX, 2, 0, 255 },
	};
	/* xgetbv, mov %ds,%eax, verw, clwb, sfence, lock cli, mfence, cmpxchg8b, insb, eretu */
	static const char * const refused[] = {
		"\x0f\x01\xd0", "\x8c\xd8\x90", "\x0f\x00\xe8", "\x66\x0f\xae\x30", "\x0f\xae\xf8",
		"\xf0\xfa\x90", "\x0f\xae\xf0", "\x0f\xc7\x08", "\x6c\x90\x90", "\xf3\x0f\x01\xca",
	};
	struct lol_insn insn;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		assert_int_equal(lol_insn_decode((const uint8_t *)known[i].bytes, known[i].length,
						 &insn), 0);
		assert_int_equal(insn.length, known[i].length);
		assert_int_equal(insn.kind, known[i].kind);
		assert_int_equal(insn.op, known[i].op);
		assert_int_equal(insn.operand_size, known[i].size);
		assert_int_equal(insn.reg, known[i].reg);
		assert_int_equal(insn.rm, known[i].rm);
	}
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(lol_insn_decode((const uint8_t *)refused[i],
						 3 + (refused[i][0] == 0x66 || refused[i][0] == (char)0xf3),
						 &insn), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_against_capstone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
