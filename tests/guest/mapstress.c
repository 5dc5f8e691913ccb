// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapstress [STEPS] [SEED]: random mmap, munmap, mprotect, mremap, madvise and
 * forks on a window of 256 pages against a model of what each page must hold
 * and allow.  Finds stale or missing translations.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include "tap.h"

#define PAGE	4096UL
#define N	256

static struct { bool mapped, read, write; uint64_t value; } model[N];
static char *window;
static uint64_t seed;
static sigjmp_buf back;
static int wrong;

static void handler(int sig)
{
	siglongjmp(back, sig);
}

static unsigned int pick(unsigned int n)
{
	return random_next(&seed) % n;
}

static void range(int *start, int *count)
{
	*start = pick(N);
	*count = 1 + pick(pick(4) ? 4 : N / 2);
	if (*start + *count > N)
		*count = N - *start;
}

static void verify(int i)
{
	volatile uint64_t *p = (uint64_t *)(window + i * PAGE) + i;
	uint64_t got, new = random_next(&seed);
	int sig = sigsetjmp(back, 1);

	if (!sig) {
		got = *p;
		if (!model[i].mapped || !model[i].read || got != model[i].value) {
			if (wrong++ < 10)
				note("page %d: read %#lx, model %d%d%d %#lx", i, (long)got, model[i].mapped,
				     model[i].read, model[i].write, (long)model[i].value);
			return;
		}
	} else if (model[i].mapped && model[i].read) {
		if (wrong++ < 10)
			note("page %d: signal %d on read", i, sig);
		return;
	}
	if (pick(2))
		return;
	sig = sigsetjmp(back, 1);
	if (!sig) {
		*p = new;
		if (!model[i].mapped || !model[i].write) {
			if (wrong++ < 10)
				note("page %d: write was let through", i);
			return;
		}
		model[i].value = new;
	} else if (model[i].mapped && model[i].write) {
		if (wrong++ < 10)
			note("page %d: signal %d on write", i, sig);
	}
}

static void step(void)
{
	int start, count, i, prot, to;
	char *p;

	range(&start, &count);
	p = window + start * PAGE;
	switch (pick(6)) {
	case 0:
		must(munmap(p, count * PAGE));
		for (i = start; i < start + count; i++)
			model[i].mapped = false;
		break;
	case 1:
		must((long)mmap(p, count * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		for (i = start; i < start + count; i++) {
			model[i].mapped = model[i].read = model[i].write = true;
			model[i].value = 0;
		}
		break;
	case 2:
		for (i = start; i < start + count && model[i].mapped; i++)
			;
		count = i - start;
		if (!count)
			break;
		prot = pick(3);
		must(mprotect(p, count * PAGE, prot == 0 ? PROT_NONE : prot == 1 ? PROT_READ : PROT_READ | PROT_WRITE));
		for (i = start; i < start + count; i++) {
			model[i].read = prot > 0;
			model[i].write = prot > 1;
		}
		break;
	case 3:
		for (i = start; i < start + count && model[i].mapped; i++)
			;
		count = i - start;
		if (!count)
			break;
		must(madvise(p, count * PAGE, MADV_DONTNEED));
		for (i = start; i < start + count; i++)
			model[i].value = 0;
		break;
	case 4:
		/* move one page over another; its value lies at the old index */
		to = pick(N);
		if (!model[start].mapped || to == start)
			break;
		must((long)mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, window + to * PAGE));
		must(mprotect(window + to * PAGE, PAGE, PROT_READ | PROT_WRITE));
		model[to] = model[start];
		model[to].read = model[to].write = true;
		((uint64_t *)(window + to * PAGE))[to] = model[to].value;
		if (to != start)
			model[start].mapped = false;
		break;
	default:
		for (i = start; i < start + count; i++)
			verify(i);
	}
}

int main(int argc, char **argv)
{
	long steps = argument(argc, argv, 1, 20000), n;
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_NODEFER };
	pid_t pid;
	int i, children = 0, bad_children = 0;

	seed = argument(argc, argv, 2, 12345);
	sigaction(SIGSEGV, &sa, NULL);
	window = mmap(NULL, N * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(munmap(window, N * PAGE));
	for (n = 0; n < steps; n++) {
		step();
		if (n % 500 == 499) {
			/* the child goes on alone for a while, then the parent checks all its own */
			pid = must(fork());
			if (!pid) {
				wrong = 0;
				for (i = 0; i < 200; i++)
					step();
				for (i = 0; i < N; i++)
					verify(i);
				_exit(wrong != 0);
			}
			if (pick(2))
				for (i = 0; i < 50; i++)
					step();
			children++;
			bad_children += wait_for(pid) != 0;
			for (i = 0; i < N; i++)
				verify(i);
		}
	}
	ok(!wrong, "%ld steps, %d mismatches", steps, wrong);
	ok(!bad_children, "%d children, %d with mismatches", children, bad_children);
	return finish();
}
