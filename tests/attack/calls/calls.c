// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile guest user code: host calls by every way there is.
 *
 *   calls [none] [long] [first]	none: not even futex is expected to pass (ptrace bridge);
 *				long: every number with each instruction, more arguments;
 *				first: ends when a call passes
 *
 * The wedge's syscall instructions with the cookie, every one that can be reached,
 * every number, as x32 number, too, and with the upper half set; the program's own with
 * the cookie; int 0x80, sysenter, the vsyscall page.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "tests/attack/user.h"

#define NUMBERS	1024
#define RESTARTBLOCK	516	/* of the host's kernel: interrupted, as a tracer sees it */

static uint64_t site[SITES_MAX];
static unsigned int sites, passed;
static char path[] = "/tmp/attack-was-here";
static bool thorough, first;

/* futex is another test's; uretprobe and uprobe no filter sees (Linux 6.14): they raise SIGILL */
static bool exempt(uint64_t nr)
{
	return nr == SYS_futex || nr == 335 || nr == 336;
}

static void try(uint64_t at, uint64_t nr, const uint64_t *args)
{
	uint64_t result;

	if (exempt((uint32_t)nr & 0x3fffffff) || !made(at, nr, args, &result) || passed++)
		return;
	printf("# call %#llx at %#llx passed: %#llx\n", (unsigned long long)nr, (unsigned long long)at,
	       (unsigned long long)result);
	if (first)
		exit(0);
}

static void by_number(uint64_t at)
{
	const uint64_t make[6] = { (uint64_t)path, 0102, 0600, 0, LOL_COOKIE_HALF | 3, LOL_COOKIE };

	for (uint64_t nr = 0; nr < NUMBERS; nr++) {
		try(at, nr, make);
		try(at, nr | 0x40000000, make);
		try(at, nr | 0xffffffff00000000, make);
	}
}

/* What some role of the wedge's may do, or would do harm at once; with arguments of its own. */
static void worst_calls(uint64_t at)
{
	static const struct {
		uint64_t nr, args[6];
	} worst[] = {
		{ SYS_mmap, { LOL_WEDGE_TEXT, PAGE, 7, MAP_SHARED | MAP_FIXED, LOL_COOKIE_HALF | 3 } },
		{ SYS_mmap, { 0x10000000, PAGE, 7, MAP_SHARED | MAP_FIXED, LOL_COOKIE_HALF | 3 } },
		{ SYS_mmap, { 0x10000000, PAGE, 7, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, ~0ULL } },
		{ SYS_munmap, { LOL_WEDGE_HANDOFF, 0x10000 } },
		{ SYS_mprotect, { LOL_WEDGE_TEXT, PAGE, 7 } },
		{ SYS_mprotect, { LOL_WEDGE_HANDOFF + LOL_HANDOFF_DONE, PAGE, 3 } },
		{ SYS_mprotect, { LOL_WEDGE_HANDOFF + LOL_HANDOFF_OPS, PAGE, 3 } },
		{ SYS_pwrite64, { 6, LOL_WEDGE_TEXT, 8, LOL_HANDOFF_DONE } },
		{ SYS_exit_group, { 0 } }, { SYS_exit, { 0 } },
		{ SYS_clone, { 0x100, 0, 0, 0, 0 } }, { SYS_clone, { 17, 0, 0, 0, 0 } },
		{ SYS_seccomp, { 1, 4, LOL_WEDGE_FILTERS } },
		{ SYS_prctl, { 1, 9 } }, { SYS_ptrace, { 0 } },
		{ SYS_rt_sigprocmask, { 0, LOL_WEDGE_TEXT, 0, 8 } },
		{ SYS_rt_sigaction, { 10, LOL_WEDGE_TEXT, 0, 8 } },
		{ SYS_rt_sigreturn, { 0 } },
		{ SYS_sigaltstack, { LOL_WEDGE_TEXT } },
		{ SYS_close_range, { 0, ~0U, 0 } },
		{ SYS_kill, { ~0ULL, 0 } }, { SYS_tgkill, { 1, 1, 9 } }, { SYS_rt_sigqueueinfo, { 1, 9, LOL_WEDGE_TEXT } },
		{ SYS_openat, { -100ULL, 0, 0102, 0600 } }, { SYS_execve, { 0 } }, { SYS_socket, { 1, 1 } },
		{ SYS_process_vm_writev, { 1 } }, { SYS_sched_setaffinity, { 0, 8, LOL_WEDGE_TEXT } },
		{ SYS_timerfd_settime, { 7, 1, LOL_WEDGE_TEXT } }, { SYS_write, { 5, LOL_WEDGE_TEXT, 8 } },
		{ SYS_restart_syscall, { 0 } }, { 425, { 8, LOL_WEDGE_TEXT } }, { 434, { 1 } }, { 449, { 0 } },
	};

	for (unsigned int i = 0; i < sizeof(worst) / sizeof(worst[0]); i++) {
		uint64_t args[6];

		memcpy(args, worst[i].args, sizeof(args));
		args[5] = LOL_COOKIE;
		try(at, worst[i].nr, args);
	}
}

