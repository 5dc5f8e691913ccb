/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_TEST_AIMS_H
#define LOL_TEST_AIMS_H

/*
 * Attacks with one aim each, against one defence each: "refused" if it was not reached.
 * In a build without that defence it is (tests/attack/defences), and then they stop.
 */

#define TRIES		10000
#define VICTIM_SLOT	5

/* Slots seem free while their processes live: more of them than slots.  Then it waits to be counted. */
static void too_many_processes(void)
{
	u32 before = state->made;

	for (int i = 0; i < TRIES && state->made - before < 3 * state->max_spaces; i++) {
		for (u32 slot = 1; slot < state->max_spaces; slot++)
			if (slot != vcpu->holder && lol_state_space(state, slot)->state == LOL_SPACE_READY)
				SET(lol_state_space(state, slot)->state, LOL_SPACE_FREE);
		__atomic_add_fetch(&state->wanted, 1, __ATOMIC_SEQ_CST);
		host_call(202, (u64)&state->wanted, 1, 0x7fffffff);
		wait(100000);
	}
	put(state->made - before < 3 * state->max_spaces ? "refused\n" : "made\n");
	for (;;)
		wait(1000000);
}

/* A process of the host's as one of our spaces. */
static void adopt_stranger(void)
{
	struct lol_space *space = lol_state_space(state, VICTIM_SLOT);

	space->pid = stranger;
	SET(space->state, LOL_SPACE_BOUND);
}

/* It holds the baton: an interrupt is for it. */
static void kick_stranger(void)
{
	adopt_stranger();
	SET(vcpu->holder, VICTIM_SLOT);
	SET(vcpu->kicked, 0);
	timer_interrupt();
	for (int i = 0; i < TRIES && !vcpu->kicked; i++)
		wait(10000);
	put(vcpu->kicked ? "kicked\n" : "not kicked\n");
}

/* It does not answer: the monitor is asked to kill it. */
static void kill_stranger(void)
{
	adopt_stranger();
	post(LOL_EXIT_KILL, VICTIM_SLOT, 1, 1);
	await();
	put("killed\n");
}

/* The console is to print what lies behind guest RAM, in the monitor. */
static void output_from_outside(u64 ram_size)
{
	u64 at = start_device(3, 1);

	desc[0] = (struct vring_desc){ .addr = ram_size, .len = 4096 };
	avail[2] = 0;
	SET(avail[1], 1);
	mmio_write(at + VIRTIO_MMIO_QUEUE_NOTIFY, 1);
	put(mmio_read(at + VIRTIO_MMIO_STATUS) & 64 ? "refused\n" : "taken\n");
}

/*
 * Of two ranges to be given back the second becomes the boot page while the monitor is
 * busy with the first.
 */
static void change_what_was_checked(void)
{
	volatile struct lol_range *range = (volatile struct lol_range *)vcpu->exit.text;
	const u64 good = 0x3000000, first = 0x1000000, size = 8 * BLOCK;
	volatile u64 *boot = direct(LOL_GPA_BOOT);

	put("racing\n");
	for (int i = 0; i < TRIES / 20 && *boot; i++) {
		for (u64 at = first; at < first + size; at += 0x1000)
			*(volatile u64 *)direct(at) = 1;
		range[0].start = first;
		range[0].size = size;
		range[1].size = BLOCK;
		range[1].start = good;
		post(LOL_EXIT_GIVE_BACK, 2, 0, 0);
		while (__atomic_load_n(&vcpu->exit.state, __ATOMIC_ACQUIRE) == LOL_EXIT_REQUESTED) {
			wait(random() & 255);
			range[1].size = 0x1000;
			range[1].start = LOL_GPA_BOOT;
			wait(random() & 255);
			range[1].size = BLOCK;
			range[1].start = good;
		}
	}
	put(*boot ? "refused\n" : "the boot page is gone\n");
}

/* The monitor walks the tables of a root that is not in RAM. */
static void walk_outside(u64 ram_size)
{
	u64 root = vcpu->cr3;
	struct lol_site record = { 0 };

	SET(vcpu->cr3, ram_size);
	vcpu->exit.arg[3] = (u64)&record;
	vcpu->exit.arg[4] = 1;
	post(LOL_EXIT_SITES, LOL_SITES_ADD, (u64)&record, sizeof(record));
	await();
	SET(vcpu->cr3, root);
	put((long)vcpu->exit.result == -EINVAL ? "refused\n" : "taken\n");
}

/* Memory of the guest's where only the wedge has any. */
static void map_in_wedge(void)
{
	u64 root, page = 0x904000, seen = events;
	const u64 at = LOL_WEDGE_END - (2ULL << 30);

	asm volatile("movq %%cr3, %0" : "=r"(root));
	direct(root)[at >> 39 & 511] = 0x901000 | 3;
	direct(0x901000)[at >> 30 & 511] = 0x902000 | 3;
	direct(0x902000)[at >> 21 & 511] = 0x903000 | 3;
	direct(0x903000)[at >> 12 & 511] = page | 3;
	*(volatile u64 *)direct(page) = 0;
	GUARDED("movq %%rax, (%%rdi)", 0x1234, 0, 0, 0, at);
	put(events != seen ? "refused\n" : *(volatile u64 *)direct(page) == 0x1234 ? "mapped\n" : "lost\n");
}

/* A call of the host's, as if there were no wedge: it makes the file that "path=", last on the line, names. */
static void host_call_alone(const char *line)
{
	u64 seen = events;

	while (*line && !(line[0] == 'p' && line[1] == 'a' && line[4] == '='))
		line++;
	GUARDED("syscall", 2, 0, 0600, 0102, (u64)line + 5);
	put(events != seen ? "refused\n" : "made\n");
}

#endif
