// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process of the same user as an attacked lol, that notices whether something was
 * done to it.
 *
 *   canary		prints its process id; when its standard input ends, "unharmed",
 *			or a line for each harm
 *
 * Signals are blocked and looked for at the end; what cannot be blocked shows by
 * there being no last line.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define WORDS	16384

static unsigned int harms;

static void harm(const char *what, long value)
{
	printf("%s: %ld\n", what, value);
	harms++;
}

static unsigned int word(unsigned int i)
{
	return i * 2654435761U ^ 0x5a5a5a5a;
}

/* The number behind a name in /proc/self/status. */
static long status(const char *name)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	long value = -1;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			value = strtol(line + strlen(name), NULL, 10);
	if (file)
		fclose(file);
	return value;
}

struct traits {
	cpu_set_t cpus;
	int nice, group, session, policy;
	struct rlimit files, processes;
	struct itimerval timer;
	char folder[4096];
};

static void look(struct traits *t)
{
	memset(t, 0, sizeof(*t));
	sched_getaffinity(0, sizeof(t->cpus), &t->cpus);
	t->nice = getpriority(PRIO_PROCESS, 0);
	t->group = getpgrp();
	t->session = getsid(0);
	t->policy = sched_getscheduler(0);
	getrlimit(RLIMIT_NOFILE, &t->files);
	getrlimit(RLIMIT_NPROC, &t->processes);
	getitimer(ITIMER_REAL, &t->timer);
	if (!getcwd(t->folder, sizeof(t->folder)))
		t->folder[0] = 0;
}

int main(void)
{
	static struct traits before, after;
	unsigned int *memory = malloc(WORDS * sizeof(*memory)), i;
	int pair[2], number;
	sigset_t all;
	char byte;

	if (!memory || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		return 1;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (i = 0; i < WORDS; i++)
		memory[i] = word(i);
	look(&before);
	printf("%d\n", (int)getpid());
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	look(&after);
	if (memcmp(&before, &after, sizeof(before)))
		harm("priority, CPUs, group, limits or folder were changed", 0);
	for (i = 0; i < WORDS; i++)
		if (memory[i] != word(i)) {
			harm("memory was changed at word", i);
			break;
		}
	while ((number = sigtimedwait(&all, NULL, &(struct timespec){ 0 })) > 0)
		harm("a signal came", number);
	if (read(pair[0], &byte, 1) >= 0 || read(pair[1], &byte, 1) >= 0)
		harm("something came by a socket", 0);
	if (status("TracerPid:"))
		harm("it is traced by", status("TracerPid:"));
	if (!harms)
		puts("unharmed");
	return harms != 0;
}
