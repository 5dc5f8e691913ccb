// SPDX-License-Identifier: GPL-2.0-only
/*
 * The user's floating point state and segment bases.
 *
 * The kernel uses none of them itself, so they stay in the CPU through a system
 * call.  They leave it when another task comes, or another root: FP registers
 * and FS base belong to the host process that the root is bound to.
 *
 *	TIF_NEED_FPU_LOAD clear	state is in the CPU, memory is stale
 *	TIF_NEED_FPU_LOAD set	state is in memory; loaded on the way to user mode
 *
 * Kernel threads have the flag set for life.  After moving its state to memory a
 * task remains the owner of what the CPU still holds: if it returns to user mode
 * on the same CPU with nobody else having loaded anything, and without a root
 * load in between, there is nothing to load (cpu_owner, fpu.last_cpu; both must
 * agree).  So a task that sleeps and wakes on an idle CPU saves but never loads.
 *
 * The GS base of user mode is the MSR that swapgs exchanges and belongs to the
 * CPU.  Between a save and the next load only we write it, and know its value.
 *
 * In memory the state is a standard-format XSAVE area behind task_struct, with
 * room for the word that ends it in signal frames.  Invariants: xcomp_bv and the
 * reserved words are 0, mxcsr has no bit that the CPU refuses, xfeatures is
 * within the mask: XRSTOR cannot fault.  A component that is absent from
 * xfeatures holds its initial values anyhow, as plain XSAVE writes them.
 */
#include <linux/elf.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/regset.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/boot.h>
#include <asm/fpu.h>
#include <asm/hwcap2.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/sigcontext.h>
#include <asm/user.h>

static_assert(sizeof(struct lol_fxsave) == 512);
static_assert(sizeof(struct lol_xsave) == 576);
static_assert(sizeof(struct user_i387_struct) == sizeof(struct lol_fxsave));
static_assert(sizeof(struct _fpx_sw_bytes) == sizeof_field(struct lol_fxsave, software));

#define XSAVE_MAX		8192
#define XSAVE_COMPONENTS	20	/* beyond these nothing is defined that we pass on */

u64 lol_xsave_mask __ro_after_init = XFEATURE_FPSSE;
unsigned int lol_xsave_size __ro_after_init = sizeof(struct lol_xsave);
u32 elf_hwcap __ro_after_init, elf_hwcap2 __ro_after_init;

static u32 mxcsr_mask __ro_after_init = 0xffbf;

static struct {
	u32 offset, size;
} component[XSAVE_COMPONENTS] __ro_after_init;

static DEFINE_PER_CPU(struct task_struct *, cpu_owner);
static DEFINE_PER_CPU(unsigned long, user_gs_base);

struct lol_xsave *lol_user_state(struct task_struct *task)
{
	return PTR_ALIGN((void *)(task + 1), LOL_XSAVE_ALIGN);
}

static unsigned int state_offset(void)
{
	return ALIGN(sizeof(struct task_struct), LOL_XSAVE_ALIGN);
}

static __always_inline void xsave(struct lol_xsave *state)
{
	asm volatile("xsave64 %0" : "+m" (*state), "+m" (*state->extended)
		     : "a" ((u32)lol_xsave_mask), "d" ((u32)(lol_xsave_mask >> 32))
		     : "memory");
}

static __always_inline void xrstor(const struct lol_xsave *state)
{
	asm volatile("xrstor64 %0" : : "m" (*state),
		     "a" ((u32)lol_xsave_mask), "d" ((u32)(lol_xsave_mask >> 32))
		     : "memory");
}

/* Bases to memory, where they count from now on.  Interrupts off, flag clear. */
static void leave_bases(struct task_struct *task)
{
	task->thread.fsbase = rdfsbase();
	rdmsrl(MSR_KERNEL_GS_BASE, task->thread.gsbase);
	this_cpu_write(user_gs_base, task->thread.gsbase);
	set_thread_flag(TIF_NEED_FPU_LOAD);
}

void lol_user_state_leave(void)
{
	struct task_struct *task = current;
	unsigned long flags;

	if (test_thread_flag(TIF_NEED_FPU_LOAD))
		return;

	local_irq_save(flags);
	xsave(lol_user_state(task));
	leave_bases(task);
	local_irq_restore(flags);
}

void lol_user_state_save(void)
{
	lol_user_state_leave();
	this_cpu_write(cpu_owner, NULL);
}

