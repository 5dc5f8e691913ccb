// SPDX-License-Identifier: GPL-2.0-only
/*
 * The monitor as a hostile guest sees it: requests of all kinds, register windows
 * of console and random number generator, their queues and messages, site records
 * by address, over RAM of the guest's choice.  Input comes to the streams as well.
 * Each request is answered, ends the guest, or waits for what may come; nothing
 * outside of RAM and the vCPU page is touched.
 *
 * The input is a list of steps: a byte says which, what follows is its own.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <lol/service.h>
#include "host/base/log.h"
#include "host/dev/console.h"
#include "host/dev/rng.h"
#include "host/huge.h"
#include "host/requests.h"
#include "host/run.h"
#include "host/site_service.h"
#include "host/spaces.h"
#include "tests/fuzz/fuzz.h"

#define SIZE	(256UL << 10)
#define STEPS	400

static struct vm vm;
static struct config config = { .quiet = true };
static int to_stdin;

void vcpu_raise(struct vm *v, unsigned int vector)
{
	check(v == &vm && vector >= VM_VECTOR_DEVICE && vector < VM_VECTOR_DEVICE + VM_MAX_DEVICES);
}

void vm_end(struct vm *v, enum vm_end end, const char *format, ...)
{
	char text[1024];
	va_list ap;

	v->end = end;
	if (!format)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	check(!strpbrk(text, "\033\r\b"));
}

void spaces_want(struct vm *v)
{
	v->space_wanted = true;
}

bool spaces_silent(struct vm *v, uint32_t slot, bool certain, uint64_t what)
{
	(void)v;
	(void)slot;
	(void)certain;
	(void)what;
	return true;
}

void huge_forget(struct vm *v, uint64_t start, uint64_t size)
{
	check(start + size > start && start + size <= v->ram.size);
}

static void request(uint32_t reason, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	struct lol_exit *x = &vm_vcpu(&vm)->exit;

	if (vm.end != VM_RUNNING || x->state == LOL_EXIT_REQUESTED)
		return;
	x->reason = reason;
	x->arg[0] = a;
	x->arg[1] = b;
	x->arg[2] = c;
	x->arg[3] = d;
	x->arg[4] = e;
	x->state = LOL_EXIT_REQUESTED;
	requests_serve(&vm);
	check(x->state == LOL_EXIT_DONE || vm.end != VM_RUNNING || vm.space_wanted || vm.write_held);
	vm.space_wanted = false;
}

static void serve_events(void)
{
	struct epoll_event event[8];
	int i, n = epoll_wait(vm.loop.fd, event, 8, 0);

	for (i = 0; i < n; i++) {
		struct watch *watch = event[i].data.ptr;

		if (watch->added)
			watch->ready(watch->context, event[i].events);
	}
}

/* Registers that do something, with their neighbours by mistake. */
static uint64_t offset(uint8_t n)
{
	static const uint16_t registers[] = {
		0x000, 0x010, 0x014, 0x020, 0x024, 0x030, 0x034, 0x038, 0x044, 0x050, 0x060, 0x064,
		0x070, 0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4, 0x0fc, 0x100, 0x104, 0xffc, 0x0b0,
	};

	return n < 240 ? registers[n % 24] : (uint64_t)(n - 240) * 0x111;
}

static void step(struct input *in)
{
	uint8_t what = TAKE(in, uint8_t), n;
	uint64_t window = LOL_GPA_DEVICES + (what >> 4 & 3) * 0x1000, arg[5];
	uint32_t at;

	switch (what & 15) {
	case 0 ... 4:
		n = TAKE(in, uint8_t);
		request(LOL_EXIT_MMIO_WRITE, window + offset(n), 4, TAKE(in, uint32_t), 0, 0);
		break;
	case 5:
		request(LOL_EXIT_MMIO_READ, window + offset(TAKE(in, uint8_t)), 1U << (what >> 6), 0, 0, 0);
		break;
	case 6 ... 9:
		at = TAKE(in, uint16_t) * 4;
		n = TAKE(in, uint8_t) % 65;
		if (at + n <= SIZE)
			take(in, vm.ram.base + at, n);
		break;
	case 10:
		if (write(to_stdin, "input\nfrom outside\001x", 1 + TAKE(in, uint8_t) % 20) < 0)
			break;
		serve_events();
		break;
	case 11:
		console_input_tick(vm.console);
		serve_events();
		break;
	case 12:
		take(in, arg, sizeof(arg));
		request(LOL_EXIT_SITES, arg[0] & 3, LOL_MODULES_START + (arg[1] & 0xffff), arg[2] & 0xffff,
			LOL_MODULES_START + (arg[3] & 0xffff), arg[4] & 0x3ff);
		break;
	case 13:
		at = TAKE(in, uint16_t) % LOL_EXIT_TEXT;
		take(in, vm_vcpu(&vm)->exit.text + at, LOL_EXIT_TEXT - at < 32 ? LOL_EXIT_TEXT - at : 32);
		break;
	case 14:
		vm_vcpu(&vm)->cr3 = TAKE(in, uint16_t) & 0x3f000;
		break;
	default:
		n = TAKE(in, uint8_t) % 16;
		take(in, arg, sizeof(arg));
		request(n, arg[0], arg[1], arg[2], arg[3], arg[4]);
	}
	vm.end = VM_RUNNING;
}

static void set_up(void)
{
	const struct console_setup setup = { .streams = true, .status = true, .hidden = true };
	struct error error;
	int in[2];

	vm.config = &config;
	vm.ram = (struct ram){ .base = guarded(SIZE), .size = SIZE };
	vm.state = (void *)guarded(LOL_STATE_SIZE);
	check(!pipe2(in, O_CLOEXEC | O_NONBLOCK) && dup2(in[0], 0) == 0);
	to_stdin = in[1];
	check(dup2(open("/dev/null", O_WRONLY), 1) == 1);
	check(!loop_make(&vm.loop, &error) && !console_make(&vm, &setup, &error) && !rng_make(&vm, &error));
	check(!site_service_start(&vm, &error));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned int i;
	char rest[256];

	if (!vm.state)
		set_up();
	memset(vm.ram.base, 0, SIZE);
	memset(vm_vcpu(&vm), 0, sizeof(struct lol_vcpu));
	vm.write_held = false;
	for (i = 0; i < STEPS && in.size; i++)
		step(&in);
	/* a new machine for the next input */
	vm_vcpu(&vm)->exit.state = LOL_EXIT_IDLE;
	vm.write_held = false;
	for (i = 0; i < vm.nr_devices; i++)
		request(LOL_EXIT_MMIO_WRITE, vm.device[i]->address + 0x70, 4, 0, 0, 0);
	request(LOL_EXIT_SITES, LOL_SITES_REMOVE, 0, ~0ULL >> 1, 0, 0);
	while (read(0, rest, sizeof(rest)) > 0)
		;
	return 0;
}
