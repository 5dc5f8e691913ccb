// SPDX-License-Identifier: GPL-2.0-only
/*
 * debuggee: something to look at with strace and gdb: a function called with
 * known arguments, a variable that changes at a known time, known system calls.
 */
#include "tap.h"

volatile int watched = 1;
volatile int attached;

__attribute__((noinline))
int inner(int a, int b)
{
	asm volatile("" : "+r"(a));
	watched += a;
	return a * b;
}

int main(int argc, char **argv)
{
	int i, sum = 0;

	(void)argv;
	if (argc > 1) {		/* waits to be attached to */
		for (i = 0; !attached && i < 3000; i++)
			usleep(10000);
		return attached ? 12 : 13;
	}
	for (i = 1; i <= 5; i++)
		sum += inner(i, 10);
	ok(sum == 150, "sum %d", sum);
	return finish();
}