static void by_wedge(void)
{
	unsigned int rounds = thorough ? 200000 : first ? 500 : 5000;
	uint64_t args[6];

	sites = find_bytes(0x0f, 0x05, site, SITES_MAX);
	ok(sites > 10 && sites < SITES_MAX, "%u syscall instructions of the wedge can be reached", sites);
	for (unsigned int s = 0; s < sites; s++) {
		if (s < (first ? 1 : 2) || thorough)
			by_number(site[s]);
		worst_calls(site[s]);
	}
	ok(!passed, "no number but futex's passes from them (%u did)", passed);
	passed = 0;
	for (unsigned int i = 0; i < rounds; i++) {
		for (int k = 0; k < 5; k++)
			args[k] = random_address();
		args[4] = random64() & 1 ? LOL_COOKIE_HALF | (random64() & 7) : args[4];
		args[5] = random64() & 15 ? LOL_COOKIE : random64();
		try(site[random64() % sites], random64() % NUMBERS, args);
	}
	ok(!passed, "nor with %u times arguments of noise (%u did)", rounds, passed);
}

static void by_futex(bool none)
{
	unsigned int other = 0;
	uint64_t args[6] = { (uint64_t)path & ~3ULL, 0, 0, 1, (uint64_t)path & ~3ULL, LOL_COOKIE }, result = 1;
	bool woke;

	for (uint64_t op = 2; op < 0x1000; op++) {
		args[1] = op;
		other += made(site[0], SYS_futex, args, &result);
		args[1] = op << 20 | (op & 1);
		other += made(site[1], SYS_futex, args, &result);
	}
	ok(!other, "no operation of futex but WAIT and WAKE passes (%u did)", other);
	args[1] = 1;
	args[3] = args[4] = 0;
	woke = made(site[0], SYS_futex, args, &result);
	if (none)
		ok(!woke, "nor does futex WAKE");
	else
		ok(woke && !result, "futex WAKE does, and wakes nobody (%d, %#llx)", woke, (unsigned long long)result);
	args[5] = 0;
	ok(!made(site[0], SYS_futex, args, &result), "without the cookie it does not");
}

/*
 * The cookie in calls of the program's own: they stay the guest's, whose kernel
 * knows nothing of the wedge's addresses; the host would do as it is told.  A futex
 * call is the exception: with the cookie the user thread's filter passes it, so it is
 * the host's, and a kick of the guest interrupts it.
 */
static void by_own(void)
{
	volatile uint32_t word = 1;
	struct timespec soon = { 0, 1000000 };
	uint64_t text = LOL_WEDGE_TEXT + 0x8000;
	long waited;

	ok(own(SYS_mprotect, text, PAGE, PROT_READ | PROT_WRITE, 0, 0) < 0 && !writable(text),
	   "the program's own mprotect of the wedge with the cookie is refused");
	ok(own(SYS_munmap, text, PAGE, 0, 0, 0) < 0 && readable(text), "its munmap, too");
	ok(own(SYS_mmap, text, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, LOL_COOKIE_HALF | 3) < 0 &&
	   !writable(text), "its mmap, too");
	ok(own(SYS_getpid, 0, 0, 0, 0, 0) == getpid() && own(SYS_gettid, 0, 0, 0, 0, 0) == gettid(),
	   "the guest answers what it asks with the cookie");
	do {
		waited = own(SYS_futex, (uint64_t)&word, 0, 1, (uint64_t)&soon, 0);
	} while (waited == -EINTR || waited == -RESTARTBLOCK);
	ok(own(SYS_futex, (uint64_t)&word, 0, 0, 0, 0) == -EAGAIN && waited == -ETIMEDOUT &&
	   !own(SYS_futex, (uint64_t)&word, 1, 1, 0, 0), "futex with it waits (%ld) and wakes", waited);
}

