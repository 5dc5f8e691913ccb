/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_REGS_H
#define LOL_REGS_H

/* Offsets of struct lol_regs, for assembly; signal.c asserts that they are right. */
#define REGS_R8		0
#define REGS_R9		8
#define REGS_R10	16
#define REGS_R11	24
#define REGS_R12	32
#define REGS_R13	40
#define REGS_R14	48
#define REGS_R15	56
#define REGS_RDI	64
#define REGS_RSI	72
#define REGS_RBP	80
#define REGS_RBX	88
#define REGS_RDX	96
#define REGS_RAX	104
#define REGS_RCX	112
#define REGS_RSP	120
#define REGS_RIP	128
#define REGS_RFLAGS	136

#endif
