/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_TEST_CPU_H
#define LOL_TEST_CPU_H

/* Attacks on the virtual CPU, with one aim each like those in aims.h. */

static void off(void)
{
	service(LOL_SERVICE_SHUTDOWN, LOL_SHUTDOWN_OFF, 0, 0, 0);
}

static void user_called(struct frame *f)
{
	(void)f;
	put("called\n");
	off();
}

/* An address that no CPU takes, in one of four registers, which then is used. */
static void impossible_register(u64 what)
{
	static const u32 msr[] = {
		0xc0000101,	/* GS base */
		0xc0000102,	/* the one that swapgs loads */
		0xc0000100,	/* FS base */
		0xc0000082,	/* LSTAR */
	};
	u64 seen = events;

	GUARDED("wrmsr", 0, msr[what & 3], 1U << 30, 0, 0);
	if (events != seen) {
		put("refused\n");
		return;
	}
	put("taken\n");
	if (what == 1) {
		GUARDED("swapgs", 0, 0, 0, 0, 0);
		put(events == seen ? "loaded\n" : "swapgs faults\n");
	} else {
		run_user(far_root(0), user_called);
	}
}

#define WINDOW_TABLES	0xb00000

/* A page of a register window, by tables that end in WINDOW_TABLES. */
static void map_window(u64 root, u64 at, u64 bits)
{
	u64 table = WINDOW_TABLES;

	for (u64 i = 0; i < 3 * 512; i++)
		direct(table)[i] = 0;
	direct(root)[at >> 39 & 511] = table | bits;
	direct(table)[at >> 30 & 511] = (table + 0x1000) | bits;
	direct(table + 0x1000)[at >> 21 & 511] = (table + 0x2000) | bits;
	direct(table + 0x2000)[at >> 12 & 511] = LOL_GPA_DEVICES | bits;
}

/* The first register of a device, as if it were memory. */
static void read_window(void)
{
	const u64 at = 0x690000000000;
	u64 root;

	asm volatile("movq %%cr3, %0" : "=r"(root));
	map_window(root, at, 3);
	put(*(volatile u32 *)at == 0x74726976 ? "emulated\n" : "mapped\n");
}

static void user_read(struct frame *f)
{
	static u64 seen;

	if (skip_to) {
		put(events != seen + 1 ? "refused\n" : "mapped\n");
		off();
	}
	seen = events;
	skip_to = FAR_USER;
	f->rdi = 1ULL << 39;
	f->rdx = 1;
}

/* The same by user code, which has no registers. */
static void read_window_as_user(void)
{
	u64 root = far_root(0);

	map_window(root, 1ULL << 39, 7);
	put("reading\n");
	run_user(root, user_read);
}

/* No gate, no handler: the trap of an instruction that is over cannot be told to anybody. */
static void lose_event(void)
{
	put("no handlers\n");
	load("idt", 0);
	asm volatile("int3");
	put("went on\n");
}

/* A stack that faults in every handler: what faults does so again. */
static void fault_for_ever(void)
{
	put("faulting\n");
	tss.rsp[0] = tss.ist[0] = 0x123;
	asm volatile("movq $0x123, %rsp\nud2");
}

#endif
