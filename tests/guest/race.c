// SPDX-License-Identifier: GPL-2.0-only
/*
 * race [SECONDS]: threads use pages while another one unmaps, protects, moves
 * and discards them, and while the kernel copies to and from them.  A value seen
 * must be one that the page could hold at that time, never another page's.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include "tap.h"

#define PAGES	64
#define PAGE	4096UL

static char *area;
static volatile bool stop;
static long faults[4], reads[4], wrong;
static __thread sigjmp_buf back;
static __thread volatile bool armed;

static void handler(int sig)
{
	if (!armed)
		abort();
	armed = false;
	siglongjmp(back, sig);
}

/* Page i holds 0 or i + 1 in every word. */
static void *user(void *arg)
{
	long id = (long)arg, i;
	static __thread volatile uint64_t seed;
	uint64_t value, s;
	volatile uint64_t *p;

	seed = id + 1;
	while (!stop) {
		s = seed;
		i = random_next(&s) % PAGES;
		p = (uint64_t *)(area + i * PAGE) + random_next(&s) % 512;
		seed = s;
		if (sigsetjmp(back, 0)) {
			faults[id]++;
			continue;
		}
		armed = true;
		value = *p;
		if (seed & 1)
			*p = i + 1;
		armed = false;
		reads[id]++;
		if (value && value != (uint64_t)i + 1)
			__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *copier(void *arg)
{
	int ends[2], i = 0;
	uint64_t buffer[512];
	ssize_t n;

	(void)arg;
	must(pipe(ends));
	while (!stop) {
		i = (i + 1) % PAGES;
		n = write(ends[1], area + i * PAGE, PAGE);
		if (n <= 0)
			continue;
		if (read(ends[0], buffer, n) != n || (buffer[0] && buffer[0] != (uint64_t)i + 1) ||
		    (buffer[n / 8 - 1] && buffer[n / 8 - 1] != (uint64_t)i + 1))
			__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
		for (n = 0; n < 512; n++)
			buffer[n] = i + 1;
		must(write(ends[1], buffer, PAGE));
		n = read(ends[0], area + i * PAGE, PAGE);
		if (n != (ssize_t)PAGE) {	/* what could not be stored is still in the pipe */
			n = n < 0 ? 0 : n;
			if (read(ends[0], buffer, PAGE - n) != (ssize_t)(PAGE - n))
				__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t end = now_ns() + argument(argc, argv, 1, 3) * 1000000000ULL, seed = 99;
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_NODEFER };
	pthread_t t[4];
	long i, n, steps = 0, total_faults = 0, total_reads = 0;
	char *p, *side;
	pid_t pid;

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	side = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, user, (void *)i);
	pthread_create(&t[3], NULL, copier, NULL);
	while (now_ns() < end) {
		i = random_next(&seed) % PAGES;
		n = 1 + random_next(&seed) % 8;
		if (i + n > PAGES)
			n = PAGES - i;
		p = area + i * PAGE;
		switch (random_next(&seed) % 6) {
		case 0:
			madvise(p, n * PAGE, MADV_DONTNEED);
			break;
		case 1:
			mprotect(p, n * PAGE, PROT_READ);
			mprotect(p, n * PAGE, PROT_READ | PROT_WRITE);
			break;
		case 2:
			munmap(p, n * PAGE);
			mmap(p, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			break;
		case 3:	/* away and back: others may fault in between, and see nothing else */
			mremap(p, n * PAGE, n * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, side);
			mremap(side, n * PAGE, n * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p);
			break;
		case 4:	/* new pages elsewhere, full of something else */
			memset(side, 0xee, n * PAGE);
			munmap(side, n * PAGE);
			break;
		default:
			if (steps % 50 == 0) {
				pid = fork();
				if (!pid)
					_exit(0);
				wait_for(pid);
			}
			sched_yield();
		}
		if (mmap(side, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != side)
			bail("mmap");
		steps++;
	}
	stop = true;
	for (i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		total_faults += faults[i];
		total_reads += reads[i];
	}
	note("%ld changes, %ld uses, %ld faults", steps, total_reads, total_faults);
	ok(!wrong, "every value seen was the page's own (%ld were not)", wrong);
	return finish();
}
