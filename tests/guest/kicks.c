// SPDX-License-Identifier: GPL-2.0-only
/*
 * kicks [ROUNDS]: while one process computes and makes no system call, others sleep
 * for fractions of a millisecond, and one hands bytes back and forth.  Each wake-up is
 * an interrupt that must stop the one that computes.  Nothing here is judged by a
 * clock: a guest that forgets an interrupt for good does not come to the end.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define SLEEPERS	4
#define COMPUTERS	2

static int rounds = 300;

static void sleeper(int n)
{
	struct timespec time = { 0 };
	int i;

	for (i = 0; i < rounds; i++) {
		time.tv_nsec = 20000 + (n * 7919 + i * 104729) % 400000;
		if (nanosleep(&time, NULL))
			_exit(1);
	}
	_exit(0);
}

static void bytes(void)
{
	int there[2], back[2], i;
	char c = 0;

	if (pipe(there) || pipe(back))
		_exit(1);
	if (!fork()) {
		close(there[1]);
		while (read(there[0], &c, 1) == 1)
			if (write(back[1], &c, 1) != 1)
				_exit(1);
		_exit(0);
	}
	for (i = 0; i < rounds; i++)
		if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
			_exit(1);
	_exit(0);
}

int main(int argc, char **argv)
{
	pid_t computer[COMPUTERS];
	int i, status, good = 0;

	if (argc > 1)
		rounds = atoi(argv[1]);
	for (i = 0; i < COMPUTERS; i++) {
		computer[i] = fork();
		if (!computer[i])
			for (;;)
				asm volatile("");
	}
	for (i = 0; i <= SLEEPERS; i++)
		if (!fork()) {
			if (i == SLEEPERS)
				bytes();
			sleeper(i);
		}
	for (i = 0; i <= SLEEPERS; i++) {
		wait(&status);
		good += !status;
	}
	ok(good == SLEEPERS + 1, "%d of %d came to their end", good, SLEEPERS + 1);
	for (i = 0; i < COMPUTERS; i++) {
		kill(computer[i], SIGKILL);
		waitpid(computer[i], &status, 0);
		ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "one that computed is there until it is killed");
	}
	return finish();
}
