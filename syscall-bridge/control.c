// SPDX-License-Identifier: GPL-2.0-only
/*
 * The instructions that control the virtual CPU: control registers, flags, descriptor
 * tables, the ways to user mode, and hlt.
 */
#include "syscall-bridge/bridge.h"
#include "syscall-bridge/emulate.h"
#include "syscall-bridge/sys.h"

#define CR0_KNOWN	0xe005003fULL
#define CR0_WANTED	0x80000001ULL	/* PG, PE */
#define CR3_NOFLUSH	(1ULL << 63)
#define CR4_KNOWN	(0x00370ff9ULL | (1ULL << 17))
#define CR4_WANTED	0x00000020ULL	/* PAE */
#define CR4_PGE		0x00000080ULL
#define CR4_PCIDE	0x00020000ULL
#define PAGE_FRAME	0x000ffffffffff000ULL

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

bool emulate_write_cr(struct lol_regs *regs, u32 cr, u64 value, u64 next)
{
	switch (cr) {
	case 0:
		if ((value & ~CR0_KNOWN) || (value & CR0_WANTED) != CR0_WANTED)
			return emulate_fault(regs, VECTOR_GP);
		vcpu->cr0 = value;
		return true;
	case 2:
		vcpu->cr2 = value;
		return true;
	case 3:
		regs->rip = next;
		return write_cr3(regs, value);
	case 4:
		if ((value & ~CR4_KNOWN) || !(value & CR4_WANTED))
			return emulate_fault(regs, VECTOR_GP);
		if ((value ^ vcpu->cr4) & (CR4_PGE | CR4_PCIDE))
			flush(vcpu->cr3, LOL_USER_START, LOL_KERNEL_END, LOL_FLUSH_ALL);
		vcpu->cr4 = value;
		return true;
	case 8:
		vcpu->cr8 = value & 15;
		return true;
	default:
		return emulate_fault(regs, VECTOR_UD);
	}
}

bool emulate_read_cr(struct lol_regs *regs, u32 cr, u64 *to)
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
		return emulate_fault(regs, VECTOR_UD);
	}
}

bool emulate_iret(struct lol_regs *regs)
{
	struct { u64 rip, cs, rflags, rsp, ss; } frame;

	if (!guest_read(regs->rsp, &frame, sizeof(frame))) {
		vcpu->cr2 = regs->rsp;
		deliver(regs, VECTOR_PF, true, 0);
		return false;
	}
	if (frame.rip >> 47)
		return emulate_fault(regs, VECTOR_GP);
	if ((frame.cs & 3) == 3) {
		if ((frame.cs & 0xffff) != LOL_USER_CS && (frame.cs & 0xffff) != 0x23)
			return emulate_fault(regs, VECTOR_GP);
		if ((frame.ss & 0xffff) != LOL_USER_DS)
			return emulate_fault(regs, VECTOR_GP);
		user_cs = frame.cs;
		user_ss = frame.ss;
		vcpu->cpl = 3;
	} else if ((frame.cs & 0xffff) != LOL_KERNEL_CS) {
		return emulate_fault(regs, VECTOR_GP);
	}
	vcpu->vif = !!(frame.rflags & FLAG_IF);
	regs->rip = frame.rip;
	regs->rsp = frame.rsp;
	regs->rflags = (frame.rflags & ~(FLAG_IOPL | FLAG_VM | FLAG_VIF)) | FLAG_FIXED | FLAG_IF;
	return false;		/* rip is final */
}

bool emulate_sysret(struct lol_regs *regs)
{
	if (regs->rcx >> 47)
		return emulate_fault(regs, VECTOR_GP);
	vcpu->cpl = 3;
	vcpu->vif = !!(regs->r11 & FLAG_IF);
	user_cs = LOL_USER_CS;
	user_ss = LOL_USER_DS;
	regs->rip = regs->rcx;
	regs->rflags = (regs->r11 & ~(FLAG_RF | FLAG_VM | FLAG_IOPL | FLAG_VIF)) | FLAG_FIXED | FLAG_IF;
	return false;
}

/* Sleeps until an interrupt is pending; its delivery is resume()'s. */
void emulate_hlt(void)
{
	static u32 never;

	debug_flush();
	while (!vcpu->vif)
		sys_futex_wait(&never, 0, NULL);
	while (!READ_ONCE(vcpu->pending))
		sys_futex_wait(&vcpu->pending, 0, NULL);
}

bool emulate_push_flags(struct lol_regs *regs)
{
	u64 value = (regs->rflags & ~(FLAG_IF | FLAG_RF | FLAG_VM | FLAG_IOPL)) | FLAG_FIXED |
		    (vcpu->vif ? FLAG_IF : 0);

	if (!emulate_access(regs, regs->rsp - 8, &value, 8, true))
		return false;
	regs->rsp -= 8;
	return true;
}

bool emulate_pop_flags(struct lol_regs *regs)
{
	u64 value;

	if (!emulate_access(regs, regs->rsp, &value, 8, false))
		return false;
	regs->rsp += 8;
	vcpu->vif = !!(value & FLAG_IF);
	regs->rflags = (value & ~(FLAG_IOPL | FLAG_VM | FLAG_RF | FLAG_VIF)) | FLAG_FIXED | FLAG_IF;
	return true;
}

bool emulate_load_table(struct lol_regs *regs, u64 va, u64 *base, u32 *limit)
{
	struct { u16 limit; u64 base; } __attribute__((packed)) table;

	if (!guest_read(va, &table, sizeof(table)))
		return emulate_fault(regs, VECTOR_GP);
	*base = table.base;
	*limit = table.limit;
	return true;
}

bool emulate_store_table(struct lol_regs *regs, u64 va, u64 base, u32 limit)
{
	struct { u16 limit; u64 base; } __attribute__((packed)) table = { limit, base };

	return guest_write(va, &table, sizeof(table)) ? true : emulate_fault(regs, VECTOR_GP);
}

bool emulate_load_task(struct lol_regs *regs, u16 selector)
{
	struct { u16 limit, base0; u8 base16, type, flags, base24; u32 base32, zero; } d;

	if ((selector & 7) || selector + 15U > vcpu->gdt_limit ||
	    !guest_read(vcpu->gdt_base + selector, &d, sizeof(d)))
		return emulate_fault(regs, VECTOR_GP);
	vcpu->tr = selector;
	vcpu->tss_base = d.base0 | (u64)d.base16 << 16 | (u64)d.base24 << 24 | (u64)d.base32 << 32;
	return true;
}

bool emulate_invpcid(struct lol_regs *regs, const struct lol_insn *insn, u64 next)
{
	struct { u64 pcid, address; } descriptor;

	if (!guest_read(emulate_address(insn, regs, next), &descriptor, sizeof(descriptor)))
		return emulate_fault(regs, VECTOR_GP);
	if (*lol_reg(regs, insn->reg) == 0 && descriptor.address < LOL_KERNEL_END)
		flush(vcpu->cr3, descriptor.address, descriptor.address + 1, LOL_FLUSH_ALL);
	else
		flush(vcpu->cr3, LOL_USER_START, LOL_KERNEL_END, LOL_FLUSH_ALL);
	return true;
}