void lol_user_state_load(void)
{
	struct task_struct *task = current;
	struct thread_struct *thread = &task->thread;
	int cpu = smp_processor_id();

	if (this_cpu_read(cpu_owner) != task || thread->fpu.last_cpu != cpu) {
		xrstor(lol_user_state(task));
		wrfsbase(thread->fsbase);
		if (this_cpu_read(user_gs_base) != thread->gsbase) {
			wrmsrl(MSR_KERNEL_GS_BASE, thread->gsbase);
			this_cpu_write(user_gs_base, thread->gsbase);
		}
		this_cpu_write(cpu_owner, task);
		thread->fpu.last_cpu = cpu;
	}
	clear_thread_flag(TIF_NEED_FPU_LOAD);
}

void lol_user_state_sync(void)
{
	unsigned long flags;

	local_irq_save(flags);
	if (!test_thread_flag(TIF_NEED_FPU_LOAD)) {
		xsave(lol_user_state(current));
		current->thread.fsbase = rdfsbase();
		rdmsrl(MSR_KERNEL_GS_BASE, current->thread.gsbase);
	}
	local_irq_restore(flags);
}

void lol_user_state_modified(struct task_struct *task)
{
	if (task == current)
		lol_user_state_leave();
	task->thread.fpu.last_cpu = -1;
}

static void init_state(struct lol_xsave *state)
{
	memset(state, 0, lol_xsave_size);
	state->fx.cwd = FCW_DEFAULT;
	state->fx.mxcsr = MXCSR_DEFAULT;
	state->fx.mxcsr_mask = mxcsr_mask;
}

/**
 * lol_fpu_reset() - forget the running task's FP state, start with the initial one
 *
 * Segment bases are kept.
 */
void lol_fpu_reset(void)
{
	unsigned long flags;

	local_irq_save(flags);
	if (!test_thread_flag(TIF_NEED_FPU_LOAD))
		leave_bases(current);
	local_irq_restore(flags);
	current->thread.fpu.last_cpu = -1;
	init_state(lol_user_state(current));
}

/**
 * lol_fpu_clone() - give a new task its parent's FP state and bases
 * @task: being made by current
 */
void lol_fpu_clone(struct task_struct *task)
{
	if ((task->flags & PF_KTHREAD) || (current->flags & (PF_KTHREAD | PF_USER_WORKER))) {
		task->thread.fsbase = 0;
		task->thread.gsbase = 0;
		set_tsk_thread_flag(task, TIF_NEED_FPU_LOAD);
		task->thread.fpu.last_cpu = -1;
		if (!(task->flags & PF_KTHREAD))
			init_state(lol_user_state(task));
		return;
	}
	lol_user_state_sync();
	memcpy(lol_user_state(task), lol_user_state(current), lol_xsave_size);
	task->thread.fsbase = current->thread.fsbase;
	task->thread.gsbase = current->thread.gsbase;
	set_tsk_thread_flag(task, TIF_NEED_FPU_LOAD);
	task->thread.fpu.last_cpu = -1;
}

/**
 * lol_fpu_exception_code() - why the running task got #MF or #XM
 * @simd: it was #XM
 *
 * Return: FPE_*, or 0 if no unmasked exception is pending.
 */
int lol_fpu_exception_code(bool simd)
{
	const struct lol_fxsave *fx = &lol_user_state(current)->fx;
	unsigned int err;

	lol_user_state_sync();
	if (simd)
		err = ~(fx->mxcsr >> 7) & fx->mxcsr;
	else
		err = fx->swd & ~fx->cwd;

	if (err & 0x01)
		return FPE_FLTINV;
	if (err & 0x04)
		return FPE_FLTDIV;
	if (err & 0x08)
		return FPE_FLTOVF;
	if (err & 0x12)		/* denormal operand, underflow */
		return FPE_FLTUND;
	if (err & 0x20)
		return FPE_FLTRES;
	return 0;
}

/* Absent components hold initial values: see the invariants. */
static void normalise(struct lol_xsave *state)
{
	u64 absent = lol_xsave_mask & ~state->xfeatures;
	unsigned int i;

	if (absent & XFEATURE_FP) {
		memset(&state->fx, 0, offsetof(struct lol_fxsave, mxcsr));
		memset(state->fx.st_space, 0, sizeof(state->fx.st_space));
		state->fx.cwd = FCW_DEFAULT;
	}
	if (absent & XFEATURE_SSE)
		memset(state->fx.xmm_space, 0, sizeof(state->fx.xmm_space));
	for (i = 2; i < XSAVE_COMPONENTS; i++)
		if (absent & BIT_ULL(i))
			memset((void *)state + component[i].offset, 0, component[i].size);
	memset(state->reserved, 0, sizeof(state->reserved));
	state->fx.mxcsr_mask = mxcsr_mask;
}

