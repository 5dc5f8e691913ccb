/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_VCPU_H
#define LOL_VCPU_H

#include <linux/types.h>

/*
 * The vCPU page: all state of one virtual CPU that is not in guest RAM, and the
 * fields which rewritten sites touch inline.  In every space of the vCPU it is
 * mapped at LOL_VCPU_PAGE and LOL_WEDGE_VCPU.  No host pointers, no padding
 * holes; a change is a new LOL_ABI_VERSION.
 *
 * Who writes: "guest" is a rewritten site or the wedge acting for it, "monitor"
 * the monitor.  Everybody may read; the monitor trusts nothing here.
 */

/* General registers at rest, in the order of the host's ucontext. */
struct lol_regs {
	__u64 r8, r9, r10, r11, r12, r13, r14, r15;
	__u64 rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp;
	__u64 rip, rflags;	/* rflags.IF is the virtual one only in frames; see vif */
};

/* Slots: where replacements jump to.  Their order is part of the contract. */
enum lol_slot {
	LOL_SLOT_EMULATE,	/* jmp: act on site `site`, go on behind it */
	LOL_SLOT_IRET,		/* jmp: iretq, frame at rsp */
	LOL_SLOT_SYSRET,	/* jmp: sysretq */
	LOL_SLOT_INTERRUPT,	/* call: take the pending interrupt */
	LOL_SLOTS = 16
};

/* A request to the monitor; the vCPU waits for the answer. */
enum lol_exit_reason {
	LOL_EXIT_NONE,
	LOL_EXIT_MMIO_READ,	/* arg 0: guest-physical, 1: size; result: value */
	LOL_EXIT_MMIO_WRITE,	/* arg 0: guest-physical, 1: size, 2: value */
	LOL_EXIT_DEBUG,		/* text[0..arg 0): output of port 0xe9 */
	LOL_EXIT_SITES,		/* arg 0..4: as LOL_SERVICE_SITES */
	LOL_EXIT_START_VCPU,	/* arg 0..2: as LOL_SERVICE_START_VCPU */
	LOL_EXIT_SHUTDOWN,	/* arg 0: kind, 1: code; text: message, NUL terminated */
	LOL_EXIT_SPACE,		/* a space is wanted and none is ready */
	LOL_EXIT_BROKEN,	/* the guest broke the contract; text: how */
	LOL_EXIT_HOST,		/* a host call failed; arg 0: errno; text: which */
	LOL_EXIT_KILL,		/* arg 0: slot of a space that does not answer, 1: certainly; result: 1 killed, 0 wait on */
	LOL_EXIT_GIVE_BACK,	/* arg 0: count of struct lol_range in text; result: as LOL_SERVICE_GIVE_BACK */
};

enum lol_exit_state {
	LOL_EXIT_IDLE,		/* nobody waits */
	LOL_EXIT_REQUESTED,	/* written by the vCPU when reason and args are complete */
	LOL_EXIT_DONE,		/* written by the monitor when result is */
};

#define LOL_EXIT_TEXT	512

struct lol_exit {
	__u32 state;		/* enum lol_exit_state; a futex word */
	__u32 reason;		/* enum lol_exit_reason; guest */
	__u64 arg[5];		/* guest */
	__u64 result;		/* monitor */
	char text[LOL_EXIT_TEXT];	/* guest */
};

struct lol_vcpu {
	/* touched inline by replacements: offsets are fixed */
	__u8 vif;		/* 0x00 virtual interrupt flag, 0 or 1; guest */
	__u8 cpl;		/* 0x01 0 or 3; guest */
	__u8 reserved0[2];
	__u32 pending;		/* 0x04 not 0: irr may have a bit set; set by all, cleared by guest; a futex word */
	__u32 site;		/* 0x08 index of the site that jumps to a slot; guest */
	__u32 machine_check;	/* 0x0c registers of the running user task are lost: vector 18 is due; monitor */
	__u64 kernel_gs;	/* 0x10 MSR_KERNEL_GS_BASE: what swapgs exchanges; guest */
	__u64 scratch;		/* 0x18 of the swapgs replacement; guest */
	__u64 slot[LOL_SLOTS];	/* 0x20 addresses in the wedge; written once at start */

	/* events */
	__u64 irr[4];		/* vectors pending, one bit each; set by all, cleared by guest */
	__u32 kicked;		/* a kick is on its way; set by sender, cleared by guest */
	__u32 holder;		/* space slot that holds the baton */
	__u64 tsc_deadline;	/* MSR_IA32_TSC_DEADLINE, 0: disarmed; guest */

	/* control registers and tables; guest */
	__u64 cr0, cr2, cr3, cr4, cr8;
	__u64 efer, star, lstar, cstar, fmask;
	__u64 sysenter_cs, sysenter_esp, sysenter_eip;
	__u64 pat, apic_base, tsc_aux;
	__u64 gdt_base, idt_base;
	__u32 gdt_limit, idt_limit;
	__u64 tss_base;
	__u32 tr, ldtr;

	/*
	 * The context in flight while the baton is handed over, and the state of a
	 * vCPU at rest.  Valid when regs_valid is not 0.
	 */
	__u32 regs_valid;
	__u32 number;		/* of this vCPU; monitor, once */
	struct lol_regs regs;
	__u64 fs_base, gs_base;

	__u32 debug_length;	/* characters of port 0xe9 collected in exit.text; guest */
	__u32 reserved2;

	struct lol_exit exit;
};

#endif
