// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile guest user code: plays the user thread of its space, with hand-overs as no
 * host would make them.
 *
 *   forge ENTRY TOLD [long]	addresses of the wedge's user_entry, and of its copy of what K
 *				has been told
 *
 * It leaves by the hand-over words without ever leaving user mode, calls the wedge's
 * handler with a frame of its own making, and changes what it tells while K reads it.  With
 * the ptrace bridge it has the signal stack only, and is stopped while others read that.
 */
#define _GNU_SOURCE
#include <signal.h>

#include "tests/attack/user.h"

#define FRAME	0x4000
#define FP	0x6000
#define UC(type, offset)	(*(volatile type *)(signal_stack + FRAME + (offset)))
#define UC_R8		40
#define UC_RSP		(40 + 15 * 8)
#define UC_RIP		(40 + 16 * 8)
#define UC_FLAGS	(40 + 17 * 8)
#define UC_CS		184
#define UC_SS		190
#define UC_ERROR	192
#define UC_TRAP		200
#define UC_CR2		216
#define UC_FP		224
#define UC_SIZE		296

static uint64_t wedge_entry, wedge_told;
static uint64_t fs_base, gs_base, arch, call_address;	/* what is told besides */
static uint32_t claimed;		/* words that are said to differ */
static bool has_words;		/* the hand-over words are mapped */

/* Where there are none, they go nowhere. */
static struct lol_handoff nowhere;
static struct lol_handoff *words = &nowhere;

static void good_frame(void)
{
	memset(signal_stack + FRAME, 0, UC_SIZE);
	UC(uint64_t, UC_RIP) = (uint64_t)loop;
	UC(uint64_t, UC_RSP) = (uint64_t)__builtin_frame_address(0) - 4096;
	UC(uint64_t, UC_FLAGS) = 0x202;
	UC(uint16_t, UC_CS) = LOL_USER_CS;
	UC(uint16_t, UC_SS) = LOL_USER_DS;
	UC(uint64_t, UC_FP) = LOL_WEDGE_HANDOFF + LOL_HANDOFF_STACK + FP;
	memset(signal_stack + FP, 0, 0x1000);
	words->signal = SIGTRAP;
	UC(uint64_t, UC_TRAP) = 3;
	arch = 0xc000003e;
	call_address = 0x400000;
	fs_base = gs_base = 0;
	claimed = (1U << LOL_TOLD_WORDS) - 1;
}

/* All of it, and the wedge believes to have done that itself. */
static void tell(void)
{
	struct lol_told told = {
		.fs_base = fs_base, .gs_base = gs_base, .arch = arch, .call_address = call_address,
		.fp = UC(uint64_t, UC_FP) - (LOL_WEDGE_HANDOFF + LOL_HANDOFF_STACK),
		.error = UC(uint64_t, UC_ERROR), .trap = UC(uint64_t, UC_TRAP), .cr2 = UC(uint64_t, UC_CR2),
		.cs = UC(uint16_t, UC_CS), .ss = UC(uint16_t, UC_SS),
	};

	memcpy(&told.regs, signal_stack + FRAME + UC_R8, sizeof(told.regs));
	memcpy(words->told, &told, sizeof(told));
	words->changed = claimed;
	if (has_words)
		memcpy((void *)wedge_told, &told, sizeof(told));
}

#define KINDS	23

static void noise(void)
{
	for (int i = 0; i < UC_SIZE / 8; i++)
		if (random64() & 1)
			UC(uint64_t, i * 8) = random64() & 1 ? random_address() : random64();
	words->signal = random64() % 40;
	fs_base = random_address();
	gs_base = random_address();
	claimed = random64();
	for (int i = 0; i < 512; i++)
		((uint64_t *)(signal_stack + FP))[i] = random64();
}