unsigned long lol_fpu_sigframe_size(void)
{
	return lol_xsave_size + FP_XSTATE_MAGIC2_SIZE;
}

/**
 * lol_fpu_to_sigframe() - write the running task's FP state to its stack
 * @buf: lol_fpu_sigframe_size() bytes, aligned to LOL_XSAVE_ALIGN
 *
 * FP and SSE are always marked present, for old programs that modify them in the
 * frame and do not know the mark.
 */
bool lol_fpu_to_sigframe(void __user *buf)
{
	struct lol_xsave *state = lol_user_state(current);
	struct _fpx_sw_bytes sw = {
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = lol_fpu_sigframe_size(),
		.xfeatures = lol_xsave_mask,
		.xstate_size = lol_xsave_size,
	};

	/* To memory for good: a switch in the middle must not undo the marks. */
	lol_user_state_leave();
	memcpy(state->fx.software, &sw, sizeof(sw));
	state->xfeatures |= XFEATURE_FPSSE;
	*(u32 *)((void *)state + lol_xsave_size) = FP_XSTATE_MAGIC2;

	return !copy_to_user(buf, state, lol_fpu_sigframe_size());
}

/* How much of the frame is an XSAVE area of ours; 0: legacy state only. */
static unsigned int sigframe_xstate_size(const struct _fpx_sw_bytes *sw, void __user *buf)
{
	u32 magic2;

	if (sw->magic1 != FP_XSTATE_MAGIC1 || sw->xstate_size < sizeof(struct lol_xsave) ||
	    sw->xstate_size > lol_xsave_size || sw->xstate_size > sw->extended_size)
		return 0;
	if (get_user(magic2, (u32 __user *)(buf + sw->xstate_size)) ||
	    magic2 != FP_XSTATE_MAGIC2)
		return 0;
	return sw->xstate_size;
}

static bool read_sigframe(struct lol_xsave *state, void __user *buf)
{
	const size_t legacy = sizeof(struct lol_fxsave);
	struct _fpx_sw_bytes sw;
	unsigned int size;

	if (copy_from_user(&state->fx, buf, legacy))
		return false;
	if (state->fx.mxcsr & ~mxcsr_mask)
		return false;
	memcpy(&sw, state->fx.software, sizeof(sw));

	size = sigframe_xstate_size(&sw, buf);
	if (!size) {
		state->xfeatures = XFEATURE_FPSSE;
		return true;
	}
	if (copy_from_user(&state->xfeatures, buf + legacy, size - legacy))
		return false;
	/* What XRSTOR would refuse natively. */
	if (state->xcomp_bv || state->reserved[0] || (state->xfeatures & ~lol_xsave_mask))
		return false;
	state->xfeatures &= sw.xfeatures;
	return true;
}

/**
 * lol_fpu_from_sigframe() - take the running task's FP state from a signal frame
 * @buf: where the frame says it is; NULL: initial state
 *
 * Return: false if it cannot be read or is not valid; the state is initial then.
 */
bool lol_fpu_from_sigframe(void __user *buf)
{
	struct lol_xsave *state = lol_user_state(current);

	lol_fpu_reset();
	if (!buf)
		return true;
	if (!read_sigframe(state, buf)) {
		lol_fpu_reset();
		return false;
	}
	state->xcomp_bv = 0;
	normalise(state);
	return true;
}

int lol_fpregs_get(struct task_struct *target, const struct user_regset *regset,
		   struct membuf to)
{
	if (target == current)
		lol_user_state_sync();
	membuf_write(&to, lol_user_state(target), offsetof(struct lol_fxsave, reserved));
	membuf_zero(&to, sizeof(struct lol_fxsave) - offsetof(struct lol_fxsave, reserved));
	return 0;
}

