// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: a process that a zygote makes with CLONE_PARENT is a child of the
 * zygote's parent (who gets SIGCHLD and reaps it), outlives the zygote, and,
 * having asked with PR_SET_PDEATHSIG, is killed when that parent dies.
 * Relied on by: make() and space_main() of syscall-bridge/space.c, host/spaces.c.
 */
#include "tests/probe/probe.h"
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

struct shared {
	volatile pid_t monitor, space[2], parent_seen;
	volatile int reaped, alive_after_zygote;
};

static pid_t make_space(struct shared *s, pid_t monitor, bool stays)
{
	pid_t pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	s->parent_seen = getppid();
	if (getppid() != monitor)
		_exit(1);
	while (stays)
		pause();
	_exit(33);
}

static void monitor(struct shared *s)
{
	pid_t self = getpid(), zygote = must(fork());

	s->monitor = self;
	if (!zygote) {
		s->space[0] = make_space(s, self, false);
		s->space[1] = make_space(s, self, true);
		_exit(0);
	}
	wait_for(zygote);
	s->reaped = wait_for(s->space[0]);
	usleep(20000);
	s->alive_after_zygote = !waitpid(s->space[1], NULL, WNOHANG);
	kill(self, SIGKILL);
}

int main(void)
{
	struct shared *s = shared_page();
	uint64_t start;
	pid_t pid;

	/* else the host's init would reap the orphan, and we not see how it ended */
	must(prctl(PR_SET_CHILD_SUBREAPER, 1));
	pid = must(fork());
	if (!pid)
		monitor(s);
	start = now_ns();
	ok(wait_for(pid) == 128 + SIGKILL, "the monitor is killed");
	ok(s->reaped == 33 && s->parent_seen == s->monitor, "the space is the monitor's child, not the zygote's");
	ok(s->alive_after_zygote, "it outlives the zygote");
	ok(wait_for(s->space[1]) == 128 + SIGKILL, "it is killed when the monitor dies");
	note("%lu us in all", (now_ns() - start) / 1000);
	return finish();
}
