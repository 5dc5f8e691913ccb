// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench [SCALE]: what one operation costs, in nanoseconds, median of several
 * samples.  One static program, run natively, in lol and in UML by turns
 * (scripts/bench.sh).  Output: "name nanoseconds", one a line.
 *
 * "fault1": anonymous memory touched page by page where no large folio may be
 * used; "fault16": the same where the kernel may (64 KiB are asked for through
 * sysfs if it lets us).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES 15

static char *self;
static int zero, to[2], from[2];

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void null_call(long n)
{
	while (n--)
		syscall(SYS_getppid);
}

static void clock_read(long n)
{
	struct timespec ts;

	while (n--)
		clock_gettime(CLOCK_MONOTONIC, &ts);
}

static void read_one(long n)
{
	char c;

	while (n--)
		if (read(zero, &c, 1) != 1)
			exit(1);
}

static void faults(long n, int advice)
{
	char *p = mmap(NULL, n * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long i;

	if (p == MAP_FAILED)
		exit(1);
	madvise(p, n * 4096, advice);
	for (i = 0; i < n; i++)
		p[i * 4096] = 1;
	munmap(p, n * 4096);
}

static void fault_single(long n)
{
	faults(n, MADV_NOHUGEPAGE);
}

static void fault_folio(long n)
{
	faults(n, MADV_HUGEPAGE);
}

static void map_touch(long n)
{
	char *p;
	int i;

	while (n--) {
		p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (i = 0; i < 65536; i += 4096)
			p[i] = 1;
		munmap(p, 65536);
	}
}

static void handler(int sig)
{
	(void)sig;
}

static void signal_self(long n)
{
	pid_t pid = getpid();

	while (n--)
		kill(pid, SIGUSR1);
}

static void ping_pong(long n)
{
	char c = 0;

	while (n--)
		if (write(to[1], &c, 1) != 1 || read(from[0], &c, 1) != 1)
			exit(1);
}

static void fork_exit(long n)
{
	pid_t pid;

	while (n--) {
		pid = fork();
		if (!pid)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			exit(1);
	}
}

static void vfork_exec(long n)
{
	pid_t pid;

	while (n--) {
		pid = vfork();
		if (!pid) {
			execl(self, self, "exit", NULL);
			_exit(1);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			exit(1);
	}
}

static int compare(const void *a, const void *b)
{
	return (*(double *)a > *(double *)b) - (*(double *)a < *(double *)b);
}

static void measure(const char *name, void (*f)(long), long n, double scale)
{
	double sample[SAMPLES];
	uint64_t start;
	int i;

	n = n * scale < 1 ? 1 : n * scale;
	f(n / 10 + 1);		/* warm up */
	for (i = 0; i < SAMPLES; i++) {
		start = now();
		f(n);
		sample[i] = (double)(now() - start) / n;
	}
	qsort(sample, SAMPLES, sizeof(sample[0]), compare);
	printf("%s %.1f\n", name, sample[SAMPLES / 2]);
	fflush(stdout);
}

/* Asks for 64 KiB folios where the caller may; where not, the numbers are those of the system's setting. */
static void folios(const char *setting)
{
	int fd = open("/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled", O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, setting, strlen(setting)) < 0)
		fprintf(stderr, "no 64 KiB folios\n");
	close(fd);
}

int main(int argc, char **argv)
{
	double scale = argc > 1 ? atof(argv[1]) : 1;
	pid_t pid;

	if (argc > 1 && !strcmp(argv[1], "exit"))
		return 0;
	self = argv[0];
	zero = open("/dev/zero", O_RDONLY);
	signal(SIGUSR1, handler);
	if (zero < 0 || pipe(to) || pipe(from))
		return 1;

	measure("syscall", null_call, 20000, scale);
	measure("clock_gettime", clock_read, 100000, scale);
	measure("read1", read_one, 20000, scale);
	measure("fault1", fault_single, 4096, scale);
	if (argc > 2) {		/* in the guest only: the host's setting is not ours to change */
		folios("madvise");
		measure("fault16", fault_folio, 4096, scale);
		folios("never");
	}
	measure("map64k", map_touch, 300, scale);
	measure("signal", signal_self, 3000, scale);

	pid = fork();
	if (!pid) {
		char c;

		close(to[1]);
		close(from[0]);
		while (read(to[0], &c, 1) == 1)
			if (write(from[1], &c, 1) != 1)
				break;
		_exit(0);
	}
	measure("pipe", ping_pong, 2000, scale);
	close(to[1]);
	waitpid(pid, NULL, 0);
	measure("fork", fork_exit, 50, scale);
	measure("vfork", vfork_exec, 50, scale);
	return 0;
}
