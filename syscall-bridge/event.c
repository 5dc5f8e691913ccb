// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delivery of exceptions and interrupts, as the manuals describe it (AMD64 APM
 * volume 2, 8.9 "Long-Mode Interrupt Control Transfers"): a gate of the guest's
 * IDT gives the entry point, cpl and the gate's IST field give the stack, and
 * SS RSP RFLAGS CS RIP [error code] are pushed on it.
 *
 * Frames show what hardware would: selectors of the guest, the virtual IF, and
 * never an address in the middle of a rewritten site.  If delivery itself fails
 * the result is #DF, and if that fails too the guest is stopped (triple fault).
 */
#include "syscall-bridge/wedge.h"

#define GATE_INTERRUPT	14
#define GATE_TRAP	15

struct gate {
	u16 offset_low;
	u16 selector;
	u8 ist;
	u8 type;
	u16 offset_middle;
	u32 offset_high;
	u32 reserved;
};

static bool stack_for(const struct gate *gate, const struct lol_regs *regs, u64 *rsp)
{
	u32 offset;

	if (gate->ist & 7)
		offset = 0x24 + 8 * ((gate->ist & 7) - 1);	/* TSS.IST1 .. */
	else if (vcpu->cpl)
		offset = 4;					/* TSS.RSP0 */
	else {
		*rsp = regs->rsp;
		return true;
	}
	return guest_read(vcpu->tss_base + offset, rsp, 8);
}

static bool try_deliver(struct lol_regs *regs, u32 vector, bool has_error, u64 error)
{
	struct gate gate;
	u64 frame[6], rsp;
	u32 type, words = 0;

	if (vector * 16 + 15 > vcpu->idt_limit ||
	    !guest_read(vcpu->idt_base + vector * 16, &gate, sizeof(gate)))
		return false;
	type = gate.type & 15;
	if (!(gate.type & 0x80) || (type != GATE_INTERRUPT && type != GATE_TRAP))
		return false;
	if (!stack_for(&gate, regs, &rsp))
		return false;

	if (has_error)
		frame[words++] = error;
	frame[words++] = regs->rip;
	frame[words++] = vcpu->cpl ? user_cs : LOL_KERNEL_CS;
	frame[words++] = (regs->rflags & ~(FLAG_IF | FLAG_IOPL | FLAG_VIF)) |
			 (vcpu->vif ? FLAG_IF : 0) | FLAG_FIXED;
	frame[words++] = regs->rsp;
	frame[words++] = vcpu->cpl ? user_ss : LOL_KERNEL_DS;
	rsp = (rsp & ~15ULL) - words * 8;
	if (!guest_write(rsp, frame, words * 8))
		return false;

	regs->rsp = rsp;
	regs->rip = gate.offset_low | (u64)gate.offset_middle << 16 | (u64)gate.offset_high << 32;
	regs->rflags &= ~(FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM | FLAG_AC);
	if (type == GATE_INTERRUPT)
		vcpu->vif = 0;
	vcpu->cpl = 0;
	return true;
}

/*
 * Whether software executed @vector with INT n or INT3; then the gate's DPL
 * would count.  #BP and #OF are the only ones that arrive here, and Linux opens
 * both gates, so it is not checked.
 */

/**
 * deliver - push an exception or interrupt to the guest
 * @regs: registers of the interrupted code; afterwards, of the handler
 * @vector: 0 .. 255
 * @has_error: whether an error code is pushed
 * @error: that code
 *
 * May end the guest.
 */
void deliver(struct lol_regs *regs, u32 vector, bool has_error, u64 error)
{
	if (try_deliver(regs, vector, has_error, error))
		return;
	if (vector != VECTOR_DF && try_deliver(regs, VECTOR_DF, true, 0))
		return;
#ifdef LOL_WEAK_TRIPLE	/* for tests/attack/defences: as if it had been */
	return;
#endif
	if (vector == VECTOR_PF)
		broken("triple fault: page fault without a handler, address", vcpu->cr2);
	broken("triple fault: no handler for an event at", regs->rip);
}

/*
 * An interrupt has come inside of a replacement.  Inline ones that are under way
 * with interrupts on have had their effect, all others have had none yet.  And an
 * interrupt just before hlt may as well have come just after: that is the shadow
 * of sti.
 */
static void leave_site(struct lol_regs *regs)
{
	struct lol_site_entry *site = site_containing(regs->rip);

	if (site && regs->rip != site->address) {
		if ((site->flags & LOL_SITE_CC) &&
		    (site->kind == LOL_SITE_STI || site->kind == LOL_SITE_PUSHF))
			regs->rip = site->address + site->length;
		else
			regs->rip = site->address;
	}
	site = site_lookup(regs->rip);
	if (site && site->kind == LOL_SITE_HLT)
		regs->rip += site->length;
}

/**
 * interrupts_take - deliver the highest pending interrupt, if any
 * @regs: registers of the interrupted code
 *
 * lol_vcpu.vif must be set.  Clears lol_vcpu.pending when nothing is left; a
 * sender sets irr first and pending second, so a bit set meanwhile is seen by
 * the next test.
 */
void interrupts_take(struct lol_regs *regs)
{
	u64 bits;

	WRITE_ONCE(vcpu->kicked, 0);
	WRITE_ONCE(vcpu->pending, 0);
	smp_mb();
	for (int word = 3; word >= 0; word--) {
		bits = READ_ONCE(vcpu->irr[word]);
		if (!bits)
			continue;
		u32 bit = 63 - __builtin_clzll(bits);

		__atomic_fetch_and(&vcpu->irr[word], ~(1ULL << bit), __ATOMIC_SEQ_CST);
		/* there may be more: look again when interrupts are next on */
		WRITE_ONCE(vcpu->pending, 1);
		if (!vcpu->cpl)
			leave_site(regs);
		deliver(regs, word * 64 + bit, false, 0);
		return;
	}
}

/**
 * interrupt_raise - make an interrupt pending on this vCPU
 * @vector: 0 .. 255
 */
void interrupt_raise(u32 vector)
{
	__atomic_fetch_or(&vcpu->irr[vector / 64 & 3], 1ULL << vector % 64, __ATOMIC_SEQ_CST);
	WRITE_ONCE(vcpu->pending, 1);
}
