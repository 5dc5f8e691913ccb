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

/*
 * Pages 1 GiB apart in the user half, where the books of the wedge have nothing: each
 * takes two pages of the host's for page tables.  Then it waits, to be seen: @hold times
 * a thousand million ticks of the TSC.
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
	put("pages ");
	number(n);
	put("\n");
	while (ticks() - start < hold * 1000000000)
		wait(1000000);
	put("survived\n");
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
