// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: a timerfd that one process inherited and arms wakes the epoll of the
 * process that made it, armed anew or cancelled as well; so does a write to an
 * inherited eventfd.
 * Relied on by: the vCPU's timer (host/clock.c, timerfd_settime in
 * host/filters.c) and its requests (LOL_FD_EVENT, host/loop.c).
 */
#include "tests/probe/probe.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>

static int arm(int fd, uint64_t at)
{
	struct itimerspec spec = { .it_value = { at / 1000000000, at % 1000000000 } };

	return timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

/* In a child, as a space does: arm the timer for @at (0: cancel), ring the bell. */
static void child_arms(int timer, int bell, uint64_t at)
{
	uint64_t one = 1;
	pid_t pid = must(fork());

	if (!pid)
		_exit(arm(timer, at) || (bell >= 0 && write(bell, &one, 8) != 8));
	if (wait_for(pid))
		bail("the child could not arm the timer");
}

int main(void)
{
	int timer = must(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
	int bell = must(eventfd(0, EFD_NONBLOCK)), poll = must(epoll_create1(0));
	struct epoll_event event = { .events = EPOLLIN, .data.fd = timer };
	uint64_t count, at;
	int n;

	must(epoll_ctl(poll, EPOLL_CTL_ADD, timer, &event));
	event.data.fd = bell;
	must(epoll_ctl(poll, EPOLL_CTL_ADD, bell, &event));

	at = now_ns() + 20000000;
	child_arms(timer, -1, at);
	n = epoll_wait(poll, &event, 1, 1000);
	ok(n == 1 && event.data.fd == timer && now_ns() >= at, "armed by a child, it wakes the parent's epoll");
	note("%lu us late", (now_ns() - at) / 1000);
	ok(read(timer, &count, 8) == 8 && count == 1, "and is read there");
	ok(!epoll_wait(poll, &event, 1, 0), "which makes it quiet");

	child_arms(timer, -1, now_ns() + 30000000);
	child_arms(timer, -1, now_ns() + 1000000000000);
	ok(!epoll_wait(poll, &event, 1, 60), "armed anew for later, it does not fire early");
	child_arms(timer, -1, 1);
	ok(epoll_wait(poll, &event, 1, 1000) == 1 && event.data.fd == timer, "armed for the past, it fires at once");
	child_arms(timer, -1, 0);
	ok(!epoll_wait(poll, &event, 1, 0) && read(timer, &count, 8) == -1 && errno == EAGAIN,
	   "cancelled after it fired, it is quiet");
	child_arms(timer, bell, 0);
	ok(epoll_wait(poll, &event, 1, 1000) == 1 && event.data.fd == bell && read(bell, &count, 8) == 8,
	   "an inherited eventfd wakes it too");
	return finish();
}
