// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signal frames, x86-64's exactly: debuggers, unwinders and C libraries know
 * their layout.  From the interrupted stack pointer down, or from the top of the
 * alternate stack:
 *
 *	red zone of the interrupted function (128 bytes)
 *	FP state, aligned to 64
 *	struct rt_sigframe: restorer's address, ucontext, siginfo
 *
 * so that the stack is as a function finds it that was called by the restorer.
 * The frame is put together here and copied out at once: every copy to user
 * memory walks the page tables.
 */
#include <linux/entry-common.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/ratelimit.h>
#include <linux/resume_user_mode.h>
#include <linux/rseq.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <asm/fpu.h>
#include <asm/processor.h>
#include <asm/sigframe.h>
#include <asm/syscall.h>
#include <asm/syscalls.h>
#include <asm/traps.h>
#include <asm/ucontext.h>

#define FRAME_ALIGN	16UL
#define RED_ZONE	128

/* The flags that a signal frame may set. */
#define USER_FLAGS							\
	(X86_EFLAGS_AC | X86_EFLAGS_OF | X86_EFLAGS_DF | X86_EFLAGS_TF |	\
	 X86_EFLAGS_SF | X86_EFLAGS_ZF | X86_EFLAGS_AF | X86_EFLAGS_PF |	\
	 X86_EFLAGS_CF | X86_EFLAGS_RF)

static_assert(sizeof(struct sigcontext) == 256);
static_assert(offsetof(struct ucontext, uc_mcontext) == 40);
static_assert(offsetof(struct rt_sigframe, info) == 312);
static_assert(sizeof(siginfo_t) == 128);

/* Most that a frame can take, as AT_MINSIGSTKSZ tells programs. */
unsigned long get_sigframe_size(void)
{
	return round_up(sizeof(struct rt_sigframe) + FRAME_ALIGN - 1 +
			lol_fpu_sigframe_size() + LOL_XSAVE_ALIGN - 1, FRAME_ALIGN);
}

/*
 * Where the frame goes, and the FP state above it.  Returns NULL if that would
 * overflow the alternate stack.
 */
static struct rt_sigframe __user *place_frame(struct ksignal *ksig, struct pt_regs *regs,
					      void __user **fpstate)
{
	bool on_altstack = on_sig_stack(regs->sp);
	unsigned long sp = regs->sp - RED_ZONE;

	if ((ksig->ka.sa.sa_flags & SA_ONSTACK) && sas_ss_flags(sp) == 0) {
		sp = current->sas_ss_sp + current->sas_ss_size;
		on_altstack = true;
	}
	sp = round_down(sp - lol_fpu_sigframe_size(), LOL_XSAVE_ALIGN);
	*fpstate = (void __user *)sp;

	/* As behind a call: the restorer's address makes the difference of 8. */
	sp = round_down(sp - sizeof(struct rt_sigframe), FRAME_ALIGN) - 8;

	if (unlikely(on_altstack && !__on_sig_stack(sp))) {
		if (show_unhandled_signals && printk_ratelimit())
			pr_info("%s[%d] overflowed sigaltstack\n", current->comm,
				task_pid_nr(current));
		return NULL;
	}
	return (struct rt_sigframe __user *)sp;
}

static void fill_sigcontext(struct sigcontext *sc, struct pt_regs *regs,
			    void __user *fpstate, const sigset_t *set)
{
	sc->r8 = regs->r8;
	sc->r9 = regs->r9;
	sc->r10 = regs->r10;
	sc->r11 = regs->r11;
	sc->r12 = regs->r12;
	sc->r13 = regs->r13;
	sc->r14 = regs->r14;
	sc->r15 = regs->r15;
	sc->di = regs->di;
	sc->si = regs->si;
	sc->bp = regs->bp;
	sc->bx = regs->bx;
	sc->dx = regs->dx;
	sc->ax = regs->ax;
	sc->cx = regs->cx;
	sc->sp = regs->sp;
	sc->ip = regs->ip;
	sc->flags = regs->flags;
	sc->cs = regs->cs;
	sc->ss = regs->ss;
	sc->err = current->thread.error_code;
	sc->trapno = current->thread.trap_nr;
	sc->oldmask = set->sig[0];
	sc->cr2 = current->thread.cr2;
	sc->fpstate = (unsigned long)fpstate;
}

