// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decoder of sensitive instructions (AMD64 Architecture Programmer's Manual,
 * volume 3; Intel SDM volume 2).
 *
 * The decoding goes: prefixes, opcode, ModRM with its memory operand, immediate.
 * Each opcode map is a switch that names the kind; an instruction is described
 * completely or refused.  A lock prefix is always refused, since none of these
 * instructions has a locked form that a lol machine knows.
 */
#include "syscall-bridge/insn.h"

/* The bytes, and what the prefixes said. */
struct cursor {
	const __u8 *bytes;
	unsigned int length, at;
	__u8 rex;
	__u8 opsize;		/* 0x66 */
	__u8 rep;		/* 0xf2, 0xf3 or 0 */
	__u8 modrm;
};

#define REX_W	8
#define REX_R	4
#define REX_X	2
#define REX_B	1

static int next_byte(struct cursor *c)
{
	if (c->at >= c->length || c->at >= LOL_INSN_MAX)
		return -1;
	return c->bytes[c->at++];
}

/* A little-endian number of @size bytes, sign-extended. */
static int next_number(struct cursor *c, unsigned int size, __s64 *out)
{
	__u64 value = 0;
	unsigned int i;
	int byte;

	for (i = 0; i < size; i++) {
		byte = next_byte(c);
		if (byte < 0)
			return -1;
		value |= (__u64)byte << (8 * i);
	}
	if (size < 8)
		value = (__u64)((__s64)(value << (64 - 8 * size)) >> (64 - 8 * size));
	*out = (__s64)value;
	return 0;
}

/* Prefixes; the opcode's first byte, or -1. */
static int prefixes(struct cursor *c, struct lol_insn *out)
{
	int byte;

	out->address_size = 8;
	for (;;) {
		byte = next_byte(c);
		switch (byte) {
		case 0x66:
			c->opsize = 1;
			break;
		case 0x67:
			out->address_size = 4;
			break;
		case 0xf2:
		case 0xf3:
			c->rep = (__u8)byte;
			break;
		case 0x64:
			out->segment = LOL_SEGMENT_FS;
			break;
		case 0x65:
			out->segment = LOL_SEGMENT_GS;
			break;
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
			break;
		case 0x40 ... 0x4f:
			c->rex = (__u8)byte;
			continue;
		default:	/* the lock prefix is no opcode that we know */
			out->prefixes = (__u8)(c->at - 1);
			return byte;
		}
		c->rex = 0;	/* counts only right in front of the opcode */
	}
}

/* ModRM, SIB and displacement. */
static int operand(struct cursor *c, struct lol_insn *out)
{
	int byte = next_byte(c), sib;
	unsigned int mod, rm;

	if (byte < 0)
		return -1;
	out->modrm = (__u8)(c->at - 1);
	c->modrm = (__u8)byte;
	mod = c->modrm >> 6;
	rm = c->modrm & 7;
	out->reg = (__u8)(((c->modrm >> 3) & 7) | (c->rex & REX_R ? 8 : 0));
	if (mod == 3) {
		out->rm = (__u8)(rm | (c->rex & REX_B ? 8 : 0));
		return 0;
	}
	out->memory = 1;
	out->base = (__u8)(rm | (c->rex & REX_B ? 8 : 0));
	if (rm == 4) {
		sib = next_byte(c);
		if (sib < 0)
			return -1;
		out->scale = (__u8)(1 << (sib >> 6));
		out->index = (__u8)(((sib >> 3) & 7) | (c->rex & REX_X ? 8 : 0));
		if (out->index == 4)
			out->index = LOL_INSN_NO_REG;
		out->base = (__u8)((sib & 7) | (c->rex & REX_B ? 8 : 0));
		if ((sib & 7) == 5 && mod == 0) {
			out->base = LOL_INSN_NO_REG;
			return next_number(c, 4, &out->disp);
		}
	} else if (rm == 5 && mod == 0) {
		out->base = LOL_INSN_RIP;
		return next_number(c, 4, &out->disp);
	}
	return mod ? next_number(c, mod == 1 ? 1 : 4, &out->disp) : 0;
}

static unsigned int operand_size(const struct cursor *c)
{
	return c->rex & REX_W ? 8 : c->opsize ? 2 : 4;
}

static int plain(struct lol_insn *out, unsigned int kind, unsigned int size)
{
	out->kind = (__u8)kind;
	out->operand_size = out->register_size = (__u8)size;
	return 0;
}

static int with_op(struct lol_insn *out, unsigned int kind, unsigned int op, unsigned int size)
{
	out->op = (__u8)op;
	return plain(out, kind, size);
}

