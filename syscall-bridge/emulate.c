// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each sensitive instruction does on this machine.
 *
 * The emulator is entered with a recorded site: by a trap on it, or from its
 * replacement through a slot.  Both ways end here, so that a rewritten kernel
 * and one that traps behave alike.  regs->rip is the site's first byte; an
 * instruction that completes moves it behind the site, one that faults leaves
 * it there, where the guest's exception tables expect it.
 *
 * Semantics: AMD64 APM volumes 2 and 3, as far as machine.md does not say
 * otherwise.
 */
#include "syscall-bridge/bridge.h"
#include "syscall-bridge/emulate.h"

bool emulate_fault(struct lol_regs *regs, u32 vector)
{
	deliver(regs, vector, vector == VECTOR_GP, 0);
	return false;
}

u64 emulate_address(const struct lol_insn *insn, const struct lol_regs *regs, u64 next)
{
	u64 address = lol_insn_address(insn, regs, next);

	return insn->segment == LOL_SEGMENT_GS ? address + rdgsbase() : address;
}

static void put(u64 *reg, u64 value, u32 size)
{
	if (size == 8)
		*reg = value;
	else if (size == 4)
		*reg = (u32)value;
	else if (size == 2)
		*reg = (*reg & ~0xffffULL) | (value & 0xffff);
	else
		*reg = (*reg & ~0xffULL) | (value & 0xff);
}

/* A read or write of memory that may be a register window; false: #PF delivered. */
bool emulate_access(struct lol_regs *regs, u64 va, u64 *value, u32 size, bool write)
{
	u64 gpa;

	if (guest_device(va, write, &gpa)) {
		if (write)
			request(LOL_EXIT_MMIO_WRITE, gpa, size, *value, 0, 0);
		else
			*value = request(LOL_EXIT_MMIO_READ, gpa, size, 0, 0, 0);
		return true;
	}
	if (write ? guest_write(va, value, size) : guest_read(va, value, size))
		return true;
	vcpu->cr2 = va;
	deliver(regs, VECTOR_PF, true, write ? PF_WRITE : 0);
	return false;
}

static bool move(struct lol_regs *regs, const struct lol_insn *insn, u64 next)
{
	u64 va = emulate_address(insn, regs, next), value = 0;
	u64 *reg = lol_reg(regs, insn->reg);
	u32 shift = insn->high ? 8 : 0, bits = insn->operand_size * 8;

	switch (insn->op) {
	case LOL_OP_STORE:
		value = *reg >> shift;
		return emulate_access(regs, va, &value, insn->operand_size, true);
	case LOL_OP_STORE_IMM:
		value = insn->imm;
		return emulate_access(regs, va, &value, insn->operand_size, true);
	case LOL_OP_LOAD:
	case LOL_OP_LOAD_ZERO:
	case LOL_OP_LOAD_SIGN:
		if (!emulate_access(regs, va, &value, insn->operand_size, false))
			return false;
		if (bits < 64)
			value &= (1ULL << bits) - 1;
		if (insn->op == LOL_OP_LOAD_SIGN)
			value = (s64)(value << (64 - bits)) >> (64 - bits);
		if (insn->high)
			*reg = (*reg & ~0xff00ULL) | (value & 0xff) << 8;
		else
			put(reg, value, insn->register_size);
		return true;
	default:
		return emulate_fault(regs, VECTOR_GP);
	}
}

static bool user_fp(struct lol_regs *regs, const struct lol_insn *insn, u64 next, void **fp)
{
	void *area = (void *)emulate_address(insn, regs, next);
	u64 mask = ((u32)regs->rax | regs->rdx << 32) & state->xsave_mask;
	u32 operation;

	switch (insn->op) {
	case LOL_OP_FXSAVE:
		operation = FP_FXSAVE;
		break;
	case LOL_OP_XSAVE:
	case LOL_OP_XSAVEOPT:
		operation = FP_XSAVE;
		break;
	case LOL_OP_XSAVEC:
		operation = FP_XSAVEC;
		break;
	case LOL_OP_FXRSTOR:
		operation = FP_FXRSTOR;
		break;
	case LOL_OP_XRSTOR:
		operation = FP_XRSTOR;
		break;
	default:
		return emulate_fault(regs, VECTOR_UD);
	}
	return bridge->user_fp(area, mask, operation, fp) ? emulate_fault(regs, VECTOR_GP) : true;
}

