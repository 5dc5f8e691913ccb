/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_INSN_H
#define LOL_INSN_H

#include <linux/types.h>
#include <lol/site.h>
#include <lol/vcpu.h>

/*
 * Decoder of the sensitive instructions and of the moves that reach device
 * registers.  64-bit code only.  Pure and freestanding: used by the emulator,
 * the rewriter and the checker.
 */

/* What a kind leaves open. */
enum lol_insn_op {
	LOL_OP_NONE,
	/* LOL_SITE_XSAVE, LOL_SITE_XRSTOR; operand_size 8: the 64-bit form */
	LOL_OP_FXSAVE,
	LOL_OP_XSAVE,
	LOL_OP_XSAVEOPT,
	LOL_OP_XSAVEC,
	LOL_OP_XSAVES,
	LOL_OP_FXRSTOR,
	LOL_OP_XRSTOR,
	LOL_OP_XRSTORS,
	/* LOL_SITE_IN, LOL_SITE_OUT */
	LOL_OP_PORT_IMM,	/* port is imm */
	LOL_OP_PORT_DX,		/* port is dx */
	/* LOL_SITE_MMIO */
	LOL_OP_LOAD,		/* reg = memory; 32 bit clears the upper half */
	LOL_OP_LOAD_ZERO,	/* the same, zero-extended to register_size */
	LOL_OP_LOAD_SIGN,	/* the same, sign-extended to register_size */
	LOL_OP_STORE,		/* memory = reg */
	LOL_OP_STORE_IMM,	/* memory = imm */
	/* LOL_SITE_VMCALL */
	LOL_OP_VMCALL,
	LOL_OP_VMMCALL,
	LOL_OP_VMFUNC,
	LOL_OP_VMGEXIT,
	LOL_OP_TDCALL,
	/* LOL_SITE_INVD */
	LOL_OP_INVD,
	LOL_OP_WBINVD,
	LOL_OP_WBNOINVD,
};

#define LOL_INSN_NO_REG		0xff
#define LOL_INSN_RIP		16	/* as base: address of the next instruction */

#define LOL_INSN_MAX		15

enum lol_insn_segment {
	LOL_SEGMENT_FLAT,	/* base 0: all but fs and gs in 64-bit code */
	LOL_SEGMENT_FS,
	LOL_SEGMENT_GS,
};

/*
 * Registers are hardware numbers 0..15 (rax rcx rdx rbx rsp rbp rsi rdi r8..).
 *
 * Which field is what, by kind:
 *   READ_CR READ_DR	reg: control/debug register, rm: destination
 *   WRITE_CR WRITE_DR	reg: control/debug register, rm: source
 *   READ_SEG		reg: 1 cs, 2 ss; destination: rm or memory (memory: 16 bit)
 *   SLDT STR SMSW	destination: rm (operand_size) or memory (16 bit)
 *   LLDT LTR LMSW	source: rm or memory, 16 bit
 *   LAR LSL		reg: destination; source selector: rm or memory, 16 bit
 *   INVPCID		reg: type; memory: descriptor
 *   INVLPG, L/SGDT, L/SIDT, XSAVE, XRSTOR	memory
 *   RD/WRFSBASE, RD/WRGSBASE, RDPID	rm
 *   MMIO		reg, memory, imm
 *   IN OUT		op, imm, operand_size
 */
struct lol_insn {
	__u8 length;		/* bytes, prefixes included */
	__u8 kind;		/* enum lol_site_kind */
	__u8 op;		/* enum lol_insn_op */
	__u8 operand_size;	/* bytes: 1, 2, 4, 8; MMIO: of the memory access */
	__u8 register_size;	/* MMIO loads: bytes of the register written; else operand_size */
	__u8 reg;		/* ModRM.reg or the opcode's register, REX applied */
	__u8 rm;		/* register operand in ModRM.rm; LOL_INSN_NO_REG if memory */
	__u8 high;		/* MMIO: reg is ah, ch, dh or bh; reg is then 0..3 */
	__u8 memory;		/* there is a memory operand */
	__u8 base;		/* register, LOL_INSN_RIP or LOL_INSN_NO_REG */
	__u8 index;		/* register or LOL_INSN_NO_REG */
	__u8 scale;		/* 1, 2, 4, 8 */
	__u8 segment;		/* enum lol_insn_segment; its base is the caller's to add */
	__u8 address_size;	/* 8, or 4: the address wraps at 32 bits */
	__u8 modrm;		/* offset of the ModRM byte; 0: there is none */
	__u8 prefixes;		/* bytes in front of the opcode */
	__s64 disp;
	__u64 imm;		/* port, or value of LOL_OP_STORE_IMM, sign-extended */
};

int lol_insn_decode(const __u8 *bytes, unsigned int length, struct lol_insn *out);
__u64 lol_insn_address(const struct lol_insn *insn, const struct lol_regs *regs, __u64 next_rip);
__u64 *lol_reg(struct lol_regs *regs, unsigned int number);

#endif