static void forge_frame(int kind)
{
	good_frame();
	switch (kind) {
	case 0: UC(uint64_t, UC_RIP) = LOL_KERNEL_MAP + 0x200000; break;
	case 1: UC(uint16_t, UC_CS) = LOL_KERNEL_CS; break;
	case 2: UC(uint16_t, UC_SS) = LOL_KERNEL_DS; break;
	case 3: UC(uint64_t, UC_RIP) = 0xdead000000000000; break;
	case 4: UC(uint64_t, UC_TRAP) = 18; break;
	case 5: UC(uint64_t, UC_TRAP) = 8; break;
	case 6: UC(uint64_t, UC_TRAP) = 200; break;
	case 7: claimed = 0xffffffff; break;
	case 8: claimed = random64(); break;
	case 9: gs_base = 0xdead000000000000; break;
	case 10: fs_base = 0xdead000000000000; break;
	case 11: memset(signal_stack + FP, 0xff, 0x1000); break;
	case 12: UC(uint64_t, UC_FP) = LOL_WEDGE_HANDOFF + LOL_HANDOFF_STRIDE - 64; break;
	case 13: UC(uint64_t, UC_FP) = 0; break;
	case 14: UC(uint64_t, UC_FLAGS) = ~0ULL; break;
	case 15: UC(uint64_t, UC_TRAP) = 14; UC(uint64_t, UC_CR2) = LOL_DIRECT_MAP + 0x1000; UC(uint64_t, UC_ERROR) = 7; break;
	case 16: UC(uint64_t, UC_TRAP) = 14; UC(uint64_t, UC_CR2) = 0xdead000000000000; UC(uint64_t, UC_ERROR) = ~0ULL; break;
	case 17: UC(uint64_t, UC_TRAP) = 14; UC(uint64_t, UC_CR2) = LOL_WEDGE_RAM; UC(uint64_t, UC_ERROR) = 6; break;
	case 18: words->signal = 9999; break;
	case 19: words->signal = SIGBUS; UC(uint64_t, UC_TRAP) = 200; break;
	case 20: words->signal = SIGSYS; arch = 0; break;
	case 21: words->signal = SIGSYS; call_address = ~0ULL; UC(uint64_t, UC_RSP) = 0; break;
	case 22: gs_base = LOL_DIRECT_MAP; words->signal = SIGSYS; UC(uint64_t, UC_R8 + 13 * 8) = 39; break;
	default: noise();
	}
}

/* The wedge's signal handler, called as the host would call it. */
static void call_entry(uint64_t signal)
{
	asm volatile("movq %0, %%rsp\njmp *%1"
		     : : "r"(signal_stack + FRAME - 512), "r"(wedge_entry), "D"(signal),
			 "S"(signal_stack + FRAME - 256), "d"(signal_stack + FRAME) : "memory");
}

static void leave(void)
{
	tell();
	words->reason = LOL_REASON_SIGNAL;
	__atomic_store_n(&words->leave, words->enter, __ATOMIC_SEQ_CST);
}

static void forge_once(uint64_t kind)
{
	uint32_t run = words->enter;

	forge_frame(kind);
	leave();
	while (has_words && __atomic_load_n(&words->enter, __ATOMIC_SEQ_CST) == run)
		;
	words->started = words->enter;
}

static void forge(int kind)
{
	catch_signals();
	for (int i = 0; i < 100; i++) {
		forge_frame(kind);
		survives(call_entry, words->signal);
		survives(forge_once, kind);
	}
	loop();
}

#define SHIFT(field)	(*(volatile __typeof__(field) *)&(field))

/* Each value by itself is either as K wants it, so that it gets further, or not. */
static void shift_all(uint64_t kind)
{
	struct lol_told *told = (struct lol_told *)words->told;

	good_frame();
	leave();
	for (int i = 0; i < 1000; i++) {
		bool bad = random64() & 1;

		switch (kind >= 8 ? random64() % 8 : kind) {
		case 0: SHIFT(told->cs) = bad ? LOL_KERNEL_CS : LOL_USER_CS; break;
		case 1: SHIFT(told->ss) = bad ? LOL_KERNEL_DS : LOL_USER_DS; break;
		case 2: SHIFT(told->regs.rip) = bad ? random_address() : (uint64_t)loop; break;
		case 3: SHIFT(told->regs.rflags) = bad ? ~0ULL : 0x202; break;
		case 4: SHIFT(told->trap) = bad ? random64() % 256 : 3; break;
		case 5: SHIFT(words->changed) = bad ? random64() : claimed; break;
		case 6: SHIFT(words->signal) = bad ? random64() % 64 : SIGTRAP; break;
		case 7: SHIFT(told->fp) = bad ? random_address() : FP; break;
		}
		if (i % 50 == 0)
			own(202, (uint64_t)&words->leave, 1, 0x7fffffff, 0, 0);
	}
}

/* Leaves, and goes on changing what K reads. */
static void shift(int kind)
{
	catch_signals();
	for (;;)
		survives(shift_all, kind);
}

int main(int argc, char **argv)
{
	bool thorough = argc > 3 && !strcmp(argv[3], "long");
	int random_kinds = thorough ? 400 : 17;

	wedge_entry = argc > 2 ? strtoull(argv[1], NULL, 16) : 0;
	wedge_told = argc > 2 ? strtoull(argv[2], NULL, 16) : 0;
	begin();
	has_words = writable(LOL_WEDGE_HANDOFF);
	if (has_words)
		words = handoff;
	/* without the words most kinds are the same */
	for (int kind = 0; kind < KINDS + random_kinds; kind += has_words ? 1 : 3)
		beside(forge, kind, 6);
	ok(true, "the guest survives %d kinds of forged frames", KINDS + random_kinds);
	for (int kind = 0; kind < (thorough ? 40 : has_words ? 12 : 2); kind++)
		beside(shift, kind, thorough ? 50 : 10);
	ok(true, "and frames that change while they are read");
	return finish();
}
