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
#include "syscall-bridge/sys.h"
#include "syscall-bridge/insn.h"

#define CR0_KNOWN	0xe005003fULL
#define CR0_WANTED	0x80000001ULL	/* PG, PE */
#define CR3_NOFLUSH	(1ULL << 63)
#define CR4_KNOWN	0x00370ff9ULL | (1ULL << 17)
#define CR4_WANTED	0x00000020ULL	/* PAE */
#define CR4_PGE		0x00000080ULL
#define CR4_PCIDE	0x00020000ULL
#define PAGE_FRAME	0x000ffffffffff000ULL

struct lol_site_entry *site_lookup(u64 address)
{
	const u32 *hash = lol_state_hash(state);
	struct lol_site_entry *site;

	for (u32 i = lol_site_hash(address), n = 0; n < LOL_SITE_HASH_SIZE; n++) {
		if (!hash[i])
			return NULL;
		if (hash[i] <= LOL_MAX_SITES) {
			site = &lol_state_sites(state)[hash[i] - 1];
			if (site->address == address)
				return site;
		}
		i = (i + 1) % LOL_SITE_HASH_SIZE;
	}
	return NULL;
}

/** site_containing - the recorded site that @address lies in, or NULL */
struct lol_site_entry *site_containing(u64 address)
{
	for (u32 back = 0; back < LOL_SITE_MAX; back++) {
		struct lol_site_entry *site = site_lookup(address - back);

		if (site)
			return site->length > back ? site : NULL;
	}
	return NULL;
}

static bool fault(struct lol_regs *regs, u32 vector)
{
	deliver(regs, vector, vector == VECTOR_GP, 0);
	return false;
}

static u64 operand_address(const struct lol_insn *insn, const struct lol_regs *regs, u64 next)
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
static bool access(struct lol_regs *regs, u64 va, u64 *value, u32 size, bool write)
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
	u64 va = operand_address(insn, regs, next), value = 0;
	u64 *reg = lol_reg(regs, insn->reg);
	u32 shift = insn->high ? 8 : 0, bits = insn->operand_size * 8;

	switch (insn->op) {
	case LOL_OP_STORE:
		value = *reg >> shift;
		return access(regs, va, &value, insn->operand_size, true);
	case LOL_OP_STORE_IMM:
		value = insn->imm;
		return access(regs, va, &value, insn->operand_size, true);
	case LOL_OP_LOAD:
	case LOL_OP_LOAD_ZERO:
	case LOL_OP_LOAD_SIGN:
		if (!access(regs, va, &value, insn->operand_size, false))
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
		return fault(regs, VECTOR_GP);
	}
}

/* mov to CR3 does not come back when it changes the root. */
static bool write_cr3(struct lol_regs *regs, u64 value)
{
	u64 root = value & PAGE_FRAME;
	bool keep = (value & CR3_NOFLUSH) && (vcpu->cr4 & CR4_PCIDE);

	if (root + 0x1000 > state->ram_size)
		broken("page-table root outside of RAM:", root);
	if (!keep)
		flush(root, LOL_USER_START, LOL_USER_END, LOL_FLUSH_ALL);
	if (root != vcpu->cr3)
		bridge->load_root(regs, root);
	return true;
}

static bool write_cr(struct lol_regs *regs, u32 cr, u64 value, u64 next)
{
	switch (cr) {
	case 0:
		if ((value & ~CR0_KNOWN) || (value & CR0_WANTED) != CR0_WANTED)
			return fault(regs, VECTOR_GP);
		vcpu->cr0 = value;
		return true;
	case 2:
		vcpu->cr2 = value;
		return true;
	case 3:
		regs->rip = next;
		return write_cr3(regs, value);
	case 4:
		if ((value & ~(CR4_KNOWN)) || !(value & CR4_WANTED))
			return fault(regs, VECTOR_GP);
		if ((value ^ vcpu->cr4) & (CR4_PGE | CR4_PCIDE))
			flush(vcpu->cr3, LOL_USER_START, LOL_KERNEL_END, LOL_FLUSH_ALL);
		vcpu->cr4 = value;
		return true;
	case 8:
		vcpu->cr8 = value & 15;
		return true;
	default:
		return fault(regs, VECTOR_UD);
	}
}

static bool read_cr(struct lol_regs *regs, u32 cr, u64 *to)
{
	switch (cr) {
	case 0:
		*to = vcpu->cr0;
		return true;
	case 2:
		*to = vcpu->cr2;
		return true;
	case 3:
		*to = vcpu->cr3;
		return true;
	case 4:
		*to = vcpu->cr4;
		return true;
	case 8:
		*to = vcpu->cr8;
		return true;
	default:
		return fault(regs, VECTOR_UD);
	}
}