/* In reach of 32-bit registers: sysenter's stack. */
static uint64_t entry_args[6], low[512];

static void int80(uint64_t nr)
{
	uint64_t rax = nr;

	asm volatile("pushq %%rbp\nmovq %%rdi, %%rbp\nint $0x80\npopq %%rbp"
		     : "+a"(rax) : "b"(entry_args[0]), "c"(entry_args[1]), "d"(entry_args[2]), "S"(entry_args[3]),
		       "D"(entry_args[4]) : "r8", "r9", "r10", "r11", "memory");
}

static void sysenter(uint64_t nr)
{
	uint64_t rax = nr;

	/* where it is a system call, ebp is the stack and its word the sixth argument */
	asm volatile("pushq %%rbp\nmovq %%rdi, %%rbp\nsysenter\npopq %%rbp"
		     : "+a"(rax) : "b"(entry_args[0]), "c"(entry_args[1]), "d"(entry_args[2]), "S"(entry_args[3]),
		       "D"(entry_args[4]) : "r8", "r9", "r10", "r11", "memory");
}

static void by_old_entries(void)
{
	static const struct {
		const char *name;
		void (*enter)(uint64_t);
		uint8_t bytes[2];
	} entry[] = { { "int 0x80", int80, { 0xcd, 0x80 } }, { "sysenter", sysenter, { 0x0f, 0x34 } } };

	for (int e = 0; e < 2; e++) {
		static uint64_t found[SITES_MAX];
		unsigned int there = find_bytes(entry[e].bytes[0], entry[e].bytes[1], found, SITES_MAX);
		uint64_t result;

		passed = 0;
		for (uint64_t nr = 0; nr < NUMBERS; nr++) {
			const uint64_t make[6] = { (uint64_t)path, 0102, 0600, 0, 0, 0 };

			for (int k = 0; k < (thorough ? 20 : 2); k++) {
				for (int i = 0; i < 5; i++)
					entry_args[i] = k > 1 ? random_address() : make[i];
				if (!k)
					entry_args[4] = (uint64_t)&low[256];
				passed += survives(entry[e].enter, nr);
				passed += survives(entry[e].enter, nr | 0x40000000);
			}
			for (unsigned int s = 0; s < there; s++)
				passed += made(found[s], nr, make, &result);
		}
		ok(!passed, "%s is no system call, by own instructions or %u chances of the wedge's (%u were)",
		   entry[e].name, there, passed);
	}
}

static void vsyscall_time(uint64_t at)
{
	long now = ((long (*)(long *))at)(NULL);

	/* the host's answer would be as right */
	if (now && labs(now - time(NULL)) > 2)
		passed++;
}

static void vsyscall_inside(uint64_t at)
{
	uint64_t rax = SYS_openat;

	asm volatile("call *%1" : "+a"(rax) : "r"(at), "D"(-100L), "S"(path), "d"(0102), "c"(0600)
		     : "r8", "r9", "r10", "r11", "memory");
	passed++;
}

static void vsyscall_write(uint64_t at)
{
	((long (*)(uint64_t))at)(LOL_WEDGE_TEXT);
}

static void by_vsyscall(void)
{
	const uint64_t page = 0xffffffffff600000ULL;
	unsigned int returned = 0, calls = 0;

	passed = 0;
	for (uint64_t at = page - 16; at < page + PAGE + 16; at += thorough ? 1 : 3)
		if (at % 0x400 || at < page || at >= page + 0xc00)
			survives(vsyscall_inside, at);
	ok(!passed, "nothing between the entries of the vsyscall page can be called (%u could)", passed);
	for (int i = 0; i < 3; i++)
		calls += survives(vsyscall_time, page + 0x400);
	for (uint64_t at = page; at < page + 0xc00; at += 0x400)
		returned += survives(vsyscall_write, at) && at == page;
	ok(!passed && !returned && readable(LOL_WEDGE_TEXT), "its entries are the guest's or none (time answered %u times)",
	   calls);
}

int main(int argc, char **argv)
{
	bool none = false;

	for (int i = 1; i < argc; i++) {
		none |= !strcmp(argv[i], "none");
		thorough |= !strcmp(argv[i], "long");
		first |= !strcmp(argv[i], "first");
	}
	begin();
	*(volatile char *)path = '/';	/* now the host would see it, too */
	by_wedge();
	by_futex(none);
	by_own();
	by_old_entries();
	by_vsyscall();
	ok(getpid() > 0 && access(path, F_OK), "the guest's own calls still work, and nothing was made");
	return finish();
}
