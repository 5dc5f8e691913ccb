/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_TEST_COSTS_H
#define LOL_TEST_COSTS_H

/* Attacks on what a guest may cost the host: page tables, and memory given back. */

#define SYS_mmap	9

/* mmap of guest RAM by the wedge's own instruction, as the filter of this process passes it. */
static long map_ram(u64 at, u64 length, u64 offset)
{
	register u64 r10 asm("r10") = 0x11;	/* MAP_SHARED | MAP_FIXED */
	register u64 r8 asm("r8") = LOL_COOKIE_HALF | LOL_FD_RAM;
	register u64 r9 asm("r9") = offset;
	const u8 *text = (const u8 *)LOL_WEDGE_TEXT;
	static u64 gadget;
	long ret;

	for (u64 i = 0; i < 0x8000 && !gadget; i++)
		if (text[i] == 0x0f && text[i + 1] == 0x05 && text[i + 2] == 0xc3)
			gadget = LOL_WEDGE_TEXT + i;
	asm volatile("call *%1" : "=a"(ret) : "r"(gadget), "a"((u64)SYS_mmap), "D"(at), "S"(length),
		     "d"(1UL), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return ret;
}

/* Waits, to be seen, until @hold times a thousand million ticks of the TSC after @start. */
static void hold_pages(u64 n, u64 start, u64 hold)
{
	put("pages ");
	number(n);
	put("\n");
	while (ticks() - start < hold * 1000000000)
		wait(1000000);
	put("survived\n");
}

/*
 * Pages 1 GiB apart in the user half, where the books of the wedge have nothing: each takes
 * two pages of the host's for page tables.
 */
static void page_tables_far_apart(u64 hold)
{
	u64 n = 0, start = ticks();

	for (u64 at = 1ULL << 30; at < LOL_USER_END; at += 1ULL << 30) {
		if (map_ram(at, 0x1000, 0x900000) < 0)
			break;
		(void)*(volatile u8 *)at;
		n++;
	}
	hold_pages(n, start, hold);
}

/* ---- the same by the agents of many spaces, whose users then touch it all ---- */

#define FAR_SPACES	10
#define FAR_PAGES	3000	/* of each */
#define FAR_TABLES	0xa00000
#define FAR_CODE	0x900000
#define FAR_USER	0x400000
#define GIB		(1ULL << 30)

extern const char far_user[], far_user_end[];

/* System call: gets a place in rdi and a number of pages in rdx, and reads a byte of each. */
asm(".pushsection .rodata\n"
    "far_user:	syscall\n"
    "1:		subq $1, %rdx\n"
    "		js far_user\n"
    "		movb (%rdi), %al\n"
    "		addq %rsi, %rdi\n"
    "		jmp 1b\n"
    "far_user_end:\n"
    ".popsection");

static u64 far_hold, far_start;

/* Root of address space @n, which has the user's code. */
static u64 far_root(u64 n)
{
	u64 table = FAR_TABLES + n * 0x4000, old;

	asm volatile("movq %%cr3, %0" : "=r"(old));
	for (u64 i = 0; i < 4 * 512; i++)
		direct(table)[i] = i >= 192 && i < 256 ? direct(old)[i] : 0;
	direct(table)[0] = (table + 0x1000) | 7;
	direct(table + 0x1000)[0] = (table + 0x2000) | 7;
	direct(table + 0x2000)[FAR_USER >> 21] = (table + 0x3000) | 7;
	direct(table + 0x3000)[0] = FAR_CODE | 7;
	return table;
}

/* A batch to the agent of a slot; K's books, and its counts of batches, know nothing of it. */
static void far_batch(u32 slot, u32 sequence, u64 from, u64 count)
{
	u64 piece = LOL_WEDGE_HANDOFFS + (u64)slot * LOL_HANDOFF_STRIDE;
	struct lol_ops *ops = (struct lol_ops *)(piece + LOL_HANDOFF_OPS);
	volatile struct lol_done *done = (volatile struct lol_done *)(piece + LOL_HANDOFF_DONE);
	u32 seen;

	for (u64 i = 0; i < count; i++)
		ops->op[i] = (struct lol_op){ .kind = LOL_AGENT_MMAP, .prot = 1, .start = (from + i) * GIB,
					      .length = 0x1000, .offset = FAR_CODE };
	ops->count = count;
	ops->pid = lol_state_space(state, slot)->pid;
	ops->good = (u64)sequence << 32;
	ops->bad = (u64)sequence << 32 | 1;
	ops->enter = 0;
	SET(ops->sequence, sequence);
	host_call(202, (u64)&ops->sequence, 1, 0x7fffffff);
	while ((seen = done->sequence) != sequence)
		host_call(202, (u64)&done->sequence, 0, seen);
}

/* All pages of the space of a root; the last batch has the number of K's last. */
static void far_agent(u64 root)
{
	u32 slot = 1, last;

	while (slot < state->max_spaces && (lol_state_space(state, slot)->root != root ||
					    lol_state_space(state, slot)->state != LOL_SPACE_BOUND))
		slot++;
	last = ((struct lol_ops *)(LOL_WEDGE_HANDOFFS + (u64)slot * LOL_HANDOFF_STRIDE + LOL_HANDOFF_OPS))->sequence;
	for (u64 i = 0; i < FAR_PAGES; i += 100)
		far_batch(slot, i + 100 < FAR_PAGES ? last + 1000 + i : last, 64 + i, 100);
}

static void load_root(u64 root)
{
	asm volatile("movq %0, %%cr3" : : "r"(root) : "memory");
}

/* Each space calls before it has its pages, and when it has touched them. */
static void far_call(struct frame *f)
{
	static u64 calls;

	f->rdx = 0;
	if (calls % 2 == 0) {
		far_agent(FAR_TABLES + calls / 2 * 0x4000);
		f->rdi = 64 * GIB;
		f->rsi = GIB;
		f->rdx = FAR_PAGES;
	} else if (calls / 2 + 1 < FAR_SPACES) {
		load_root(far_root(calls / 2 + 1));
	} else {
		hold_pages(FAR_SPACES * FAR_PAGES, far_start, far_hold);
		service(LOL_SERVICE_SHUTDOWN, LOL_SHUTDOWN_OFF, 0, 0, 0);
	}
	calls++;
}

/* To the user's code in this root; @call hears of it. */
static void run_user(u64 root, void (*call)(struct frame *f))
{
	on_system_call = call;
	for (u64 i = 0; i < (u64)(far_user_end - far_user); i++)
		((u8 *)direct(FAR_CODE))[i] = far_user[i];
	load_root(root);
	asm volatile("swapgs\n\tpushq %0\n\tpushq $0\n\tpushq $0x202\n\tpushq %1\n\tpushq %2\n\tiretq"
		     : : "i"(LOL_USER_DS), "i"(LOL_USER_CS), "r"((u64)FAR_USER));
	__builtin_unreachable();
}

static void agents_far_apart(u64 hold)
{
	far_hold = hold;
	far_start = ticks();
	run_user(far_root(0), far_call);
}

#define BLOCK		LOL_GIVE_BACK_UNIT
#define EINVAL		22

static const u8 mark[] = "still here";

static int marked(u64 physical)
{
	const u8 *at = (const u8 *)direct(physical);
	u64 i;

	for (i = 0; i < sizeof(mark) && at[i] == mark[i]; i++)
		;
	return i == sizeof(mark);
}

/* Is it refused, and has nothing happened to @block, which may go?  By the wedge, and without it. */
static int refused(u64 start, u64 size, u64 block)
{
	struct lol_range range[2] = { { block, BLOCK }, { start, size } };
	long by_wedge;

	by_wedge = service(LOL_SERVICE_GIVE_BACK, (u64)range, 2, 0, 0);
	for (u64 i = 0; i < sizeof(range) / 8; i++)
		((u64 *)vcpu->exit.text)[i] = ((u64 *)range)[i];
	post(LOL_EXIT_GIVE_BACK, 2, 0, 0);
	await();
	return by_wedge == -EINVAL && (long)vcpu->exit.result == -EINVAL && marked(block);
}

/* Blocks that are not whole, not RAM, not to be missed; then one that may go, and counts of all sorts. */
static void give_back_all_sorts(const struct lol_boot *boot)
{
	static const u64 counts[] = { 0, LOL_GIVE_BACK_MAX + 1, 1ULL << 32, ~0ULL, 1ULL << 60 };
	u64 block = 0x1000000, ram = boot->ram[0].size, image = boot->kernel.start & ~(BLOCK - 1ULL);
	struct lol_range good = { block, BLOCK };
	const struct lol_range bad[] = {
		{ 0, BLOCK }, { 0, ram }, { image, BLOCK }, { image - BLOCK, 4 * BLOCK }, { image, ram - image },
		{ block + 0x1000, BLOCK }, { block, BLOCK + 0x1000 }, { block + 1, BLOCK - 1 }, { block, 0 }, { block, 1 },
		{ ram, BLOCK }, { ram - BLOCK, 2 * BLOCK }, { LOL_GPA_DEVICES, BLOCK }, { LOL_DIRECT_MAP, BLOCK },
		{ LOL_WEDGE_TEXT, BLOCK }, { -(u64)BLOCK, BLOCK }, { -(u64)BLOCK, 2 * BLOCK }, { BLOCK, -(u64)BLOCK },
		{ block, -(u64)BLOCK }, { 1ULL << 63, 1ULL << 63 }, { 1ULL << 40, BLOCK }, { ram / 2, -(ram / 2) },
	};
	u64 wrong = 0;

	for (u64 i = 0; i < sizeof(mark); i++)
		((u8 *)direct(block))[i] = mark[i];
	for (u64 i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (refused(bad[i].start, bad[i].size, block))
			continue;
		put("not refused: ");
		number(i);
		put("\n");
		wrong++;
	}
	for (u64 i = 0; i < sizeof(counts) / 8; i++) {
		((struct lol_range *)vcpu->exit.text)[0] = good;
		post(LOL_EXIT_GIVE_BACK, counts[i], 0, 0);
		await();
		wrong += (long)vcpu->exit.result != -EINVAL;
		wrong += service(LOL_SERVICE_GIVE_BACK, (u64)&good, counts[i], 0, 0) != -EINVAL;
	}
	wrong += service(LOL_SERVICE_GIVE_BACK, LOL_WEDGE_RAM, 1, 0, 0) >= 0;
	wrong += !marked(block);
	put(wrong ? "wrong\n" : "all refused\n");
	if (service(LOL_SERVICE_GIVE_BACK, (u64)&good, 1, 0, 0) == 0 && !*direct(block))
		put("and one was given back\n");
}

#endif