static bool iret(struct lol_regs *regs)
{
	struct { u64 rip, cs, rflags, rsp, ss; } frame;

	if (!guest_read(regs->rsp, &frame, sizeof(frame))) {
		vcpu->cr2 = regs->rsp;
		deliver(regs, VECTOR_PF, true, 0);
		return false;
	}
	if (frame.rip >> 47)
		return fault(regs, VECTOR_GP);
	if ((frame.cs & 3) == 3) {
		if ((frame.cs & 0xffff) != LOL_USER_CS && (frame.cs & 0xffff) != 0x23)
			return fault(regs, VECTOR_GP);
		if ((frame.ss & 0xffff) != LOL_USER_DS)
			return fault(regs, VECTOR_GP);
		user_cs = frame.cs;
		user_ss = frame.ss;
		vcpu->cpl = 3;
	} else if ((frame.cs & 0xffff) != LOL_KERNEL_CS) {
		return fault(regs, VECTOR_GP);
	}
	vcpu->vif = !!(frame.rflags & FLAG_IF);
	regs->rip = frame.rip;
	regs->rsp = frame.rsp;
	regs->rflags = (frame.rflags & ~(FLAG_IOPL | FLAG_VM | FLAG_VIF)) | FLAG_FIXED | FLAG_IF;
	return false;		/* rip is final */
}

static bool sysret(struct lol_regs *regs)
{
	if (regs->rcx >> 47)
		return fault(regs, VECTOR_GP);
	vcpu->cpl = 3;
	vcpu->vif = !!(regs->r11 & FLAG_IF);
	user_cs = LOL_USER_CS;
	user_ss = LOL_USER_DS;
	regs->rip = regs->rcx;
	regs->rflags = (regs->r11 & ~(FLAG_RF | FLAG_VM | FLAG_IOPL | FLAG_VIF)) | FLAG_FIXED | FLAG_IF;
	return false;
}

/* Sleeps until an interrupt is pending; its delivery is resume()'s. */
static void hlt(void)
{
	static u32 never;

	debug_flush();
	while (!vcpu->vif)
		sys_futex_wait(&never, 0, NULL);
	while (!READ_ONCE(vcpu->pending))
		sys_futex_wait(&vcpu->pending, 0, NULL);
}

static bool push_flags(struct lol_regs *regs)
{
	u64 value = (regs->rflags & ~(FLAG_IF | FLAG_RF | FLAG_VM | FLAG_IOPL)) | FLAG_FIXED |
		    (vcpu->vif ? FLAG_IF : 0);

	if (!access(regs, regs->rsp - 8, &value, 8, true))
		return false;
	regs->rsp -= 8;
	return true;
}

static bool pop_flags(struct lol_regs *regs)
{
	u64 value;

	if (!access(regs, regs->rsp, &value, 8, false))
		return false;
	regs->rsp += 8;
	vcpu->vif = !!(value & FLAG_IF);
	regs->rflags = (value & ~(FLAG_IOPL | FLAG_VM | FLAG_RF | FLAG_VIF)) | FLAG_FIXED | FLAG_IF;
	return true;
}

static bool load_table(struct lol_regs *regs, u64 va, u64 *base, u32 *limit)
{
	struct { u16 limit; u64 base; } __attribute__((packed)) table;

	if (!guest_read(va, &table, sizeof(table)))
		return fault(regs, VECTOR_GP);
	*base = table.base;
	*limit = table.limit;
	return true;
}

static bool store_table(struct lol_regs *regs, u64 va, u64 base, u32 limit)
{
	struct { u16 limit; u64 base; } __attribute__((packed)) table = { limit, base };

	return guest_write(va, &table, sizeof(table)) ? true : fault(regs, VECTOR_GP);
}

static bool load_task(struct lol_regs *regs, u16 selector)
{
	struct { u16 limit, base0; u8 base16, type, flags, base24; u32 base32, zero; } d;

	if ((selector & 7) || selector + 15U > vcpu->gdt_limit ||
	    !guest_read(vcpu->gdt_base + selector, &d, sizeof(d)))
		return fault(regs, VECTOR_GP);
	vcpu->tr = selector;
	vcpu->tss_base = d.base0 | (u64)d.base16 << 16 | (u64)d.base24 << 24 | (u64)d.base32 << 32;
	return true;
}

static bool user_fp(struct lol_regs *regs, const struct lol_insn *insn, u64 next, void **fp)
{
	void *area = (void *)operand_address(insn, regs, next);
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
		return fault(regs, VECTOR_UD);
	}
	return bridge->user_fp(area, mask, operation, fp) ? fault(regs, VECTOR_GP) : true;
}

