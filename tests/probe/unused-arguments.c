// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: the host ignores the arguments that a call does not have, and the upper
 * half of mmap's descriptor; a seccomp filter sees all of them whole.  So the
 * wedge's calls can carry a mark (LOL_COOKIE) that tells them from the guest's.
 * Relied on by: syscall-bridge/sys.h, host/filters.c.
 */
#include "tests/probe/probe.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include "syscall-bridge/roles.h"

#define TAG	LOL_COOKIE

static long call6(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
	register uint64_t r10 asm("r10") = d;
	register uint64_t r8 asm("r8") = e;
	register uint64_t r9 asm("r9") = f;
	long ret;

	asm volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return ret;
}

/* With the upper half of the cookie in argument @n it answers EDOM, else it passes. */
static void load(unsigned int n)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + n * 8 + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TAG >> 32, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

static int exits_with(int code)
{
	int status = 0;
	pid_t pid = must(fork());

	if (!pid)
		call6(SYS_exit_group, code, 0, 0, 0, 0, TAG);
	must(waitpid(pid, &status, 0));
	return status == code << 8;
}

int main(void)
{
	struct itimerspec spec = { .it_value = { 1000, 0 } }, left;
	struct timespec soon = { 0, 1000000 };
	int memfd = must(memfd_create("probe", 0)), bell = must(eventfd(0, EFD_NONBLOCK));
	int timer = must(timerfd_create(CLOCK_MONOTONIC, 0));
	volatile uint32_t word = 1;
	uint64_t one = 1, count = 0;
	char *at, *old;
	pid_t pid;

	must(ftruncate(memfd, PAGE));
	must(pwrite(memfd, "x", 1, 0));
	at = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	old = (char *)call6(SYS_mmap, (uint64_t)at, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			    (TAG & ~0xffffffffULL) | (uint32_t)memfd, 0);
	ok(old == at && *at == 'x', "mmap ignores the upper half of its descriptor");
	ok(!call6(SYS_mprotect, (uint64_t)at, PAGE, PROT_READ, 0, 0, TAG), "mprotect ignores a sixth argument");
	ok(!call6(SYS_munmap, (uint64_t)at, PAGE, 0, 0, 0, TAG), "munmap, too");
	ok(call6(SYS_futex, (uint64_t)&word, 0, 0, 0, 0, TAG) == -EAGAIN &&
	   call6(SYS_futex, (uint64_t)&word, 0, 1, (uint64_t)&soon, 0, TAG) == -ETIMEDOUT, "futex WAIT, too");
	ok(!call6(SYS_futex, (uint64_t)&word, 1, 1, 0, 0, TAG), "futex WAKE, too");
	ok(call6(SYS_write, bell, (uint64_t)&one, 8, 0, 0, TAG) == 8 && read(bell, &count, 8) == 8 && count == 1,
	   "write, too");
	ok(!call6(SYS_timerfd_settime, timer, 0, (uint64_t)&spec, 0, 0, TAG) && !timerfd_gettime(timer, &left) &&
	   left.it_value.tv_sec > 900, "timerfd_settime, too");
	ok(exits_with(42), "exit_group, too");
	pid = must(fork());
	if (!pid) {
		load(5);
		_exit(call6(SYS_futex, (uint64_t)&word, 1, 1, 0, 0, TAG) == -EDOM &&
		      !call6(SYS_futex, (uint64_t)&word, 1, 1, 0, 0, 0) ? 0 : 1);
	}
	ok(!wait_for(pid), "a filter sees the sixth argument");
	pid = must(fork());
	if (!pid) {
		load(4);
		_exit(call6(SYS_mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, (TAG & ~0xffffffffULL) | (uint32_t)memfd, 0) == -EDOM &&
		      call6(SYS_mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, memfd, 0) > 0 ? 0 : 1);
	}
	ok(!wait_for(pid), "and the whole of the descriptor");
	return finish();
}
