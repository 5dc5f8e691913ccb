/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_VM_H
#define HOST_VM_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <lol/boot.h>
#include "host/base/error.h"
#include "host/clock.h"
#include "host/config.h"
#include "host/dev/device.h"
#include "host/elf.h"
#include "host/history.h"
#include "host/loop.h"
#include "host/ram.h"
#include "syscall-bridge/state.h"

struct console;

#define VM_MAX_DEVICES	8
#define VM_VECTOR_TIMER	0xec
#define VM_VECTOR_DEVICE 0x30	/* of device 0; device i: + i */

/* How the guest ended. */
enum vm_end {
	VM_RUNNING,
	VM_OFF,			/* powered off, or exit code through the exit port */
	VM_RESET,		/* asked for a reset */
	VM_PANIC,		/* guest kernel panic */
	VM_BROKEN,		/* guest kernel broke the contract */
	VM_HOST,		/* the host failed */
	VM_QUIT,		/* the user or a signal ended lol */
};

/*
 * One guest.  Guest RAM, the vCPU pages in the state memfd and the devices are
 * the guest; the rest describes host processes and the terminal.
 */
struct vm {
	const struct config *config;
	struct loop loop;
	struct ram ram;
	struct lol_state *state;
	int state_fd;
	int filters_fd;		/* system call filters of its processes */
	int bridge_fd;		/* hand-overs of the split bridge */
	uint8_t *handoffs;	/* that memory */
	int event_fd;		/* the vCPUs ring it */
	int timer_fd;		/* of vCPU 0 */
	struct watch event_watch, timer_watch, signal_watch, tick_watch;
	uint64_t ticks;

	/* loader */
	struct elf_image image;
	struct lol_range initrd, tables;

	/* blocks of 2 MiB of RAM: huge.c */
	struct {
		struct watch watch;
		uint8_t *done;		/* per block: tried */
		uint64_t next;		/* block to look at */
		bool found;		/* something in this round */
		long rest;		/* ns, after the next round without; 0: the host refuses */
		uint64_t time;		/* the guest's hand-overs, at the last review */
	} huge;

	/* page tables of its processes: costs.c */
	struct {
		struct watch watch;
		uint64_t limit, seen;	/* bytes: may have, had at the last look */
		uint64_t host;		/* what the host had then, in all */
		unsigned int ticks;	/* since then */
	} costs;

	struct clock clock;
	struct history history;

	/* devices */
	struct device *device[VM_MAX_DEVICES];
	unsigned int nr_devices;
	struct console *console;
	bool write_held;	/* an MMIO write waits for the console's output to drain */

	/* host processes */
	int wedge_fd;
	pid_t init;		/* first process of their pid namespace; 0: they have none */
	int init_fd;		/* pidfd of it */
	struct {
		pid_t pid;	/* 0: lost */
		int fd;
		uint32_t sequence;	/* of the last request */
		bool owes;	/* its answer has not come */
	} launcher;
	pid_t zygote;
	unsigned int zygote_deaths;
	bool tracer_stopped;	/* ptrace bridge: so it was a second ago */
	bool baton_waits;	/* vcpu->regs hold the context, no space has it */
	bool space_wanted;	/* a vCPU waits in LOL_EXIT_SPACE */
	struct {
		pid_t pid;
		uint64_t what;
		unsigned long long ran;	/* ns */
		unsigned int times, guilty;
	} silent;		/* the space that vCPU 0 complained of last */
	unsigned int waited;	/* short ticks that one of the two has lasted */
	uint64_t oom_kills;	/* of our cgroup, at start */

	enum vm_end end;
	int exit_code;		/* for VM_OFF from the exit port, VM_QUIT */
	bool has_status;	/* a command's exit status came */
	int status;
};

static inline struct lol_vcpu *vm_vcpu(struct vm *vm)
{
	return lol_state_vcpu(vm->state, 0);
}

/**
 * vm_make - create the guest's memory and descriptors
 * @vm: zeroed
 * @config: kept
 * @error: gets the reason of failure
 *
 * Return: 0, or -1.
 */
int vm_make(struct vm *vm, const struct config *config, struct error *error);

/**
 * vm_end - the guest is over; the first reason wins
 * @vm: the guest
 * @end: why
 * @format: printf-style line for the user, or NULL
 */
void vm_end(struct vm *vm, enum vm_end end, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