int lol_fpregs_set(struct task_struct *target, const struct user_regset *regset,
		   unsigned int pos, unsigned int count,
		   const void *kbuf, const void __user *ubuf)
{
	struct lol_xsave *state = lol_user_state(target);
	struct lol_fxsave fx = state->fx;
	int ret;

	if (pos != 0 || count != sizeof(fx))
		return -EINVAL;
	ret = user_regset_copyin(&pos, &count, &kbuf, &ubuf, &fx, 0, -1);
	if (ret)
		return ret;
	if (fx.mxcsr & ~mxcsr_mask)
		return -EINVAL;

	lol_user_state_modified(target);
	state->fx = fx;
	state->xfeatures |= XFEATURE_FPSSE;
	normalise(state);
	return 0;
}

int lol_xstate_get(struct task_struct *target, const struct user_regset *regset,
		   struct membuf to)
{
	struct lol_xsave *state = lol_user_state(target);
	size_t head = offsetof(struct lol_fxsave, software);

	if (target == current)
		lol_user_state_sync();
	/* Tracers find what may be present at all in the software words. */
	membuf_write(&to, state, head);
	membuf_store(&to, lol_xsave_mask);
	membuf_zero(&to, sizeof(struct lol_fxsave) - head - sizeof(lol_xsave_mask));
	membuf_write(&to, &state->xfeatures, lol_xsave_size - sizeof(struct lol_fxsave));
	return 0;
}

int lol_xstate_set(struct task_struct *target, const struct user_regset *regset,
		   unsigned int pos, unsigned int count,
		   const void *kbuf, const void __user *ubuf)
{
	struct lol_xsave *state = lol_user_state(target), *new;
	int ret;

	if (pos != 0 || count != lol_xsave_size)
		return -EFAULT;
	new = kvmalloc(lol_xsave_size, GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	ret = user_regset_copyin(&pos, &count, &kbuf, &ubuf, new, 0, -1);
	if (ret)
		goto out;

	ret = -EINVAL;
	if (new->xcomp_bv || (new->xfeatures & ~lol_xsave_mask) ||
	    memchr_inv(new->reserved, 0, sizeof(new->reserved)) ||
	    (new->fx.mxcsr & ~mxcsr_mask))
		goto out;

	lol_user_state_modified(target);
	memcpy(state, new, lol_xsave_size);
	normalise(state);
	ret = 0;
out:
	kvfree(new);
	return ret;
}

/**
 * lol_fpu_init() - learn what there is to save, before the first user task
 *
 * Context: boot CPU, boot page copied, task_struct's cache not made yet.
 */
void __init lol_fpu_init(void)
{
	static u8 probe[XSAVE_MAX] __initdata __aligned(LOL_XSAVE_ALIGN);
	struct lol_xsave *state = (struct lol_xsave *)probe;
	u32 regs[4];
	unsigned int i;

	lol_xsave_mask = lol_boot->xsave_mask;
	lol_xsave_size = lol_boot->xsave_size;
	if ((lol_xsave_mask & XFEATURE_FPSSE) != XFEATURE_FPSSE ||
	    lol_xsave_size < sizeof(*state) || lol_xsave_size > XSAVE_MAX ||
	    lol_xsave_mask >> XSAVE_COMPONENTS)
		panic("FP state of %u bytes, components %#llx: not what we can handle",
		      lol_xsave_size, lol_xsave_mask);

	for (i = 2; i < XSAVE_COMPONENTS; i++) {
		if (!(lol_xsave_mask & BIT_ULL(i)))
			continue;
		native_cpuid(0xd, i, &regs[0], &regs[1], &regs[2], &regs[3]);
		if (regs[1] < sizeof(*state) || regs[1] > lol_xsave_size ||
		    regs[0] > lol_xsave_size - regs[1])
			panic("FP state component %u of %u bytes at %u", i, regs[0], regs[1]);
		component[i].size = regs[0];
		component[i].offset = regs[1];
	}

	xsave(state);
	if (state->fx.mxcsr_mask)
		mxcsr_mask = state->fx.mxcsr_mask;

	native_cpuid(1, 0, &regs[0], &regs[1], &regs[2], &regs[3]);
	elf_hwcap = regs[3];
	native_cpuid(7, 0, &regs[0], &regs[1], &regs[2], &regs[3]);
	if (regs[1] & 1)
		elf_hwcap2 |= HWCAP2_FSGSBASE;

	arch_task_struct_size = ALIGN(state_offset() + lol_xsave_size + FP_XSTATE_MAGIC2_SIZE,
				      LOL_XSAVE_ALIGN);
}
