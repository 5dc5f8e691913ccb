/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_EMULATE_H
#define LOL_EMULATE_H

/*
 * Inside of the emulator.  What returns bool does one instruction; false: rip is
 * final, since it was a jump or the guest has got an exception instead.
 */
#include "syscall-bridge/insn.h"
#include "syscall-bridge/wedge.h"

#pragma GCC visibility push(hidden)

/* emulate.c */
bool emulate_fault(struct lol_regs *regs, u32 vector);	/* always false */
bool emulate_access(struct lol_regs *regs, u64 va, u64 *value, u32 size, bool write);
u64 emulate_address(const struct lol_insn *insn, const struct lol_regs *regs, u64 next);

/* control.c */
bool emulate_write_cr(struct lol_regs *regs, u32 cr, u64 value, u64 next);
bool emulate_read_cr(struct lol_regs *regs, u32 cr, u64 *to);
bool emulate_iret(struct lol_regs *regs);
bool emulate_sysret(struct lol_regs *regs);
void emulate_hlt(void);
bool emulate_push_flags(struct lol_regs *regs);
bool emulate_pop_flags(struct lol_regs *regs);
bool emulate_load_table(struct lol_regs *regs, u64 va, u64 *base, u32 *limit);
bool emulate_store_table(struct lol_regs *regs, u64 va, u64 base, u32 limit);
bool emulate_load_task(struct lol_regs *regs, u16 selector);
bool emulate_invpcid(struct lol_regs *regs, const struct lol_insn *insn, u64 next);

#pragma GCC visibility pop

#endif