static bool store_word(struct lol_regs *regs, const struct lol_insn *insn, u64 next, u64 value)
{
	if (insn->memory)
		return access(regs, operand_address(insn, regs, next), &value, 2, true);
	put(lol_reg(regs, insn->rm), value, insn->operand_size);
	return true;
}

static bool load_word(struct lol_regs *regs, const struct lol_insn *insn, u64 next, u64 *value)
{
	*value = 0;
	if (insn->memory)
		return access(regs, operand_address(insn, regs, next), value, 2, false);
	*value = (u16)*lol_reg(regs, insn->rm);
	return true;
}

static bool invpcid(struct lol_regs *regs, const struct lol_insn *insn, u64 next)
{
	struct { u64 pcid, address; } descriptor;

	if (!guest_read(operand_address(insn, regs, next), &descriptor, sizeof(descriptor)))
		return fault(regs, VECTOR_GP);
	if (*lol_reg(regs, insn->reg) == 0 && descriptor.address < LOL_KERNEL_END)
		flush(vcpu->cr3, descriptor.address, descriptor.address + 1, LOL_FLUSH_ALL);
	else
		flush(vcpu->cr3, LOL_USER_START, LOL_KERNEL_END, LOL_FLUSH_ALL);
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
		return push_flags(regs);
	case LOL_SITE_POPF:
		return pop_flags(regs);
	case LOL_SITE_HLT:
		hlt();
		return true;
	case LOL_SITE_IRET:
		return iret(regs);
	case LOL_SITE_SYSRET:
		return sysret(regs);
	case LOL_SITE_SWAPGS:
		value = rdgsbase();
		wrgsbase(vcpu->kernel_gs);
		vcpu->kernel_gs = value;
		return true;
	case LOL_SITE_READ_CR:
		return read_cr(regs, insn->reg, lol_reg(regs, insn->rm));
	case LOL_SITE_WRITE_CR:
		return write_cr(regs, insn->reg, *lol_reg(regs, insn->rm), end);
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
			return fault(regs, VECTOR_GP);
		return true;
	case LOL_SITE_RDMSR:
		if (!msr_read(regs->rcx, &value))
			return fault(regs, VECTOR_GP);
		regs->rax = (u32)value;
		regs->rdx = value >> 32;
		return true;
	case LOL_SITE_WRMSR:
		value = (u32)regs->rax | regs->rdx << 32;
		return msr_write(regs->rcx, value) ? true : fault(regs, VECTOR_GP);
	case LOL_SITE_INVLPG:
		value = operand_address(insn, regs, next);
		if (value < LOL_KERNEL_END)
			flush(vcpu->cr3, value, value + 1, LOL_FLUSH_ALL);
		return true;
	case LOL_SITE_INVPCID:
		return invpcid(regs, insn, next);
	case LOL_SITE_LGDT:
		return load_table(regs, operand_address(insn, regs, next), &vcpu->gdt_base, &vcpu->gdt_limit);
	case LOL_SITE_LIDT:
		return load_table(regs, operand_address(insn, regs, next), &vcpu->idt_base, &vcpu->idt_limit);
	case LOL_SITE_LLDT:
		if (!load_word(regs, insn, next, &value))
			return false;
		vcpu->ldtr = value;
		return value ? fault(regs, VECTOR_GP) : true;
	case LOL_SITE_LTR:
		return load_word(regs, insn, next, &value) && load_task(regs, value);
	case LOL_SITE_SGDT:
		return store_table(regs, operand_address(insn, regs, next), vcpu->gdt_base, vcpu->gdt_limit);
	case LOL_SITE_SIDT:
		return store_table(regs, operand_address(insn, regs, next), vcpu->idt_base, vcpu->idt_limit);
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
			return fault(regs, VECTOR_GP);
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
		return fault(regs, VECTOR_UD);
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
		fault(regs, VECTOR_GP);
		return;
	}
	if (move(regs, &insn, regs->rip + insn.length))
		regs->rip += insn.length;
}

/* Called by slot_emulate: regs->rip is not known yet. */
noreturn void emulate_slot(struct lol_regs *regs)
{
	u32 index = vcpu->site;
	struct lol_site_entry *site;
	void *fp = NULL;

	if (index >= LOL_MAX_SITES)
		broken("site index", index);
	site = &lol_state_sites(state)[index];
	regs->rip = site->address;
	current_regs = regs;
	emulate(regs, site, &fp);
	resume(regs, NULL);
}
