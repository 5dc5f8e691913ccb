// SPDX-License-Identifier: GPL-2.0-only
/*
 * fpu [SECONDS] [PROCESSES] [SEED]: x87, SSE, AVX and AVX-512 registers with
 * random contents in several runnable processes and across signals whose
 * handlers overwrite them all.  What the processor does not have is skipped.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <sched.h>
#include <signal.h>
#include <sys/time.h>
#include "tap.h"

struct state {
	uint8_t vector[32][64];
	uint64_t mask[8];
	uint8_t x87[8][16];	/* as fstpt stores: 10 bytes each */
	uint32_t mxcsr;
	uint16_t cw;
} __attribute__((aligned(64)));

static int level;	/* 0: SSE, 1: AVX, 2: AVX-512 */
static uint64_t seed;
static volatile long handled;

static void probe(void)
{
	unsigned int a, b, c, d, low, high;

	__cpuid(1, a, b, c, d);
	if (!(c & bit_OSXSAVE))
		return;
	asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	if ((low & 6) == 6 && (c & bit_AVX))
		level = 1;
	__cpuid_count(7, 0, a, b, c, d);
	if (level && (low & 0xe6) == 0xe6 && (b & bit_AVX512F) && (b & bit_AVX512BW))
		level = 2;
}

#define ALL16(x)	x(0) x(1) x(2) x(3) x(4) x(5) x(6) x(7) x(8) x(9) x(10) x(11) x(12) x(13) x(14) x(15)
#define HIGH16(x)	x(16) x(17) x(18) x(19) x(20) x(21) x(22) x(23) x(24) x(25) x(26) x(27) x(28) x(29) x(30) x(31)

#define LD_SSE(n)	"movups 64*" #n "(%0), %%xmm" #n "\n\t"
#define ST_SSE(n)	"movups %%xmm" #n ", 64*" #n "(%0)\n\t"
#define LD_AVX(n)	"vmovups 64*" #n "(%0), %%ymm" #n "\n\t"
#define ST_AVX(n)	"vmovups %%ymm" #n ", 64*" #n "(%0)\n\t"
#define LD_512(n)	"vmovups 64*" #n "(%0), %%zmm" #n "\n\t"
#define ST_512(n)	"vmovups %%zmm" #n ", 64*" #n "(%0)\n\t"
#define LD_K(n)		"kmovq 2048+8*" #n "(%0), %%k" #n "\n\t"
#define ST_K(n)		"kmovq %%k" #n ", 2048+8*" #n "(%0)\n\t"
#define K_ALL(x)	x(0) x(1) x(2) x(3) x(4) x(5) x(6) x(7)

static inline __attribute__((always_inline)) void load(const struct state *s)
{
	if (level == 2)
		asm volatile(ALL16(LD_512) HIGH16(LD_512) K_ALL(LD_K) : : "r"(s) : "memory");
	else if (level == 1)
		asm volatile(ALL16(LD_AVX) : : "r"(s) : "memory");
	else
		asm volatile(ALL16(LD_SSE) : : "r"(s) : "memory");
	asm volatile("fninit\n\t"
		     "fldt 112(%0); fldt 96(%0); fldt 80(%0); fldt 64(%0)\n\t"
		     "fldt 48(%0); fldt 32(%0); fldt 16(%0); fldt (%0)\n\t"
		     "ldmxcsr %1; fldcw %2" : : "r"(s->x87), "m"(s->mxcsr), "m"(s->cw) : "memory");
}

static inline __attribute__((always_inline)) void store(struct state *s)
{
	if (level == 2)
		asm volatile(ALL16(ST_512) HIGH16(ST_512) K_ALL(ST_K) : : "r"(s) : "memory");
	else if (level == 1)
		asm volatile(ALL16(ST_AVX) : : "r"(s) : "memory");
	else
		asm volatile(ALL16(ST_SSE) : : "r"(s) : "memory");
	asm volatile("stmxcsr %1; fnstcw %2\n\t"
		     "fstpt (%0); fstpt 16(%0); fstpt 32(%0); fstpt 48(%0)\n\t"
		     "fstpt 64(%0); fstpt 80(%0); fstpt 96(%0); fstpt 112(%0)\n\t"
		     "fninit" : : "r"(s->x87), "m"(s->mxcsr), "m"(s->cw) : "memory");
}

