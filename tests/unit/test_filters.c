// SPDX-License-Identifier: GPL-2.0-only
/* The system call filters that the table yields, run as the host's kernel runs them. */
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "host/filters.h"
#include "syscall-bridge/handoff.h"
#include "syscall-bridge/state.h"

#define RAM_MAPPING	MAP_SHARED | MAP_FIXED
#define WITH_COOKIE(fd)	(LOL_COOKIE_HALF | (fd))

static struct lol_filters filters;

#define BPF_CHECK(claim)	assert_true(claim)
#include "tests/lib/bpf.h"

static uint32_t ask(unsigned int role, int nr, const uint64_t *args)
{
	struct seccomp_data data = { .nr = nr, .arch = AUDIT_ARCH_X86_64 };

	memcpy(data.args, args, sizeof(data.args));
	return bpf_run(&filters.role[role], &data);
}

#define PASSES(role, nr, ...) \
	assert_int_equal(ask(LOL_ROLE_##role, nr, (const uint64_t[6]){ __VA_ARGS__ }), SECCOMP_RET_ALLOW)
#define REFUSES(role, nr, ...) \
	assert_int_equal(ask(LOL_ROLE_##role, nr, (const uint64_t[6]){ __VA_ARGS__ }), otherwise[LOL_ROLE_##role])

static const uint32_t otherwise[] = {
	[LOL_ROLE_INIT] = SECCOMP_RET_KILL_PROCESS, [LOL_ROLE_ZYGOTE] = SECCOMP_RET_TRAP,
	[LOL_ROLE_VCPU] = SECCOMP_RET_TRAP, [LOL_ROLE_USER] = SECCOMP_RET_TRAP,
	[LOL_ROLE_AGENT] = SECCOMP_RET_KILL_PROCESS, [LOL_ROLE_TRACER] = SECCOMP_RET_TRAP,
};

/* Which calls pass at all, whatever their arguments: tried with those that the wedge uses. */
static void numbers(void **unused)
{
	static const uint64_t attempts[][6] = {
		{ 0 }, { 0, 0, 0, 0, 0, LOL_COOKIE }, { LOL_FD_EVENT, 0, 8, 0, 0, LOL_COOKIE },
		{ LOL_FD_TIMER, 1, 0, 0, 0, LOL_COOKIE }, { 0, 0, 0, RAM_MAPPING, WITH_COOKIE(LOL_FD_RAM), 0 },
		{ 0, 0, 0, RAM_MAPPING, LOL_FD_RAM, 0 }, { 0, 0, 0, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0 },
		{ LOL_FD_BRIDGE, 0, 8, LOL_OFFSET_MARK, 0, 0 }, { CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD },
		{ PR_SET_PDEATHSIG, SIGKILL }, { SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW },
		{ PTRACE_SEIZE },
	};
	static const int expected[LOL_NR_ROLES][25] = {
		[LOL_ROLE_INIT] = { SYS_futex, SYS_exit_group, -1 },
		[LOL_ROLE_ZYGOTE] = { SYS_write, SYS_mmap, SYS_mprotect, SYS_munmap, SYS_rt_sigaction, SYS_rt_sigprocmask,
				      SYS_pwrite64, SYS_clone, SYS_getppid, SYS_sigaltstack, SYS_prctl, SYS_futex,
				      SYS_sched_setaffinity, SYS_sched_getaffinity, SYS_getpgid, SYS_exit_group,
				      SYS_timerfd_settime, SYS_seccomp, SYS_close_range, SYS_restart_syscall, -1 },
		[LOL_ROLE_TRACER] = { SYS_write, SYS_mmap, SYS_mprotect, SYS_munmap, SYS_rt_sigaction, SYS_rt_sigprocmask,
				      SYS_pwrite64, SYS_clone, SYS_getppid, SYS_sigaltstack, SYS_prctl, SYS_futex,
				      SYS_sched_setaffinity, SYS_sched_getaffinity, SYS_getpgid, SYS_exit_group,
				      SYS_timerfd_settime, SYS_seccomp, SYS_close_range, SYS_restart_syscall,
				      SYS_ptrace, SYS_wait4, SYS_rt_sigreturn, -1 },
		[LOL_ROLE_VCPU] = { SYS_write, SYS_mmap, SYS_mprotect, SYS_munmap, SYS_futex, SYS_timerfd_settime,
				    SYS_exit_group, SYS_restart_syscall, -1 },
		[LOL_ROLE_USER] = { SYS_futex, -1 },
		[LOL_ROLE_AGENT] = { SYS_mmap, SYS_mprotect, SYS_munmap, SYS_pwrite64, SYS_futex, SYS_exit_group, -1 },
	};
	unsigned int role, i, k;
	int nr;

	(void)unused;
	for (role = 0; role < LOL_NR_ROLES; role++) {
		for (nr = 0; nr < 2048; nr++) {
			bool passed = false, wanted = false;

			for (k = 0; expected[role][k] >= 0; k++)
				wanted |= expected[role][k] == nr;
			for (i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
				uint32_t answer = ask(role, nr, attempts[i]);

				assert_true(answer == SECCOMP_RET_ALLOW || answer == otherwise[role]);
				passed |= answer == SECCOMP_RET_ALLOW;
				/* the same number of x32 */
				assert_int_equal(ask(role, nr | 0x40000000, attempts[i]), otherwise[role]);
			}
			if (passed != wanted)
				fail_msg("role %u, call %d: %s", role, nr, passed ? "passes" : "is refused");
		}
		assert_int_equal(ask(role, -1, attempts[0]), otherwise[role]);
	}
}

static void architecture(void **unused)
{
	struct seccomp_data data = { .nr = SYS_futex, .args = { [5] = LOL_COOKIE } };
	unsigned int role;

	(void)unused;
	for (role = 0; role < LOL_NR_ROLES; role++) {
		data.arch = AUDIT_ARCH_X86_64;
		assert_int_equal(bpf_run(&filters.role[role], &data), SECCOMP_RET_ALLOW);
		data.arch = AUDIT_ARCH_I386;
		assert_int_equal(bpf_run(&filters.role[role], &data), otherwise[role]);
	}
}

static void futex(void **unused)
{
	uint64_t op;

	(void)unused;
	for (op = 2; op < 0x400; op++) {
		REFUSES(USER, SYS_futex, 0, op, 0, 0, 0, LOL_COOKIE);
		REFUSES(VCPU, SYS_futex, 0, op, 0, 0, 0, LOL_COOKIE);
		REFUSES(AGENT, SYS_futex, 0, op);
		REFUSES(ZYGOTE, SYS_futex, 0, op);
		REFUSES(INIT, SYS_futex, 0, op);
	}
	for (op = 0; op < 2; op++) {
		PASSES(USER, SYS_futex, 0x1000, op, 7, 8, 9, LOL_COOKIE);
		PASSES(VCPU, SYS_futex, 0x1000, op, 7, 8, 9, LOL_COOKIE);
		PASSES(AGENT, SYS_futex, 0x1000, op, 7, 8, 9, 0);
		REFUSES(USER, SYS_futex, 0, op);
		REFUSES(USER, SYS_futex, 0, op, 0, 0, 0, LOL_COOKIE ^ 1);
		REFUSES(USER, SYS_futex, 0, op, 0, 0, 0, LOL_COOKIE ^ 1ULL << 63);
		REFUSES(USER, SYS_futex, 0, op | 1ULL << 32, 0, 0, 0, LOL_COOKIE);
	}
}

static void mappings(void **unused)
{
	int fd;

	(void)unused;
	PASSES(VCPU, SYS_mmap, 1, 2, 7, RAM_MAPPING, WITH_COOKIE(LOL_FD_RAM), 5);
	PASSES(AGENT, SYS_mmap, 1, 2, 7, RAM_MAPPING, LOL_FD_RAM, 5);
	PASSES(AGENT, SYS_mmap, 1, 2, 7, RAM_MAPPING | MAP_POPULATE, LOL_FD_RAM, 5);
	REFUSES(AGENT, SYS_mmap, 1, 2, 7, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, LOL_FD_RAM, 5);
	REFUSES(AGENT, SYS_mmap, 1, 2, 7, RAM_MAPPING | MAP_POPULATE | MAP_LOCKED, LOL_FD_RAM, 5);
	REFUSES(VCPU, SYS_mmap, 1, 2, 7, RAM_MAPPING, LOL_FD_RAM, LOL_COOKIE);
	REFUSES(VCPU, SYS_mmap, 1, 2, 7, MAP_SHARED, WITH_COOKIE(LOL_FD_RAM), 5);
	REFUSES(VCPU, SYS_mmap, 1, 2, 7, MAP_PRIVATE | MAP_FIXED, WITH_COOKIE(LOL_FD_RAM), 5);
	REFUSES(VCPU, SYS_mmap, 1, 2, 7, RAM_MAPPING | MAP_LOCKED, WITH_COOKIE(LOL_FD_RAM), 5);
	REFUSES(AGENT, SYS_mmap, 1, 2, 7, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	for (fd = 0; fd < 32; fd++) {
		if (fd == LOL_FD_RAM)
			continue;
		REFUSES(VCPU, SYS_mmap, 1, 2, 7, RAM_MAPPING, WITH_COOKIE(fd), 5);
		REFUSES(AGENT, SYS_mmap, 1, 2, 7, RAM_MAPPING, fd, 5);
		if (fd != LOL_FD_BRIDGE)
			REFUSES(ZYGOTE, SYS_mmap, 1, 2, 7, RAM_MAPPING, fd, 5);
	}
	REFUSES(USER, SYS_mmap, 1, 2, 7, RAM_MAPPING, WITH_COOKIE(LOL_FD_RAM), LOL_COOKIE);
}

static void descriptors(void **unused)
{
	int fd;

	(void)unused;
	for (fd = 0; fd < 64; fd++) {
		if (fd != LOL_FD_EVENT)
			REFUSES(VCPU, SYS_write, fd, 1, 8, 0, 0, LOL_COOKIE);
		if (fd < LOL_FD_TIMER)
			REFUSES(VCPU, SYS_timerfd_settime, fd, 1, 8, 0, 0, LOL_COOKIE);
		if (fd != LOL_FD_BRIDGE)
			REFUSES(AGENT, SYS_pwrite64, fd, 1, 8, LOL_OFFSET_MARK);
	}
	PASSES(VCPU, SYS_write, LOL_FD_EVENT, 1, 8, 0, 0, LOL_COOKIE);
	PASSES(VCPU, SYS_timerfd_settime, LOL_FD_TIMER, 1, 8, 0, 0, LOL_COOKIE);
}

/* As the wedge puts its own offset in. */
static void agent(void **unused)
{
	struct lol_filter *filter = &filters.role[LOL_ROLE_AGENT];

	(void)unused;
	PASSES(AGENT, SYS_pwrite64, LOL_FD_BRIDGE, 1, 8, LOL_OFFSET_MARK);
	assert_int_equal(filter->insn[filter->offset_at].k, LOL_OFFSET_MARK);
	filter->insn[filter->offset_at].k = 0x12000;
	PASSES(AGENT, SYS_pwrite64, LOL_FD_BRIDGE, 1, 8, 0x12000);
	REFUSES(AGENT, SYS_pwrite64, LOL_FD_BRIDGE, 1, 8, LOL_OFFSET_MARK);
	REFUSES(AGENT, SYS_pwrite64, LOL_FD_BRIDGE, 1, 8, 0x12008);
	REFUSES(AGENT, SYS_pwrite64, LOL_FD_BRIDGE, 1, 8, 0x100012000);
	REFUSES(AGENT, SYS_pwrite64, LOL_FD_BRIDGE, 1, 16, 0x12000);
	REFUSES(AGENT, SYS_pwrite64, LOL_FD_BRIDGE, 1, 1ULL << 32 | 8, 0x12000);
	filter->insn[filter->offset_at].k = LOL_OFFSET_MARK;
}

static void zygote(void **unused)
{
	(void)unused;
	REFUSES(ZYGOTE, SYS_clone, SIGCHLD);
	REFUSES(ZYGOTE, SYS_clone, CLONE_VM | CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD);
	REFUSES(ZYGOTE, SYS_clone, CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD | CLONE_NEWUSER);
	REFUSES(ZYGOTE, SYS_clone, CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD, 0x1000);
	PASSES(ZYGOTE, SYS_clone, CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM);
	REFUSES(ZYGOTE, SYS_prctl, PR_SET_PDEATHSIG, 0);
	REFUSES(ZYGOTE, SYS_prctl, PR_SET_DUMPABLE, 1);
	REFUSES(ZYGOTE, SYS_prctl, PR_SET_NAME, SIGKILL);
	REFUSES(ZYGOTE, SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

/* Of ptrace(2) what leads to registers and stops, nothing that leads to memory. */
static void tracer(void **unused)
{
	static const unsigned long used[] = {
		PTRACE_SEIZE, PTRACE_CONT, PTRACE_SYSEMU, PTRACE_SYSEMU_SINGLESTEP, PTRACE_GETREGS,
		PTRACE_GETREGSET, PTRACE_SETREGSET, PTRACE_GETSIGINFO, PTRACE_GET_SYSCALL_INFO,
	};
	unsigned long request, i;

	(void)unused;
	for (request = 0; request < 0x5000; request++) {
		for (i = 0; i < sizeof(used) / sizeof(used[0]) && used[i] != request; i++)
			;
		if (i < sizeof(used) / sizeof(used[0]))
			PASSES(TRACER, SYS_ptrace, request, 1);
		else
			REFUSES(TRACER, SYS_ptrace, request, 1);
		REFUSES(ZYGOTE, SYS_ptrace, request, 1);
		REFUSES(VCPU, SYS_ptrace, request, 1, 0, 0, 0, LOL_COOKIE);
		REFUSES(USER, SYS_ptrace, request, 1, 0, 0, 0, LOL_COOKIE);
	}
	PASSES(TRACER, SYS_ptrace, PTRACE_POKEUSER, 1, LOL_TRACEE_CS);
	REFUSES(TRACER, SYS_ptrace, PTRACE_POKEUSER, 1, LOL_TRACEE_CS + 8);
	REFUSES(TRACER, SYS_clone, SIGCHLD);
	PASSES(TRACER, SYS_pwrite64, LOL_FD_BRIDGE, 1, 8, 0x12000);
	REFUSES(TRACER, SYS_prctl, PR_SET_NAME, SIGKILL);
}

static int build(void **unused)
{
	struct error error;

	(void)unused;
	return filters_build(&filters, &error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(architecture),
		cmocka_unit_test(futex),
		cmocka_unit_test(mappings),
		cmocka_unit_test(descriptors),
		cmocka_unit_test(agent),
		cmocka_unit_test(zygote),
		cmocka_unit_test(tracer),
	};

	return cmocka_run_group_tests_name("filters", tests, build, NULL);
}