/* A byte register: without REX, 4..7 are the high halves of 0..3. */
static void byte_register(const struct cursor *c, struct lol_insn *out)
{
	if (!c->rex && out->reg >= 4) {
		out->reg -= 4;
		out->high = 1;
	}
}

static int port(struct cursor *c, struct lol_insn *out, int opcode)
{
	unsigned int kind = opcode & 2 ? LOL_SITE_OUT : LOL_SITE_IN;
	unsigned int size = opcode & 1 ? (c->opsize ? 2 : 4) : 1;
	int byte;

	if (opcode & 8)
		return with_op(out, kind, LOL_OP_PORT_DX, size);
	byte = next_byte(c);
	if (byte < 0)
		return -1;
	out->imm = (__u64)byte;
	return with_op(out, kind, LOL_OP_PORT_IMM, size);
}

/* mov between a register or an immediate and memory. */
static int move(struct cursor *c, struct lol_insn *out, int opcode)
{
	unsigned int size = opcode & 1 ? operand_size(c) : 1;
	unsigned int op = opcode & 2 ? LOL_OP_LOAD : LOL_OP_STORE;
	__s64 imm = 0;

	if (operand(c, out) || !out->memory)
		return -1;
	if (opcode == 0xc6 || opcode == 0xc7) {
		if (c->modrm & 0x38)
			return -1;
		if (next_number(c, size == 8 ? 4 : size, &imm))
			return -1;
		out->imm = (__u64)imm;
		out->reg = LOL_INSN_NO_REG;
		return with_op(out, LOL_SITE_MMIO, LOL_OP_STORE_IMM, size);
	}
	if (size == 1)
		byte_register(c, out);
	return with_op(out, LOL_SITE_MMIO, op, size);
}

/* mov between the accumulator and an absolute address. */
static int move_absolute(struct cursor *c, struct lol_insn *out, int opcode)
{
	out->memory = 1;
	out->reg = 0;
	if (next_number(c, out->address_size, &out->disp))
		return -1;
	return with_op(out, LOL_SITE_MMIO, opcode & 2 ? LOL_OP_STORE : LOL_OP_LOAD,
		       opcode & 1 ? operand_size(c) : 1);
}

static int move_extended(struct cursor *c, struct lol_insn *out, unsigned int op,
			 unsigned int size)
{
	if (operand(c, out) || !out->memory)
		return -1;
	with_op(out, LOL_SITE_MMIO, op, size);
	out->register_size = (__u8)operand_size(c);
	return 0;
}

/* 0f 01 with a register form: the ModRM byte is part of the opcode. */
static int system_register(struct cursor *c, struct lol_insn *out)
{
	switch (c->modrm) {
	case 0xe0 ... 0xe7:
		return c->rep ? -1 : plain(out, LOL_SITE_SMSW, operand_size(c));
	case 0xf0 ... 0xf7:
		return c->rep ? -1 : plain(out, LOL_SITE_LMSW, 2);
	case 0xd9:
		return with_op(out, LOL_SITE_VMCALL,
			       c->rep ? LOL_OP_VMGEXIT : LOL_OP_VMMCALL, 0);
	case 0xcc:
		return c->opsize && !c->rep ? with_op(out, LOL_SITE_VMCALL, LOL_OP_TDCALL, 0) : -1;
	}
	if (c->rep || c->opsize)
		return -1;
	switch (c->modrm) {
	case 0xc1:
		return with_op(out, LOL_SITE_VMCALL, LOL_OP_VMCALL, 0);
	case 0xd4:
		return with_op(out, LOL_SITE_VMCALL, LOL_OP_VMFUNC, 0);
	case 0xca:
		return plain(out, LOL_SITE_CLAC, 0);
	case 0xcb:
		return plain(out, LOL_SITE_STAC, 0);
	case 0xd1:
		return plain(out, LOL_SITE_XSETBV, 0);
	case 0xf8:
		return plain(out, LOL_SITE_SWAPGS, 0);
	case 0xf9:
		return plain(out, LOL_SITE_RDTSCP, 0);
	}
	return -1;
}

