/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_ATTACK_USER_H
#define TESTS_ATTACK_USER_H

/*
 * What hostile guest user programs have in common.  They run under the bridges that
 * claim protection, split and ptrace, and print TAP.  They know the wedge's layout
 * from the project's own headers; an attacker would find it by looking.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "syscall-bridge/handoff.h"
#include "syscall-bridge/roles.h"
#include "tests/guest/tap.h"

#define PAGE		4096ULL
#define WEDGE_SIZE	0x1000000ULL	/* at most, with its private data */
#define SITES_MAX	400

#define handoff		((struct lol_handoff *)LOL_WEDGE_HANDOFF)
#define signal_stack	((uint8_t *)LOL_WEDGE_HANDOFF + LOL_HANDOFF_STACK)

/* Faults end readable(), writable(), survives() and made(). */
void catch_signals(void);
/* They end the program again. */
void let_signals(void);
/* Prints by lines, so that what comes after the last one is known. */
void begin(void);

bool readable(uint64_t va);
bool writable(uint64_t va);
/* Runs it until it returns or a signal comes; whether it returned. */
bool survives(void (*what)(uint64_t), uint64_t argument);

/*
 * Has the host made this call by the syscall instruction at @site?  Then *@result is
 * its result.  @args: rdi rsi rdx r10 r8 r9
 */
bool made(uint64_t site, uint64_t nr, const uint64_t *args, uint64_t *result);

/* Every place of these two bytes in what the wedge has mapped: at most @max. */
unsigned int find_bytes(uint8_t first, uint8_t second, uint64_t *site, unsigned int max);

/* A system call of the program's own, with the cookie. */
long own(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);

uint64_t random64(void);
void random_seed(uint64_t seed);
/* An address as an attacker would try it. */
uint64_t random_address(void);

__attribute__((noreturn)) void loop(void);

/*
 * Runs what(kind) in a child, not the guest's root, with signals let, and beside it a sleeper and a bystander that computes:
 * both must make progress, and the bystander's registers stay its own.  A guest that
 * stands still never returns from here.  There is no bound on the time: the caller of
 * the guest has one.  @naps: how many short sleeps shall be possible; or -naps, fewer if
 * it ends by itself
 */
void beside(void (*what)(int), int kind, int naps);

#endif
