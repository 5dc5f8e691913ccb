// SPDX-License-Identifier: GPL-2.0-only
/*
 * The launcher: a child of the monitor, forked before the monitor confines itself,
 * that starts processes and reads /proc for it.
 *
 * Requests and answers are packets of a fixed size on a socket pair, one at a time.
 * There are three: start the zygote, of which nothing can be chosen; look at a
 * process, and at the monitor's children (look.c), of which any user may know what is
 * told.  So a monitor that is
 * under the guest's control gains nothing here.  The launcher has no memory in
 * common with the guest and no descriptors but those that the zygote gets.
 *
 * The zygote becomes the monitor's child (CLONE_PARENT).  The monitor has to know
 * of it in any case, since it waits for all its children at the end: so the new
 * process waits at a gate until its id was sent, and ends if it never is.
 *
 * The launcher dies with the monitor.  If it is killed, the guest goes on, until a
 * zygote has to be started.
 *
 * Calls after start-up, in the monitor: read write close poll kill[1=SIGKILL]
 *	waitid
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/launcher.h"
#include "host/spaces.h"
#include "host/zygote.h"
#include "syscall-bridge/handoff.h"

#define LOOK_MS		200	/* nothing depends on a look */
#define ZYGOTE_MS	20000

enum { ASK_ZYGOTE, ASK_LOOK, ASK_PAGE_TABLES };

struct request {
	uint32_t sequence, what;
	int32_t about;		/* process; ASK_PAGE_TABLES: how many MiB are too much */
};

struct answer {
	uint32_t sequence;
	int32_t result;		/* of ASK_ZYGOTE: its id, or -errno */
	struct look look;
	uint64_t page_tables;	/* bytes */
};

/* ---- the launcher ---- */

static void close_others(const struct vm *vm, int channel)
{
	int keep[] = { vm->ram.fd, vm->state_fd, vm->event_fd, vm->bridge_fd, vm->timer_fd, vm->wedge_fd,
		       vm->filters_fd, vm->init_fd, channel };
	const unsigned int n = sizeof(keep) / sizeof(keep[0]);
	unsigned int i, from = 0;

	for (;;) {
		unsigned int next = ~0U;

		for (i = 0; i < n; i++)
			if (keep[i] >= 0 && (unsigned int)keep[i] >= from && (unsigned int)keep[i] < next)
				next = keep[i];
		if (next > from)
			syscall(SYS_close_range, from, next - 1, 0);
		if (next == ~0U)
			return;
		from = next + 1;
	}
}

/* Makes the zygote; *gate gets what to write to, or close, when its id was sent. */
static int32_t make_zygote(struct vm *vm, pid_t monitor, int *gate)
{
	int ends[2];
	char go;
	long pid;

	*gate = -1;
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
	if (!pid) {
		close(ends[1]);
		if (read(ends[0], &go, 1) != 1)
			_exit(1);
		zygote_main(vm, monitor);
	}
	if (pid < 0)
		pid = -errno;
	close(ends[0]);
	*gate = ends[1];
	return pid;
}

static void __attribute__((noreturn)) serve(struct vm *vm, int channel, pid_t monitor)
{
	struct request request;
	int gate;

	while (read(channel, &request, sizeof(request)) == sizeof(request)) {
		struct answer answer = { .sequence = request.sequence };

		gate = -1;
		switch (request.what) {
		case ASK_ZYGOTE:
			answer.result = make_zygote(vm, monitor, &gate);
			break;
		case ASK_LOOK:
			look(&answer.look, request.about);
			break;
		case ASK_PAGE_TABLES:
			answer.page_tables = look_page_tables(monitor, (uint64_t)request.about << 20);
			break;
		}
		if (write(channel, &answer, sizeof(answer)) != sizeof(answer))
			break;
		if (gate >= 0) {
			if (write(gate, "", 1) != 1)
				break;
			close(gate);
		}
	}
	_exit(0);
}