static void randomise(struct state *s)
{
	size_t width = level == 2 ? 64 : level ? 32 : 16, i, j;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < (level == 2 ? 32 : 16); i++)
		for (j = 0; j < width; j += 8)
			*(uint64_t *)&s->vector[i][j] = random_next(&seed);
	for (i = 0; level == 2 && i < 8; i++)
		s->mask[i] = random_next(&seed);
	for (i = 0; i < 8; i++) {
		/* normal numbers: explicit integer bit set */
		*(uint64_t *)s->x87[i] = random_next(&seed) | 1ULL << 63;
		*(uint16_t *)(s->x87[i] + 8) = 0x3fff + random_next(&seed) % 100;
	}
	s->mxcsr = 0x1f80 | (random_next(&seed) & 3) << 13;
	s->cw = 0x37f | (random_next(&seed) & 3) << 10;
}

static void handler(int sig)
{
	struct state other;

	(void)sig;
	randomise(&other);
	load(&other);
	handled++;
}

/* Waiting with the registers live: by the raw call, no library in between. */
static inline __attribute__((always_inline)) long raw(long number, long a, long b)
{
	long result;

	asm volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b) : "rcx", "r11", "memory");
	return result;
}

__attribute__((noinline))
static bool round_trip(int kind)
{
	static struct state want, got;
	const struct timespec nap = { 0, 50000 };
	long i;

	randomise(&want);
	memset(&got, 0, sizeof(got));
	load(&want);
	switch (kind % 4) {
	case 0:
		for (i = 0; i < 20000; i++)
			asm volatile("" : "+r"(i));
		break;
	case 1:
		for (i = 0; i < 10; i++)
			raw(24, 0, 0);			/* sched_yield */
		break;
	case 2:
		raw(35, (long)&nap, 0);			/* nanosleep */
		break;
	default:
		raw(62, raw(39, 0, 0), SIGUSR1);	/* kill(getpid()) */
	}
	store(&got);
	if (!memcmp(&want, &got, sizeof(want)))
		return true;
	for (i = 0; i < (long)sizeof(want); i++)
		if (((uint8_t *)&want)[i] != ((uint8_t *)&got)[i])
			break;
	fprintf(stderr, "# kind %d: first difference at byte %ld (vector %ld)\n", kind % 4, i, i / 64);
	return false;
}

static int worker(int seconds)
{
	struct itimerval t = { { 0, 1000 }, { 0, 1000 } };
	uint64_t end = now_ns() + seconds * 1000000000ULL;
	int i, bad = 0;

	signal(SIGUSR1, handler);
	signal(SIGALRM, handler);
	setitimer(ITIMER_REAL, &t, NULL);
	for (i = 0; now_ns() < end; i++)
		bad += !round_trip(i);
	return bad || handled < i / 4 ? 1 : 0;
}

static int fork_keeps(void)
{
	struct state want, got;
	pid_t pid;
	int bad = 0, i;

	for (i = 0; i < 20; i++) {
		randomise(&want);
		memset(&got, 0, sizeof(got));
		load(&want);
		pid = raw(57, 0, 0);
		store(&got);
		if (!pid)
			_exit(memcmp(&want, &got, sizeof(want)) != 0);
		bad += memcmp(&want, &got, sizeof(want)) != 0;
		bad += wait_for(pid) != 0;
	}
	return bad;
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "x87, SSE", "x87, SSE, AVX", "x87, SSE, AVX, AVX-512" };
	int seconds = argument(argc, argv, 1, 3), processes = argument(argc, argv, 2, 6), i;
	pid_t pid[64];

	seed = argument(argc, argv, 3, 20261123);
	probe();
	note("%s", names[level]);
	for (i = 0; i < processes && i < 64; i++) {
		pid[i] = must(fork());
		if (!pid[i]) {
			seed += i * 7919 + 1;
			_exit(worker(seconds));
		}
	}
	for (i = 0; i < processes && i < 64; i++)
		ok(wait_for(pid[i]) == 0, "process %d: %s kept", i, names[level]);
	i = fork_keeps();
	ok(!i, "fork gives the child the same state (%d wrong)", i);
	return finish();
}