static bool store_word(struct lol_regs *regs, const struct lol_insn *insn, u64 next, u64 value)
{
	if (insn->memory)
		return emulate_access(regs, emulate_address(insn, regs, next), &value, 2, true);
	put(lol_reg(regs, insn->rm), value, insn->operand_size);
	return true;
}

static bool load_word(struct lol_regs *regs, const struct lol_insn *insn, u64 next, u64 *value)
{
	*value = 0;
	if (insn->memory)
		return emulate_access(regs, emulate_address(insn, regs, next), value, 2, false);
	*value = (u16)*lol_reg(regs, insn->rm);
	return true;
}

static bool port(struct lol_regs *regs, const struct lol_insn *insn, bool out)
{
	u16 number = insn->op == LOL_OP_PORT_IMM ? insn->imm : regs->rdx;

	if (out)
		port_out(regs, number, regs->rax, insn->operand_size);
	else
		put(&regs->rax, port_in(number), insn->operand_size);
	return true;
}

/* Does it; false: rip is final already. */
static bool execute(struct lol_regs *regs, const struct lol_site_entry *site,
		    const struct lol_insn *insn, u64 end, void **fp)
{
	u64 next = site->address + site->insn_length, value;

	switch (insn->kind) {
	case LOL_SITE_CLI:
		vcpu->vif = 0;
		return true;
	case LOL_SITE_STI:
		vcpu->vif = 1;
		return true;
	case LOL_SITE_PUSHF:
		return emulate_push_flags(regs);
	case LOL_SITE_POPF:
		return emulate_pop_flags(regs);
	case LOL_SITE_HLT:
		emulate_hlt();
		return true;
	case LOL_SITE_IRET:
		return emulate_iret(regs);
	case LOL_SITE_SYSRET:
		return emulate_sysret(regs);
	case LOL_SITE_SWAPGS:
		value = rdgsbase();
		wrgsbase(vcpu->kernel_gs);
		vcpu->kernel_gs = value;
		return true;
	case LOL_SITE_READ_CR:
		return emulate_read_cr(regs, insn->reg, lol_reg(regs, insn->rm));
	case LOL_SITE_WRITE_CR:
		return emulate_write_cr(regs, insn->reg, *lol_reg(regs, insn->rm), end);
	case LOL_SITE_CLTS:
		vcpu->cr0 &= ~8ULL;
		return true;
	case LOL_SITE_LMSW:
		if (!load_word(regs, insn, next, &value))
			return false;
		vcpu->cr0 = (vcpu->cr0 & ~0xeULL) | (value & 0xf);
		return true;
	case LOL_SITE_SMSW:
		return store_word(regs, insn, next, vcpu->cr0);
	case LOL_SITE_XSETBV:
		value = (u32)regs->rax | regs->rdx << 32;
		if ((u32)regs->rcx || !(value & 1) || (value & ~state->xsave_mask))
			return emulate_fault(regs, VECTOR_GP);
		return true;
	case LOL_SITE_RDMSR:
		if (!msr_read(regs->rcx, &value))
			return emulate_fault(regs, VECTOR_GP);
		regs->rax = (u32)value;
		regs->rdx = value >> 32;
		return true;
	case LOL_SITE_WRMSR:
		value = (u32)regs->rax | regs->rdx << 32;
		return msr_write(regs->rcx, value) ? true : emulate_fault(regs, VECTOR_GP);
	case LOL_SITE_INVLPG:
		value = emulate_address(insn, regs, next);
		if (value < LOL_KERNEL_END)
			flush(vcpu->cr3, value, value + 1, LOL_FLUSH_ALL);
		return true;
	case LOL_SITE_INVPCID:
		return emulate_invpcid(regs, insn, next);
	case LOL_SITE_LGDT:
		return emulate_load_table(regs, emulate_address(insn, regs, next), &vcpu->gdt_base, &vcpu->gdt_limit);
	case LOL_SITE_LIDT:
		return emulate_load_table(regs, emulate_address(insn, regs, next), &vcpu->idt_base, &vcpu->idt_limit);
	case LOL_SITE_LLDT:
		if (!load_word(regs, insn, next, &value))
			return false;
		vcpu->ldtr = value;
		return value ? emulate_fault(regs, VECTOR_GP) : true;
	case LOL_SITE_LTR:
		return load_word(regs, insn, next, &value) && emulate_load_task(regs, value);
	case LOL_SITE_SGDT:
		return emulate_store_table(regs, emulate_address(insn, regs, next), vcpu->gdt_base, vcpu->gdt_limit);
	case LOL_SITE_SIDT:
		return emulate_store_table(regs, emulate_address(insn, regs, next), vcpu->idt_base, vcpu->idt_limit);
	case LOL_SITE_SLDT:
		return store_word(regs, insn, next, vcpu->ldtr);
	case LOL_SITE_STR:
		return store_word(regs, insn, next, vcpu->tr);
	case LOL_SITE_LAR:
	case LOL_SITE_LSL:
		regs->rflags &= ~0x40ULL;	/* ZF clear: no such selector */
		return true;
	case LOL_SITE_READ_SEG:
		return store_word(regs, insn, next, insn->reg == 1 ? LOL_KERNEL_CS : LOL_KERNEL_DS);
	case LOL_SITE_XSAVE:
	case LOL_SITE_XRSTOR:
		return user_fp(regs, insn, next, fp);
	case LOL_SITE_RDFSBASE:
		put(lol_reg(regs, insn->rm), bridge->read_fs(), insn->operand_size);
		return true;
	case LOL_SITE_WRFSBASE:
	case LOL_SITE_WRGSBASE:
		value = *lol_reg(regs, insn->rm);
		if (insn->operand_size == 4)
			value = (u32)value;
		if (value >> 47 && value >> 47 != 0x1ffff)
			return emulate_fault(regs, VECTOR_GP);
		if (insn->kind == LOL_SITE_WRGSBASE)
			wrgsbase(value);
		else
			bridge->write_fs(value);
		return true;
	case LOL_SITE_RDGSBASE:
		put(lol_reg(regs, insn->rm), rdgsbase(), insn->operand_size);
		return true;
	case LOL_SITE_CPUID:
		cpuid_emulate(regs);
		return true;
	case LOL_SITE_RDPID:
		*lol_reg(regs, insn->rm) = vcpu->tsc_aux;
		return true;
	case LOL_SITE_RDTSCP:
		value = rdtsc();
		regs->rax = (u32)value;
		regs->rdx = value >> 32;
		regs->rcx = (u32)vcpu->tsc_aux;
		return true;
	case LOL_SITE_IN:
		return port(regs, insn, false);
	case LOL_SITE_OUT:
		return port(regs, insn, true);
	case LOL_SITE_MMIO:
		return move(regs, insn, next);
	case LOL_SITE_INVD:
		return true;
	default:
		return emulate_fault(regs, VECTOR_UD);
	}
}

