// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile guest user code: writes to whatever of the wedge's it can reach, and tries to
 * write to what it cannot, before and between hand-overs.
 *
 *   noise [long]
 *
 * One thread of a program writes all the time while another makes system calls, faults,
 * maps and unmaps, so that the writer is interrupted anywhere.  The program may die of
 * it, and is made again until the rounds are done; the guest goes on.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/attack/user.h"

#define KINDS		9
#define UNWRITABLE	5
#define CONSTANT	3	/* the first of them */

static volatile struct {
	uint64_t rounds, programs, wrote;
} *shared;
static uint64_t rounds;
static bool has_words;
static int kind;
static uint8_t old[0x90];

static const uint64_t unwritable[UNWRITABLE] = {
	LOL_WEDGE_TEXT, LOL_USER_PAGE, LOL_WEDGE_FILTERS, LOL_WEDGE_HANDOFF + LOL_HANDOFF_OPS,
	LOL_WEDGE_HANDOFF + LOL_HANDOFF_DONE,
};

static void write_word(uint64_t at)
{
	*(volatile uint64_t *)(at & ~7ULL) = random64() & 3 ? random_address() : random64();
}

/* Writable pages of the wedge's own data. */
static uint64_t data[2048];
static unsigned int pages;

static void find_data(void)
{
	for (uint64_t va = LOL_WEDGE_TEXT; va < LOL_WEDGE_TEXT + WEDGE_SIZE && pages < 2048; va += PAGE)
		if (writable(va))
			data[pages++] = va;
}

static void write_some(uint64_t unused)
{
	(void)unused;
	switch (kind) {
	case 0:		/* the words */
		write_word(LOL_WEDGE_HANDOFF + random64() % 0x90);
		break;
	case 1:		/* and registers, vector state */
		write_word(LOL_WEDGE_HANDOFF + random64() % PAGE);
		break;
	case 2:
		write_word(LOL_WEDGE_HANDOFF + LOL_HANDOFF_STACK + random64() % LOL_HANDOFF_STACK_SIZE);
		break;
	case 3:		/* where the host's last frame was */
		write_word(LOL_WEDGE_HANDOFF + LOL_HANDOFF_STACK + LOL_HANDOFF_STACK_SIZE - 1 - random64() % 4096);
		break;
	case 4:
		/* the first pages hold what is used */
		write_word(data[random64() % (random64() & 1 ? pages : 4)] + random64() % PAGE);
		break;
	case 5:		/* what was right a moment ago */
		memcpy((void *)LOL_WEDGE_HANDOFF, old, sizeof(old));
		memcpy(old, (void *)LOL_WEDGE_HANDOFF, sizeof(old));
		break;
	case 6:		/* leaves with noise for a frame, as far as K cannot tell */
		for (uint64_t i = 0; i < LOL_TOLD_WORDS; i++)
			write_word((uint64_t)&handoff->told[i]);
		((struct lol_told *)handoff->told)->fp = 0x6000;
		handoff->changed = (1U << LOL_TOLD_WORDS) - 1;
		handoff->signal = random64() & 1 ? SIGTRAP : SIGSEGV;
		handoff->reason = LOL_REASON_SIGNAL;
		handoff->leave = handoff->enter;
		break;
	default:
		switch (random64() % 4) {
		case 0: handoff->leave = handoff->enter - random64() % 3; break;
		case 1: handoff->needs += random64() % 3; break;
		case 2: handoff->started = handoff->enter + random64() % 3 - 1; break;
		case 3: handoff->kernel_sleeps = handoff->user_sleeps = random64() & 1; break;
		}
	}
}

static void *writer(void *unused)
{
	for (;;)
		write_some(0);
	return unused;
}

#define MARK	0xa5

static void fault_there(uint64_t va)
{
	*(volatile uint8_t *)va = MARK;
}

/* Hand-overs of each sort. */
static void hand_over(void)
{
	volatile uint8_t *page;

	switch (random64() % 6) {
	case 0:
		syscall(SYS_getppid);
		break;
	case 1:
		sched_yield();
		break;
	case 2:
		page = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (page != MAP_FAILED) {
			page[PAGE] = 1;
			munmap((void *)page, 4 * PAGE);
		}
		break;
	case 3:
		survives(fault_there, unwritable[random64() % UNWRITABLE]);
		/* its return says little: a program that forges frames may go on anywhere */
		for (int i = 0; i < CONSTANT; i++)
			if (*(volatile uint8_t *)unwritable[i] == MARK)
				shared->wrote++;
		break;
	case 4:
		survives(fault_there, random64() >> 17);
		break;
	case 5:
		for (volatile int i = 0; i < 1000; i++)
			;
	}
}

/* One program: a thread that writes, or writes of its own before each hand-over. */
static void program(uint64_t seed)
{
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	random_seed(seed);
	memcpy(old, (void *)(has_words ? LOL_WEDGE_HANDOFF : LOL_WEDGE_TEXT), sizeof(old));
	catch_signals();
	if (seed % 2)
		pthread_create(&thread, NULL, writer, NULL);
	for (int i = 0; i < 500; i++) {
		if (seed % 2 == 0)
			for (int k = random64() % 4; k >= 0; k--)
				write_some(0);
		shared->rounds++;
		hand_over();
	}
	_exit(0);
}

static void make_noise(int which)
{
	kind = which;
	shared->rounds = 0;
	for (uint64_t seed = 1; shared->rounds < rounds; seed++) {
		pid_t pid = fork();

		if (!pid)
			program(seed * KINDS + which);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			_exit(1);
		shared->programs++;
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	bool thorough;

	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	thorough = argc > 1 && !strcmp(argv[1], "long");
	rounds = thorough ? 100000 : 3000;
	begin();
	has_words = writable(LOL_WEDGE_HANDOFF);
	find_data();
	ok(pages > 4, "the wedge has %u pages that can be written", pages);
	for (kind = 0; kind < KINDS; kind++) {
		/* ptrace has no words there, and the signal stack */
		if (!has_words && (kind < 2 || kind > 4))
			continue;
		shared->programs = 0;
		/* some make their program run in circles */
		beside(make_noise, kind, thorough ? -3000 : -25);
		ok(shared->rounds, "kind %d: the guest survives %llu hand-overs of %llu programs", kind,
		   (unsigned long long)shared->rounds, (unsigned long long)shared->programs);
	}
	ok(!shared->wrote, "text, user page and filters were never written (%llu)",
	   (unsigned long long)shared->wrote);
	return finish();
}