static void __attribute__((noreturn)) launcher_main(struct vm *vm, int channel, pid_t monitor)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != monitor)
		_exit(1);
	prctl(PR_SET_NAME, "lol-launcher");
	/* Guest RAM is not inherited (MADV_DONTFORK). */
	munmap(vm->state, LOL_STATE_SIZE);
	munmap(vm->handoffs, LOL_HANDOFF_SIZE);
	close_others(vm, channel);
	serve(vm, channel, monitor);
}

/* ---- the monitor ---- */

int launcher_make(struct vm *vm, struct error *error)
{
	pid_t self = getpid(), pid;
	int ends[2];

	/* used later, where there is nobody to tell */
	if (poll(NULL, 0, 0))
		return error_errno(error, "the host refused poll");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return error_errno(error, "channel to the launcher");
	pid = fork();
	if (pid < 0)
		return error_errno(error, "starting the launcher");
	if (!pid)
		launcher_main(vm, ends[1], self);
	close(ends[1]);
	close(vm->wedge_fd);
	vm->wedge_fd = -1;
	vm->launcher.pid = pid;
	vm->launcher.fd = ends[0];
	return 0;
}

/* Waits for the answer to the last request; earlier ones were given up. */
static bool take_answer(struct vm *vm, int ms, struct answer *answer)
{
	struct pollfd p = { .fd = vm->launcher.fd, .events = POLLIN };
	int n;

	for (;;) {
		n = poll(&p, 1, ms);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || read(p.fd, answer, sizeof(*answer)) != sizeof(*answer))
			return false;
		if (answer->sequence == vm->launcher.sequence) {
			vm->launcher.owes = false;
			return true;
		}
	}
}

static bool ask(struct vm *vm, uint32_t what, int32_t about)
{
	struct request request = { .sequence = ++vm->launcher.sequence, .what = what, .about = about };

	if (vm->launcher.pid <= 0 || write(vm->launcher.fd, &request, sizeof(request)) != sizeof(request))
		return false;
	vm->launcher.owes = true;
	return true;
}

/* One that does not answer (stopped?) is not asked again and again. */
static bool ask_shortly(struct vm *vm, uint32_t what, int32_t about, struct answer *answer)
{
	if (vm->launcher.owes && !take_answer(vm, 0, answer))
		return false;
	return ask(vm, what, about) && take_answer(vm, LOOK_MS, answer);
}

bool launcher_look(struct vm *vm, pid_t pid, struct look *look)
{
	struct answer answer;

	memset(look, 0, sizeof(*look));
	if (!ask_shortly(vm, ASK_LOOK, pid, &answer))
		return false;
	*look = answer.look;
	return true;
}

bool launcher_page_tables(struct vm *vm, uint64_t enough, uint64_t *bytes)
{
	struct answer answer;

	if (!ask_shortly(vm, ASK_PAGE_TABLES, enough >> 20, &answer))
		return false;
	*bytes = answer.page_tables;
	return true;
}

pid_t launcher_zygote(struct vm *vm)
{
	struct answer answer;
	siginfo_t info;

	if (!ask(vm, ASK_ZYGOTE, 0)) {
		errno = ESRCH;
		return -1;
	}
	if (!take_answer(vm, ZYGOTE_MS, &answer)) {
		/* Once it is dead, either the answer is there or there is no zygote. */
		launcher_end(vm);
		waitid(P_PID, vm->launcher.pid, &info, WEXITED | WNOWAIT);
		if (!take_answer(vm, 0, &answer))
			answer.result = -ESRCH;
	}
	if (answer.result > 0)
		return answer.result;
	errno = -answer.result;
	return -1;
}

void launcher_lost(struct vm *vm)
{
	vm->launcher.pid = 0;
	close(vm->launcher.fd);
}

void launcher_end(struct vm *vm)
{
	if (vm->launcher.pid > 0)
		kill(vm->launcher.pid, SIGKILL);
}