/**
 * emulate - act on a recorded site
 * @regs: rip is the site's first byte; afterwards where the guest goes on
 * @site: the record
 * @fp: the XSAVE area that resume() will restore; set to NULL if the registers
 *	now hold what they should
 *
 * May hand the baton to another space and not return.
 */
void emulate(struct lol_regs *regs, const struct lol_site_entry *site, void **fp)
{
	u64 end = site->address + site->length;
	struct lol_insn insn;

	if (lol_insn_decode(site->insn, site->insn_length, &insn) || insn.kind != site->kind)
		broken("site that cannot be decoded at", site->address);
	if (execute(regs, site, &insn, end, fp))
		regs->rip = end;
}

/**
 * emulate_memory - a move that touched a register window without being recorded
 * @regs: rip is the instruction
 * @bytes: what is there
 * @length: how much of it could be read
 */
void emulate_memory(struct lol_regs *regs, const u8 *bytes, u32 length)
{
	struct lol_insn insn;

	if (lol_insn_decode(bytes, length, &insn) || insn.kind != LOL_SITE_MMIO) {
		emulate_fault(regs, VECTOR_GP);
		return;
	}
	if (move(regs, &insn, regs->rip + insn.length))
		regs->rip += insn.length;
}

/* Whose replacement has led here; regs->rip was not known. */
static const struct lol_site_entry *entered_from(struct lol_regs *regs)
{
	u32 index = vcpu->site;
	const struct lol_site_entry *site;

	if (index >= LOL_MAX_SITES)
		broken("site index", index);
	site = &lol_state_sites(state)[index];
	regs->rip = site->address;
	current_regs = regs;
	return site;
}

/* Called by slot_emulate. */
noreturn void emulate_slot(struct lol_regs *regs)
{
	void *fp = NULL;

	emulate(regs, entered_from(regs), &fp);
	resume(regs, NULL);
}

/* Called by slot_sysret_elsewhere: for the form with 64-bit operands there is nothing to decode. */
noreturn void sysret_slot(struct lol_regs *regs)
{
	entered_from(regs);
	emulate_sysret(regs);
	resume(regs, NULL);
}
