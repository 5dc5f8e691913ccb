// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steady state: what happens when one of the monitor's descriptors is ready.
 *
 *	eventfd		a vCPU has a request		requests.c
 *	timerfd		a vCPU's timer has expired	raise its vector
 *	signalfd	a child ended, the window changed, somebody wants us to end
 *	timerfd		huge pages			huge.c
 *	timerfd		page tables			costs.c
 *	tick		once a second: clock, placement, is it busy?
 *	stdin, stdout	the console's and the streams'	dev/console.c
 *
 * Calls after start-up: read timerfd_settime
 */
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "host/affinity.h"
#include "host/base/log.h"
#include "host/bridges.h"
#include "host/confine.h"
#include "host/costs.h"
#include "host/dev/console.h"
#include "host/huge.h"
#include "host/memory_limits.h"
#include "host/requests.h"
#include "host/run.h"
#include "host/spaces.h"
#include "host/terminal.h"
#include "host/vcpu.h"

static void on_event(void *context, uint32_t events)
{
	struct vm *vm = context;
	uint64_t count;

	(void)events;
	/* Read first, look afterwards: a request made in between rings again. */
	if (read(vm->event_fd, &count, sizeof(count)) == sizeof(count))
		requests_serve(vm);
	affinity_spread(vm);
}

/*
 * The wedge arms the timerfd when the guest writes a deadline, and does not
 * bother to disarm it: what counts here is the deadline itself.  Host time and
 * the TSC as scaled for the guest differ by what is not yet corrected, so the
 * timerfd may be early; an interrupt that is early by microseconds would make
 * the guest arm it again and again until the time has really come.
 */
static void on_timer(void *context, uint32_t events)
{
	struct vm *vm = context;
	struct lol_vcpu *vcpu = vm_vcpu(vm);
	struct itimerspec rest = { 0 };
	uint64_t count, now, ns;
	unsigned int looks = 8;
	__u64 deadline;

	(void)events;
	if (read(vm->timer_fd, &count, sizeof(count)) != sizeof(count))
		return;
	do {
		deadline = __atomic_load_n(&vcpu->tsc_deadline, __ATOMIC_SEQ_CST);
		now = __rdtsc();
		if (!deadline || deadline <= now)
			break;
		ns = clock_ticks_ns(&vm->clock, deadline - now);
		rest.it_value.tv_sec = ns / 1000000000;
		rest.it_value.tv_nsec = ns % 1000000000 + 1;
		timerfd_settime(vm->timer_fd, 0, &rest, NULL);
		/* Changed meanwhile: that arming was overwritten.  At each look: somebody plays with us. */
	} while (__atomic_load_n(&vcpu->tsc_deadline, __ATOMIC_SEQ_CST) != deadline && --looks);
	if (deadline && deadline <= now &&
	    __atomic_compare_exchange_n(&vcpu->tsc_deadline, &deadline, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		vcpu_raise(vm, VM_VECTOR_TIMER);
}

static void on_tick(void *context, uint32_t events)
{
	struct vm *vm = context;
	uint64_t count;

	(void)events;
	if (read(vm->tick_watch.fd, &count, sizeof(count)) != sizeof(count))
		return;
	if (vm->baton_waits || vm->space_wanted) {
		spaces_poll(vm);
		return;
	}
	clock_refine(&vm->clock);
	affinity_review(vm);
	huge_review(vm);
	spaces_review(vm);
	spaces_review_tracer(vm);
	console_input_tick(vm->console);
}

static void on_signal(void *context, uint32_t events)
{
	struct vm *vm = context;
	struct signalfd_siginfo info;

	(void)events;
	while (vm->end == VM_RUNNING && read(vm->signal_watch.fd, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			spaces_reap(vm);
			break;
		case SIGWINCH:
			terminal_resized(vm);
			break;
		case SIGCONT:
			terminal_continued(vm);
			break;
		default:
			vm->exit_code = 128 + info.ssi_signo;
			vm_end(vm, VM_QUIT, NULL);
		}
	}
}

void run_forget_signals(struct vm *vm)
{
	struct signalfd_siginfo info;

	while (vm->signal_watch.fd > 0 && read(vm->signal_watch.fd, &info, sizeof(info)) == sizeof(info))
		;
}

void run_signals(sigset_t *set)
{
	static const int taken[] = { SIGCHLD, SIGWINCH, SIGCONT, SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	unsigned int i;

	sigemptyset(set);
	for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		sigaddset(set, taken[i]);
}

void run_tick_short(struct vm *vm, bool on)
{
	struct itimerspec period = {
		.it_value = { on ? 0 : 1, on ? 1000000 : 0 },
		.it_interval = { on ? 0 : 1, on ? 1000000 : 0 },
	};

	timerfd_settime(vm->tick_watch.fd, 0, &period, NULL);
}

static int watch(struct vm *vm, struct watch *watch, int fd, void (*ready)(void *, uint32_t))
{
	*watch = (struct watch){ .fd = fd, .ready = ready, .context = vm };
	return fd < 0 ? -1 : loop_watch(&vm->loop, watch, EPOLLIN);
}

int run_vm(struct vm *vm, struct error *error)
{
	sigset_t signals;
	int ret;

	run_signals(&signals);
	if (watch(vm, &vm->event_watch, vm->event_fd, on_event) ||
	    watch(vm, &vm->timer_watch, vm->timer_fd, on_timer) ||
	    watch(vm, &vm->signal_watch, signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), on_signal) ||
	    watch(vm, &vm->tick_watch, timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), on_tick))
		return error_errno(error, "event descriptors");
	/* What is used later where there is nobody to tell. */
	if (timerfd_settime(vm->tick_watch.fd, 0, &(struct itimerspec){ 0 }, NULL))
		return error_errno(error, "the host refused timerfd_settime");
	vm->oom_kills = memory_oom_kills();
	affinity_start();
	if (huge_start(vm, error) || costs_start(vm, error))
		return -1;
	/* From here on something of the guest's runs, and whatever it does comes here. */
	ret = confine();
	if (ret && !vm->config->quiet && host_has_filters())	/* without any, start_guest() has said so */
		log_line("warning: the monitor cannot confine itself: %s", strerror(-ret));
	if (spaces_start_zygote(vm, error))
		return -1;
	spaces_pass_baton(vm);
	return loop_run(&vm->loop, error);
}
