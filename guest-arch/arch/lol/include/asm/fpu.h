/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: the user's floating point state and segment bases. */
#ifndef _ASM_LOL_FPU_H
#define _ASM_LOL_FPU_H

#ifndef __ASSEMBLY__

#include <linux/types.h>

struct task_struct;

#define LOL_XSAVE_ALIGN		64

#define XFEATURE_FP		0x1ULL
#define XFEATURE_SSE		0x2ULL
#define XFEATURE_FPSSE		(XFEATURE_FP | XFEATURE_SSE)

#define MXCSR_DEFAULT		0x1f80
#define FCW_DEFAULT		0x037f

/* FXSAVE image, 64-bit format: Intel SDM volume 1, table 10-2. */
struct lol_fxsave {
	u16 cwd;
	u16 swd;
	u16 twd;
	u16 fop;
	u64 rip;
	u64 rdp;
	u32 mxcsr;
	u32 mxcsr_mask;
	u32 st_space[32];
	u32 xmm_space[64];
	u32 reserved[12];
	u32 software[12];	/* not touched by the CPU */
};

/* Standard (not compacted) XSAVE area: SDM volume 1, 13.4. */
struct lol_xsave {
	struct lol_fxsave fx;
	u64 xfeatures;
	u64 xcomp_bv;		/* 0: standard format */
	u64 reserved[6];
	u8 extended[];
} __aligned(LOL_XSAVE_ALIGN);

/* Per task; the state itself lies behind task_struct. */
struct fpu {
	int last_cpu;		/* whose registers may still hold the state, or -1 */
};

extern u64 lol_xsave_mask;
extern unsigned int lol_xsave_size;

/**
 * lol_user_state() - a task's FP state in memory
 * @task: not a kernel thread
 *
 * Return: meaningful while TIF_NEED_FPU_LOAD is set or after lol_user_state_sync().
 */
struct lol_xsave *lol_user_state(struct task_struct *task);

/**
 * lol_user_state_leave() - move the running task's user state to memory
 *
 * The registers keep their contents; if nobody else loads them before the task
 * returns to user mode it need not load them either.
 * Context: any, before a task switch.
 */
void lol_user_state_leave(void);

/**
 * lol_user_state_save() - the same, before a write of CR3
 *
 * FP registers and FS base belong to the host process, which a root load
 * changes, so whatever they hold is worthless afterwards.
 * Context: before every write of CR3 that loads another root; any task.
 */
void lol_user_state_save(void);

/**
 * lol_user_state_sync() - bring the memory copy of the running task up to date
 *
 * Context: process context, user task.
 */
void lol_user_state_sync(void);

/**
 * lol_user_state_load() - put the running task's user state into the CPU
 *
 * Context: interrupts off, on the way to user mode.
 */
void lol_user_state_load(void);

/* The memory copy is what counts from now on; for the task itself and tracers. */
void lol_user_state_modified(struct task_struct *task);

void lol_fpu_init(void);
void lol_fpu_reset(void);
void lol_fpu_clone(struct task_struct *task);
int lol_fpu_exception_code(bool simd);

unsigned long lol_fpu_sigframe_size(void);
bool lol_fpu_to_sigframe(void __user *buf);
bool lol_fpu_from_sigframe(void __user *buf);

struct membuf;
struct user_regset;
int lol_fpregs_get(struct task_struct *target, const struct user_regset *regset,
		   struct membuf to);
int lol_fpregs_set(struct task_struct *target, const struct user_regset *regset,
		   unsigned int pos, unsigned int count,
		   const void *kbuf, const void __user *ubuf);
int lol_xstate_get(struct task_struct *target, const struct user_regset *regset,
		   struct membuf to);
int lol_xstate_set(struct task_struct *target, const struct user_regset *regset,
		   unsigned int pos, unsigned int count,
		   const void *kbuf, const void __user *ubuf);

#endif /* !__ASSEMBLY__ */
#endif
