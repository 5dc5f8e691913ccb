/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: x86-64's register sets as tracers and core files see them. */
#ifndef _ASM_LOL_USER_H
#define _ASM_LOL_USER_H

#include <asm/page.h>
#include <asm/types.h>

struct user_i387_struct {
	unsigned short	cwd;
	unsigned short	swd;
	unsigned short	twd;
	unsigned short	fop;
	__u64		rip;
	__u64		rdp;
	__u32		mxcsr;
	__u32		mxcsr_mask;
	__u32		st_space[32];
	__u32		xmm_space[64];
	__u32		padding[24];
};

struct user_regs_struct {
	unsigned long	r15;
	unsigned long	r14;
	unsigned long	r13;
	unsigned long	r12;
	unsigned long	bp;
	unsigned long	bx;
	unsigned long	r11;
	unsigned long	r10;
	unsigned long	r9;
	unsigned long	r8;
	unsigned long	ax;
	unsigned long	cx;
	unsigned long	dx;
	unsigned long	si;
	unsigned long	di;
	unsigned long	orig_ax;
	unsigned long	ip;
	unsigned long	cs;
	unsigned long	flags;
	unsigned long	sp;
	unsigned long	ss;
	unsigned long	fs_base;
	unsigned long	gs_base;
	unsigned long	ds;
	unsigned long	es;
	unsigned long	fs;
	unsigned long	gs;
};

/* The address space of PTRACE_PEEKUSER. */
struct user {
	struct user_regs_struct regs;
	int u_fpvalid;
	int pad0;
	struct user_i387_struct i387;
	unsigned long u_tsize;
	unsigned long u_dsize;
	unsigned long u_ssize;
	unsigned long start_code;
	unsigned long start_stack;
	long signal;
	int reserved;
	int pad1;
	unsigned long u_ar0;
	struct user_i387_struct *u_fpstate;
	unsigned long magic;
	char u_comm[32];
	unsigned long u_debugreg[8];
	unsigned long error_code;
	unsigned long fault_address;
};

#endif
