// SPDX-License-Identifier: GPL-2.0-only
/*
 * A monitor that does what it must not: linked into it, this does once, some loop
 * rounds after start-up, what LOL_MISBEHAVE names, as a guest's code would that had
 * got hold of the monitor.  With LOL_FREE it has not confined itself.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROUNDS	5

static int precious = -1;	/* a file that can be mapped */

int __real_epoll_wait(int fd, struct epoll_event *events, int most, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int most, int timeout);
int __real_confine(void);
int __wrap_confine(void);
void __real_confine_first(void);
void __wrap_confine_first(void);

static long execute(void)
{
	char *argv[] = { "true", NULL };

	/* In place of the monitor: what comes back is a failure. */
	return execv("/bin/true", argv);
}

static long kernel_call32(long number, long a)
{
	long ret;

	asm volatile("int $0x80" : "=a"(ret) : "a"(number), "b"(a), "c"(0), "d"(0) : "memory");
	return ret;
}

static long misbehave(const char *what, pid_t victim)
{
	static char page[8192];
	void *area = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (!strcmp(what, "open"))
		return open("/etc/passwd", O_RDONLY);
	if (!strcmp(what, "create"))
		return open("created", O_CREAT | O_WRONLY, 0600);
	if (!strcmp(what, "unlink"))
		return unlink("precious");
	if (!strcmp(what, "stat"))
		return syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", page, 0);
	if (!strcmp(what, "socket"))
		return socket(AF_INET, SOCK_STREAM, 0);
	if (!strcmp(what, "execve"))
		return execute();
	if (!strcmp(what, "fork"))
		return fork() ?: (_exit(0), 0);
	if (!strcmp(what, "kill"))
		return kill(victim, SIGKILL);
	if (!strcmp(what, "kill-term"))
		return kill(victim, SIGTERM);
	if (!strcmp(what, "kick"))
		return syscall(SYS_tgkill, victim, victim, SIGUSR1);
	if (!strcmp(what, "ptrace"))
		return ptrace(PTRACE_SEIZE, victim, NULL, NULL);
	if (!strcmp(what, "pidfd"))
		return syscall(SYS_pidfd_open, victim, 0);
	if (!strcmp(what, "code"))
		return mprotect(area, 4096, PROT_READ | PROT_EXEC);
	if (!strcmp(what, "new-code"))
		return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		       MAP_FAILED ? -1 : 0;
	if (!strcmp(what, "map-file"))
		return mmap(NULL, 4096, PROT_READ, MAP_SHARED, precious, 0) == MAP_FAILED ? -1 : 0;
	if (!strcmp(what, "type"))	/* into the terminal's input */
		return ioctl(0, TIOCSTI, "x");
	if (!strcmp(what, "x32"))
		return syscall(0x40000000 | SYS_open, "/etc/passwd", O_RDONLY);
	if (!strcmp(what, "int80"))	/* i386's getpid */
		return kernel_call32(20, 0);
	if (!strcmp(what, "abort"))
		abort();
	if (!strcmp(what, "assert"))
		assert(!page[0] && !what);
	if (!strcmp(what, "free")) {	/* found by malloc: what glibc does then must be allowed */
		char *volatile never_allocated = page + 16;

		free(never_allocated);
		return 0;
	}
	return -1;
}

int __wrap_confine(void)
{
	precious = open("precious", O_RDONLY | O_CLOEXEC);
	return getenv("LOL_FREE") ? 0 : __real_confine();
}

void __wrap_confine_first(void)
{
	if (!getenv("LOL_FREE"))
		__real_confine_first();
}

int __wrap_epoll_wait(int fd, struct epoll_event *events, int most, int timeout)
{
	const char *what = getenv("LOL_MISBEHAVE"), *victim = getenv("LOL_VICTIM");
	static unsigned int rounds;
	char line[128];
	long ret;

	if (what && ++rounds == ROUNDS) {
		errno = 0;
		ret = misbehave(what, victim ? atoi(victim) : -1);
		snprintf(line, sizeof(line), "misbehave: %s: %s\n", what, ret < 0 ? strerrorname_np(errno) : "done");
		if (write(STDERR_FILENO, line, strlen(line)) < 0)
			abort();
		_exit(ret < 0 ? 78 : 77);
	}
	return __real_epoll_wait(fd, events, most, timeout);
}
