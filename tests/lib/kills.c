// SPDX-License-Identifier: GPL-2.0-only
/*
 * kills [-s SIGNAL] [-z EVERY] [-w STATE] [-t THREADS] [-a] [-l] MONITOR COUNT PAUSE [EXCEPT...]
 *
 * Sends SIGNAL (9) to COUNT processes chosen at random among the children of a
 * monitor, with a random pause of up to PAUSE ms after each.  Never to the launcher,
 * and never to the first process of the guest's pid namespace.
 *
 *	-z EVERY	every so often to the zygote; otherwise never
 *	-w STATE	only to processes in these states of /proc/PID/stat, e.g. R
 *	-t THREADS	only to processes with so many threads: 2 is a space (split)
 *	-a		to all of them, once, instead of COUNT
 *	-l		only lists them
 *	EXCEPT		process ids
 *
 * Every second one is one that runs, if one is seen.  Ends with the number sent;
 * status 1 if there was nobody for ten seconds, or the monitor is gone.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MANY	2048

struct process {
	int pid, parent, session, threads;
	char state;
	bool launcher;
};

static struct process found[MANY];
static const char *states;
static int threads, monitor, nr_except;
static char **except;

static bool look(int pid, struct process *p)
{
	char path[64], text[1024], *rest;
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = 0;
	rest = strrchr(text, ')');
	p->pid = pid;
	p->launcher = strstr(text, "(lol-launcher)");
	return rest && sscanf(rest + 1, " %c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d",
			      &p->state, &p->parent, &p->session, &p->threads) == 4;
}

/* The zygote leads a session, as the first process of a pid namespace does. */
static bool first_of_namespace(int pid)
{
	char path[64], line[256];
	int numbers = 0, inner;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	if (!file)
		return true;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "NSpid: %*d %d", &inner) == 1)
			numbers++;
	fclose(file);
	return numbers;
}

static bool wanted(const struct process *p, bool zygote)
{
	int i;

	if (p->parent != monitor || p->state == 'Z' || p->state == 'X' || p->launcher ||
	    (p->pid == p->session) != zygote)
		return false;
	if (zygote)
		return !first_of_namespace(p->pid);
	for (i = 0; i < nr_except; i++)
		if (atoi(except[i]) == p->pid)
			return false;
	return (!states || strchr(states, p->state)) && (!threads || p->threads == threads);
}

static int list(bool zygote)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int n = 0;

	while (proc && n < MANY && (entry = readdir(proc)))
		if (atoi(entry->d_name) > 0 && look(atoi(entry->d_name), &found[n]) && wanted(&found[n], zygote))
			n++;
	if (proc)
		closedir(proc);
	return n;
}

/* A descriptor first: what is behind a number may have changed. */
static bool send(int pid, int number)
{
	int fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	struct process now;
	bool sent;

	if (fd < 0)
		return false;
	sent = look(pid, &now) && now.parent == monitor && !syscall(SYS_pidfd_send_signal, fd, number, NULL, 0);
	close(fd);
	return sent;
}

static int choose(int n, bool running)
{
	int i, tries, start = rand() % n;

	for (tries = 0; running && tries < 30; tries++) {
		for (i = 0; i < n; i++)
			if (found[(start + i) % n].state == 'R')
				return found[(start + i) % n].pid;
		n = list(false);
		if (!n)
			return 0;
		start = rand() % n;
	}
	return found[start].pid;
}

static void pause_ms(double ms)
{
	struct timespec t = { ms / 1000, (long)(ms * 1e6) % 1000000000 };

	nanosleep(&t, NULL);
}

int main(int argc, char **argv)
{
	int option, number = SIGKILL, every = 0, count, sent = 0, idle = 0, n, i;
	bool all = false, only_list = false;
	double pause;

	while ((option = getopt(argc, argv, "s:z:w:t:al")) != -1) {
		switch (option) {
		case 's': number = atoi(optarg); break;
		case 'z': every = atoi(optarg); break;
		case 'w': states = optarg; break;
		case 't': threads = atoi(optarg); break;
		case 'a': all = true; break;
		case 'l': only_list = true; break;
		default: return 2;
		}
	}
	if (argc - optind < 3)
		return 2;
	monitor = atoi(argv[optind]);
	if (monitor <= 1)
		return 2;
	count = atoi(argv[optind + 1]);
	pause = atof(argv[optind + 2]);
	except = argv + optind + 3;
	nr_except = argc - optind - 3;
	srand(getpid() ^ time(NULL));
	if (all || only_list) {
		for (n = list(false), i = 0; i < n; i++)
			if (only_list)
				printf("%d\n", found[i].pid);
			else
				sent += send(found[i].pid, number);
		if (all)
			printf("%d\n", sent);
		return 0;
	}
	while (sent < count && idle < 10000) {
		bool zygote = every && sent % every == every - 1;

		n = list(zygote);
		if (n && send(choose(n, sent & 1), number)) {
			sent++;
			idle = 0;
			pause_ms(pause * (rand() % 1000) / 1000);
		} else {
			if (kill(monitor, 0))
				break;
			idle++;
			pause_ms(1);
		}
	}
	printf("%d\n", sent);
	return sent < count;
}