static int setup_rt_frame(struct ksignal *ksig, struct pt_regs *regs)
{
	struct rt_sigframe __user *frame;
	sigset_t *set = sigmask_to_save();
	struct rt_sigframe new = {};
	void __user *fpstate;

	/* x86-64 programs bring their own way back. */
	if (!(ksig->ka.sa.sa_flags & SA_RESTORER))
		return -EFAULT;

	frame = place_frame(ksig, regs, &fpstate);
	if (!frame || !access_ok(frame, sizeof(*frame)) || !lol_fpu_to_sigframe(fpstate))
		return -EFAULT;

	new.pretcode = (char __user *)ksig->ka.sa.sa_restorer;
	new.uc.uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS;
	if (user_64bit_mode(regs))
		new.uc.uc_flags |= UC_STRICT_RESTORE_SS;
	new.uc.uc_stack.ss_sp = (void __user *)current->sas_ss_sp;
	new.uc.uc_stack.ss_flags = current->sas_ss_flags;
	new.uc.uc_stack.ss_size = current->sas_ss_size;
	fill_sigcontext(&new.uc.uc_mcontext, regs, fpstate, set);
	new.uc.uc_sigmask = *set;
	if (ksig->ka.sa.sa_flags & SA_SIGINFO)
		copy_siginfo_to_external(&new.info, &ksig->info);

	if (copy_to_user(frame, &new, sizeof(new)))
		return -EFAULT;

	regs->di = ksig->sig;
	regs->si = (unsigned long)&frame->info;
	regs->dx = (unsigned long)&frame->uc;
	regs->ax = 0;		/* no vector registers, should the handler be variadic */
	regs->ip = (unsigned long)ksig->ka.sa.sa_handler;
	regs->sp = (unsigned long)frame;
	regs->cs = __USER_CS;
	regs->ss = __USER_DS;
	return 0;
}

static void handle_signal(struct ksignal *ksig, struct pt_regs *regs)
{
	bool stepping, failed;

	if (syscall_get_nr(current, regs) != -1) {
		switch (syscall_get_error(current, regs)) {
		case -ERESTART_RESTARTBLOCK:
		case -ERESTARTNOHAND:
			regs->ax = -EINTR;
			break;
		case -ERESTARTSYS:
			if (!(ksig->ka.sa.sa_flags & SA_RESTART)) {
				regs->ax = -EINTR;
				break;
			}
			fallthrough;
		case -ERESTARTNOINTR:
			regs->ax = regs->orig_ax;
			regs->ip -= 2;		/* the length of syscall */
			break;
		}
	}

	rseq_signal_deliver(ksig, regs);

	/* The frame shall show the program's own TF, and the tracer hear of the handler. */
	stepping = test_thread_flag(TIF_SINGLESTEP);
	if (stepping)
		user_disable_single_step(current);

	failed = setup_rt_frame(ksig, regs) < 0;
	if (!failed) {
		regs->flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF);
		lol_fpu_reset();
	}
	signal_setup_done(failed, ksig, stepping);
}

void arch_do_signal_or_restart(struct pt_regs *regs)
{
	struct ksignal ksig;

	if (get_signal(&ksig)) {
		handle_signal(&ksig, regs);
		return;
	}

	if (syscall_get_nr(current, regs) != -1) {
		switch (syscall_get_error(current, regs)) {
		case -ERESTARTNOHAND:
		case -ERESTARTSYS:
		case -ERESTARTNOINTR:
			regs->ax = regs->orig_ax;
			regs->ip -= 2;
			break;
		case -ERESTART_RESTARTBLOCK:
			regs->ax = __NR_restart_syscall;
			regs->ip -= 2;
			break;
		}
	}
	restore_saved_sigmask();
}

static bool restore_sigcontext(struct pt_regs *regs, const struct sigcontext *sc,
			       unsigned long uc_flags)
{
	/* An interrupted call that was to be restarted never will be. */
	current->restart_block.fn = do_no_restart_syscall;

	regs->r8 = sc->r8;
	regs->r9 = sc->r9;
	regs->r10 = sc->r10;
	regs->r11 = sc->r11;
	regs->r12 = sc->r12;
	regs->r13 = sc->r13;
	regs->r14 = sc->r14;
	regs->r15 = sc->r15;
	regs->di = sc->di;
	regs->si = sc->si;
	regs->bp = sc->bp;
	regs->bx = sc->bx;
	regs->dx = sc->dx;
	regs->ax = sc->ax;
	regs->cx = sc->cx;
	regs->sp = sc->sp;
	regs->ip = sc->ip;
	regs->cs = sc->cs | USER_RPL;
	regs->ss = sc->ss | USER_RPL;
	regs->flags = (regs->flags & ~USER_FLAGS) | (sc->flags & USER_FLAGS);
	regs->orig_ax = -1;

	/* Old checkpoints have rubbish there. */
	if (!(uc_flags & UC_STRICT_RESTORE_SS) && user_64bit_mode(regs))
		regs->ss = __USER_DS;

	return lol_fpu_from_sigframe((void __user *)sc->fpstate);
}

SYSCALL_DEFINE0(rt_sigreturn)
{
	struct pt_regs *regs = current_pt_regs();
	struct rt_sigframe __user *frame;
	struct ucontext uc;

	frame = (struct rt_sigframe __user *)(regs->sp - sizeof(long));
	if (!access_ok(frame, sizeof(*frame)))
		goto badframe;
	if (copy_from_user(&uc, &frame->uc, sizeof(uc)))
		goto badframe;

	set_current_blocked(&uc.uc_sigmask);
	if (restore_altstack(&frame->uc.uc_stack))
		goto badframe;
	if (!restore_sigcontext(regs, &uc.uc_mcontext, uc.uc_flags))
		goto badframe;

	return regs->ax;

badframe:
	if (show_unhandled_signals && printk_ratelimit())
		pr_info("%s[%d] bad frame in rt_sigreturn frame:%p ip:%lx sp:%lx\n",
			current->comm, task_pid_nr(current), frame, regs->ip, regs->sp);
	force_sig(SIGSEGV);
	return 0;
}
