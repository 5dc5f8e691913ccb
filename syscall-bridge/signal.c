// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host signals become events of the virtual CPU.
 *
 * Every handler runs on the alternate stack and ends in leave(), never in
 * rt_sigreturn: a space's filter refuses that call, since a forged frame could
 * block the kick for ever.  It follows that signals must not be blocked while
 * handled (SA_NODEFER), that the alternate stack stays armed (no
 * SS_AUTODISARM), and that the vector registers, which the host resets for a
 * handler, are restored from the frame by leave().
 * tests/probe/no-sigreturn shows that the host is content with that.
 *
 * What happened is decided by the trap number in the frame, not by the signal:
 *
 *   SIGSYS   the guest's system call
 *   trap 14  the TLB first (memory.c); the guest's #PF only if its tables say so
 *   others   the guest's own exception, or a recorded site to be emulated
 *   SIGUSR1  kick: look at the pending interrupts
 *
 * The interrupted code is guest user (cpl 3), guest kernel (cpl 0), or the wedge
 * itself, told apart by rip.  Guest code may set rip to anything, the wedge
 * included; a guest user who jumps there gets an exception, and gains nothing
 * that the filter would not allow him anyway.
 */
#include "syscall-bridge/bridge.h"
#include "syscall-bridge/frame.h"
#include "syscall-bridge/regs.h"
#include "syscall-bridge/sys.h"

#define AUDIT_ARCH_X86_64	0xc000003eU

u16 user_cs = LOL_USER_CS, user_ss = LOL_USER_DS;

/** signals_setup - install all handlers and the alternate stack; once, in the zygote */
void signals_setup(void)
{
	static const u8 signals[] = { SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGUSR1, SIGSEGV, SIGSYS };
	struct host_sigaction action = {
		.handler = signal_entry,
		.flags = SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_NODEFER,
		.restorer = signal_entry,	/* wanted by the host, never reached */
	};
	struct { void *base; s32 flags, pad; u64 size; } stack = {
		.base = wedge_stack, .size = wedge_stack_top - wedge_stack,
	};
	long ret;

	for (u32 i = 0; i < ARRAY_SIZE(signals); i++) {
		ret = sys4(__NR_rt_sigaction, signals[i], (long)&action, 0, 8);
		if (SYS_ERROR(ret))
			give_up("rt_sigaction", ret);
	}
	ret = sys3(__NR_sigaltstack, (long)&stack, 0, 0);
	if (SYS_ERROR(ret))
		give_up("sigaltstack", ret);
}

/**
 * resume - go on in guest code, taking interrupts that are due
 * @regs: on the wedge stack
 * @fp: XSAVE area to restore, or NULL
 */
void resume(struct lol_regs *regs, void *fp)
{
	for (;;) {
		while (vcpu->vif && READ_ONCE(vcpu->pending))
			interrupts_take(regs);
		if (!vcpu->cpl || !bridge->run_user)
			break;
		bridge->run_user(regs);
		fp = NULL;
	}
	leave_cs = vcpu->cpl ? user_cs : LOL_USER_CS;
	leave_ss = vcpu->cpl ? user_ss : LOL_USER_DS;
	leave(regs, fp);
}

/*
 * A kick in the wedge.  In a labelled range it becomes a kick of the guest code
 * that was about to run; elsewhere the wedge tests for interrupts later on.
 */
static noreturn void kick_inside(struct host_ucontext *uc)
{
	struct lol_regs *regs = &uc->regs;

	if (within(regs->rip, leave_begin, leave_end)) {
		/*
		 * Vector registers that were live are in this frame now, so the exit
		 * is done over from here: below it nothing can overwrite it.
		 */
		*regs = *leave_regs;
		resume(regs, leave_fp ? leave_fp : uc->fpstate);
	}
	if (within(regs->rip, sysret_commit, sysret_end)) {
		regs->rip = regs->rcx;
		regs->rflags = regs->r11;
		regs->rsp = sysret_rsp;
	} else if (within(regs->rip, iret_commit, iret_end)) {
		const u64 *frame = (const u64 *)regs->rsp;

		regs->rip = frame[0];
		regs->rflags = frame[2];
		regs->rsp = frame[3];
	} else {
		return_inside(regs, uc->fpstate);
	}
	vcpu->vif = 1;
	vcpu->cpl = 3;
	user_cs = LOL_USER_CS;
	user_ss = LOL_USER_DS;
	resume(regs, uc->fpstate);
}

/* A fault of the wedge's own: its few touches of guest-virtual addresses. */
static noreturn void fault_inside(int signal, struct host_ucontext *uc)
{
	struct lol_regs *regs = &uc->regs;
	u64 error, gpa;

	/* the trap number of a SIGSYS is that of some earlier event */
	if (signal == SIGSYS && vcpu->cpl == 0)
		broken("a host call that the wedge does not make, at", regs->rip);
	if (signal == SIGSEGV && uc->trap == VECTOR_PF && vcpu->cpl == 0 && uc->cr2 >= LOL_KERNEL_START &&
	    tlb_fault(uc->cr2, uc->error & ~PF_USER, &error, &gpa) == FAULT_DONE)
		return_inside(regs, uc->fpstate);
	if (within(regs->rip, guarded_begin, guarded_end)) {
		regs->rip = (u64)guarded_fault;
		return_inside(regs, uc->fpstate);
	}
	if (vcpu->cpl == 3) {
		/* the guest's user jumped here */
		deliver(regs, VECTOR_GP, true, 0);
		resume(regs, uc->fpstate);
	}
	if (uc->trap == VECTOR_PF)
		broken("a kernel stack or buffer is not mapped at", uc->cr2);
	broken("fault in the wedge at", regs->rip);
}