/* 0f 00 and 0f 01 */
static int system_table(struct cursor *c, struct lol_insn *out, int opcode)
{
	static const __u8 selectors[8] = {
		LOL_SITE_SLDT, LOL_SITE_STR, LOL_SITE_LLDT, LOL_SITE_LTR,
	};
	static const __u8 tables[8] = {
		LOL_SITE_SGDT, LOL_SITE_SIDT, LOL_SITE_LGDT, LOL_SITE_LIDT,
		LOL_SITE_SMSW, 0, LOL_SITE_LMSW, LOL_SITE_INVLPG,
	};
	unsigned int kind, nr;

	if (operand(c, out))
		return -1;
	nr = (c->modrm >> 3) & 7;
	if (opcode == 1 && !out->memory)
		return system_register(c, out);
	if (opcode == 1 && c->rep)
		return -1;	/* rstorssp and its kin */
	kind = opcode ? tables[nr] : selectors[nr];
	switch (kind) {
	case LOL_SITE_NONE:
		return -1;
	case LOL_SITE_SLDT:
	case LOL_SITE_STR:
		return plain(out, kind, out->memory ? 2 : operand_size(c));
	case LOL_SITE_SMSW:
	case LOL_SITE_LMSW:
	case LOL_SITE_LLDT:
	case LOL_SITE_LTR:
		return plain(out, kind, 2);
	default:
		return plain(out, kind, 8);
	}
}

/* 0f ae and 0f c7: extended state, segment bases, rdpid */
static int extended_state(struct cursor *c, struct lol_insn *out, int opcode)
{
	static const __u8 bases[8] = {
		LOL_SITE_RDFSBASE, LOL_SITE_RDGSBASE, LOL_SITE_WRFSBASE, LOL_SITE_WRGSBASE,
	};
	static const __u8 ae[8] = {
		LOL_OP_FXSAVE, LOL_OP_FXRSTOR, 0, 0, LOL_OP_XSAVE, LOL_OP_XRSTOR, LOL_OP_XSAVEOPT,
	};
	static const __u8 c7[8] = {
		0, 0, 0, LOL_OP_XRSTORS, LOL_OP_XSAVEC, LOL_OP_XSAVES,
	};
	unsigned int nr, op;

	if (operand(c, out))
		return -1;
	nr = (c->modrm >> 3) & 7;
	if (!out->memory) {
		if (c->rep != 0xf3)
			return -1;
		if (opcode == 0xc7)
			return nr == 7 ? plain(out, LOL_SITE_RDPID, 8) : -1;
		return bases[nr] ? plain(out, bases[nr], c->rex & REX_W ? 8 : 4) : -1;
	}
	op = opcode == 0xc7 ? c7[nr] : ae[nr];
	if (!op || c->rep || c->opsize)
		return -1;
	return with_op(out, op >= LOL_OP_FXRSTOR ? LOL_SITE_XRSTOR : LOL_SITE_XSAVE, op,
		       c->rex & REX_W ? 8 : 4);
}

/* Moves of control and debug registers: ModRM.mod is ignored, always 64 bit. */
static int special_move(struct cursor *c, struct lol_insn *out, int opcode)
{
	static const __u8 kinds[4] = {
		LOL_SITE_READ_CR, LOL_SITE_READ_DR, LOL_SITE_WRITE_CR, LOL_SITE_WRITE_DR,
	};
	int byte = next_byte(c);

	if (byte < 0)
		return -1;
	out->modrm = (__u8)(c->at - 1);
	out->reg = (__u8)(((byte >> 3) & 7) | (c->rex & REX_R ? 8 : 0));
	out->rm = (__u8)((byte & 7) | (c->rex & REX_B ? 8 : 0));
	return plain(out, kinds[opcode & 3], 8);
}

static int two_byte(struct cursor *c, struct lol_insn *out)
{
	int opcode = next_byte(c);

	switch (opcode) {
	case 0x00:
	case 0x01:
		return system_table(c, out, opcode);
	case 0x02:
	case 0x03:
		if (operand(c, out))
			return -1;
		return plain(out, opcode == 2 ? LOL_SITE_LAR : LOL_SITE_LSL, operand_size(c));
	case 0x06:
		return plain(out, LOL_SITE_CLTS, 0);
	case 0x07:
		return plain(out, LOL_SITE_SYSRET, c->rex & REX_W ? 8 : 4);
	case 0x08:
		return with_op(out, LOL_SITE_INVD, LOL_OP_INVD, 0);
	case 0x09:
		return with_op(out, LOL_SITE_INVD,
			       c->rep == 0xf3 ? LOL_OP_WBNOINVD : LOL_OP_WBINVD, 0);
	case 0x20 ... 0x23:
		return special_move(c, out, opcode);
	case 0x30:
		return plain(out, LOL_SITE_WRMSR, 0);
	case 0x32:
		return plain(out, LOL_SITE_RDMSR, 0);
	case 0x38:
		if (next_byte(c) != 0x82 || !c->opsize || operand(c, out) || !out->memory)
			return -1;
		return plain(out, LOL_SITE_INVPCID, 8);
	case 0xa2:
		return plain(out, LOL_SITE_CPUID, 0);
	case 0xae:
	case 0xc7:
		return extended_state(c, out, opcode);
	case 0xb6:
	case 0xb7:
		return move_extended(c, out, LOL_OP_LOAD_ZERO, opcode & 1 ? 2 : 1);
	case 0xbe:
	case 0xbf:
		return move_extended(c, out, LOL_OP_LOAD_SIGN, opcode & 1 ? 2 : 1);
	}
	return -1;
}