static void page_fault(struct host_ucontext *uc)
{
	struct lol_regs *regs = &uc->regs;
	u64 error = uc->error & (PF_WRITE | PF_FETCH), gpa = 0;
	u8 insn[15];
	u32 length;

	if (vcpu->cpl)
		error |= PF_USER;
	switch (tlb_fault(uc->cr2, error, &error, &gpa)) {
	case FAULT_DONE:
		return;
	case FAULT_DEVICE:
		/* an access that is no recorded site; the page behind it may be absent */
		length = 0x1000 - regs->rip % 0x1000;
		if (length > sizeof(insn) || guest_read(regs->rip, insn, sizeof(insn)))
			length = sizeof(insn);
		if (!guest_read(regs->rip, insn, length))
			break;
		emulate_memory(regs, insn, length);
		return;
	case FAULT_GUEST:
	case FAULT_IMPOSSIBLE:
		break;
	}
	vcpu->cr2 = uc->cr2;
	deliver(regs, VECTOR_PF, true, error);
}

static void system_call(struct host_ucontext *uc, const struct host_siginfo *info)
{
	struct lol_regs *regs = &uc->regs;

	if (vcpu->cpl == 0) {
		deliver(regs, VECTOR_UD, false, 0);
		return;
	}
	if (info->call_address >= LOL_USER_END) {
		/*
		 * The host's vsyscall page, which no guest has mapped.  The host has
		 * returned to the caller already: undo that (tests/probe/seccomp-ip).
		 */
		regs->rsp -= 8;
		regs->rip = info->call_address;
		vcpu->cr2 = regs->rip;
		deliver(regs, VECTOR_PF, true, PF_USER | PF_FETCH);
		return;
	}
	if (info->arch != AUDIT_ARCH_X86_64 || user_cs != LOL_USER_CS) {
		regs->rip -= 2;		/* int 0x80, sysenter: fault at the instruction */
		deliver(regs, VECTOR_GP, true, 0x80 * 8 + 2);
		return;
	}
	regs->rcx = regs->rip;
	regs->r11 = (regs->rflags | FLAG_IF) & ~FLAG_RF;
	regs->rflags = (regs->r11 & ~vcpu->fmask & ~(FLAG_TF | FLAG_NT)) | FLAG_FIXED;
	vcpu->vif = !(vcpu->fmask & FLAG_IF);
	vcpu->cpl = 0;
	regs->rip = vcpu->lstar;
}

static bool has_error_code(u64 trap)
{
	return trap == VECTOR_DF || (trap >= VECTOR_TS && trap <= VECTOR_PF) || trap == VECTOR_AC;
}

static void exception(struct host_ucontext *uc, void **fp)
{
	struct lol_regs *regs = &uc->regs;
	struct lol_site_entry *site;

	if (uc->trap > VECTOR_XM)
		broken("signal with an unknown trap number", uc->trap);
	if (vcpu->cpl == 0 && (uc->trap == VECTOR_UD || uc->trap == VECTOR_GP)) {
		site = site_lookup(regs->rip);
		if (site) {
			emulate(regs, site, fp);
			return;
		}
	}
	deliver(regs, uc->trap, has_error_code(uc->trap), uc->error);
}

/* In guest code: cpl, user_cs and user_ss say which. */
static void handle(int signal, const struct host_siginfo *info, struct host_ucontext *uc, void **fp)
{
	switch (signal) {
	case SIGUSR1:
		break;
	case SIGSYS:
		system_call(uc, info);
		break;
	case SIGBUS:
		if (uc->trap != VECTOR_SS && uc->trap != VECTOR_AC)
			host_failed("guest RAM cannot be had: mmap of the host", -12);
		exception(uc, fp);
		break;
	default:
		if (uc->trap == VECTOR_PF)
			page_fault(uc);
		else
			exception(uc, fp);
	}
}

/* Called by signal_entry with the host's arguments. */
noreturn void signal_handler(int signal, struct host_siginfo *info, struct host_ucontext *uc)
{
	struct lol_regs *regs = &uc->regs;
	void *fp = uc->fpstate;

	if (signal == SIGUSR1) {
		WRITE_ONCE(vcpu->kicked, 0);
		smp_mb();	/* who has seen it set has set pending before, which is tested now */
	}
	if (regs->rip == (u64)leave_last)	/* the guest's code had begun, but for rip */
		regs->rip = leave_rip;
	if (in_wedge(regs->rip)) {
		if (signal == SIGUSR1)
			kick_inside(uc);
		if (signal == SIGBUS)
			host_failed("guest RAM cannot be had: mmap of the host", -12);
		fault_inside(signal, uc);
	}
	current_regs = regs;
	if (vcpu->cpl) {
		user_cs = uc->cs;
		user_ss = uc->ss;
	}
	handle(signal, info, uc, &fp);
	resume(regs, fp);
}

/**
 * user_event - a signal in guest user code that ran in another process
 * @signal: its number
 * @info: of SIGSYS
 * @uc: general registers and what the host says of the fault; changed to how the
 *	guest goes on
 */
void user_event(int signal, const struct host_siginfo *info, struct host_ucontext *uc)
{
	void *fp = NULL;

	handle(signal, info, uc, &fp);
}

_Static_assert(__builtin_offsetof(struct lol_regs, rdi) == REGS_RDI &&
	       __builtin_offsetof(struct lol_regs, rcx) == REGS_RCX &&
	       __builtin_offsetof(struct lol_regs, rflags) == REGS_RFLAGS, "regs.h");