static int one_byte(struct cursor *c, struct lol_insn *out, int opcode)
{
	switch (opcode) {
	case 0x0f:
		return two_byte(c, out);
	case 0x63:
		return c->rex & REX_W ? move_extended(c, out, LOL_OP_LOAD_SIGN, 4) : -1;
	case 0x88 ... 0x8b:
	case 0xc6:
	case 0xc7:
		return move(c, out, opcode);
	case 0x8c:
		if (operand(c, out))
			return -1;
		out->reg &= 7;	/* REX.R does not reach segment registers */
		if (out->reg != 1 && out->reg != 2)
			return -1;
		return plain(out, LOL_SITE_READ_SEG, out->memory ? 2 : operand_size(c));
	case 0x9c:
		return plain(out, LOL_SITE_PUSHF, c->opsize ? 2 : 8);
	case 0x9d:
		return plain(out, LOL_SITE_POPF, c->opsize ? 2 : 8);
	case 0xa0 ... 0xa3:
		return move_absolute(c, out, opcode);
	case 0xcf:
		return plain(out, LOL_SITE_IRET, operand_size(c));
	case 0xe4 ... 0xe7:
	case 0xec ... 0xef:
		return port(c, out, opcode);
	case 0xf4:
		return plain(out, LOL_SITE_HLT, 0);
	case 0xfa:
		return plain(out, LOL_SITE_CLI, 0);
	case 0xfb:
		return plain(out, LOL_SITE_STI, 0);
	}
	return -1;
}

/**
 * lol_insn_decode() - decode a sensitive instruction or a plain mov
 * @bytes: the instruction
 * @length: bytes that may be read; those behind the instruction do not matter
 * @out: the result; undefined on failure
 *
 * Every mov between memory and a general register or an immediate is reported
 * as LOL_SITE_MMIO: whether it is one depends on the address.
 *
 * Context: any. Touches nothing but its arguments.
 * Return: 0, or -1: truncated, or not an instruction of these classes.
 */
int lol_insn_decode(const __u8 *bytes, unsigned int length, struct lol_insn *out)
{
	struct cursor c = { .bytes = bytes, .length = length };
	int opcode;

	*out = (struct lol_insn){
		.rm = LOL_INSN_NO_REG, .base = LOL_INSN_NO_REG, .index = LOL_INSN_NO_REG,
		.scale = 1,
	};
	opcode = prefixes(&c, out);
	if (opcode < 0 || one_byte(&c, out, opcode))
		return -1;
	out->length = (__u8)c.at;
	return 0;
}

/**
 * lol_reg() - a general register by hardware number
 * @regs: the registers
 * @number: 0..15; higher bits are ignored
 */
__u64 *lol_reg(struct lol_regs *regs, unsigned int number)
{
	switch (number & 15) {
	case 0:
		return &regs->rax;
	case 1:
		return &regs->rcx;
	case 2:
		return &regs->rdx;
	case 3:
		return &regs->rbx;
	case 4:
		return &regs->rsp;
	case 5:
		return &regs->rbp;
	case 6:
		return &regs->rsi;
	case 7:
		return &regs->rdi;
	default:
		return &regs->r8 + (number & 7);
	}
}

/**
 * lol_insn_address() - effective address of the memory operand
 * @insn: decoded, with a memory operand
 * @regs: register values
 * @next_rip: address of the next instruction: where rip-relative counts from.
 *	At a site that is the instruction's address + length, padding excluded.
 *
 * The base of insn->segment is not included.
 */
__u64 lol_insn_address(const struct lol_insn *insn, const struct lol_regs *regs, __u64 next_rip)
{
	struct lol_regs *r = (struct lol_regs *)regs;
	__u64 address = (__u64)insn->disp;

	if (insn->base == LOL_INSN_RIP)
		address += next_rip;
	else if (insn->base != LOL_INSN_NO_REG)
		address += *lol_reg(r, insn->base);
	if (insn->index != LOL_INSN_NO_REG)
		address += *lol_reg(r, insn->index) * insn->scale;
	return insn->address_size == 4 ? (__u32)address : address;
}
