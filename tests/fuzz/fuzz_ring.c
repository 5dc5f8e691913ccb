// SPDX-License-Identifier: GPL-2.0-only
/*
 * K's side of the ring of operations, kagent.c: mappings are asked for in any order,
 * and the agent at the other end carries a batch out at once or late, refuses, dies,
 * or says whatever its process could have made of struct lol_done.
 *
 * Claims: what was asked for is what is done, in order, wherever operations were
 * merged or cut into batches; a page of operations does not change before they are
 * done; after a refusal nothing is mapped in the space and in its books; if even that
 * is refused the monitor is told; nothing ever waits that the agent does not end.
 */
#include "tests/fuzz/fuzz.h"
#include "syscall-bridge/k.h"

#define PAGES	64U
#define SLOT	3U
#define STEPS	3000

struct kslot kslot[LOL_MAX_SPACES];

static struct page { u64 gpa; u32 prot; } want[PAGES], have[PAGES];
static struct input in;
static struct lol_ops seen;
static bool dead, told, published, refused;

static struct page *page(struct page *of, u64 va)
{
	check(va >= LOL_USER_START && va < LOL_USER_START + PAGES * 4096ULL);
	return of + (va - LOL_USER_START) / 4096;
}

static void apply(struct page *of, const struct lol_op *op)
{
	if (op->kind == LOL_AGENT_MUNMAP && op->start == LOL_USER_START &&
	    op->length == LOL_USER_END - LOL_USER_START) {
		memset(of, 0, sizeof(want));
		return;
	}
	check(op->length && !((op->start | op->length | op->offset) % 4096));
	for (u64 at = 0; at < op->length; at += 4096) {
		struct page *p = page(of, op->start + at);

		if (op->kind == LOL_AGENT_MMAP)
			*p = (struct page){ op->offset + at + 1, op->prot };
		else if (op->kind == LOL_AGENT_MUNMAP)
			*p = (struct page){ 0 };
		else if (p->gpa)
			p->prot = op->prot;
	}
}

/* The agent's half, as fuzz_agent.c has it proved. */
static void carry_out(void)
{
	struct lol_ops *ops = ops_of(SLOT);
	bool failed = false;

	if (!published || dead)
		return;
	published = false;
	check(!memcmp(ops, &seen, sizeof(seen)));
	check(ops->count && ops->count <= LOL_AGENT_OPS && ops->pid == kslot[SLOT].pid);
	check(ops->good == (u64)ops->sequence << 32 && ops->bad == ops->good + 1);
	for (u32 i = 0; i < ops->count; i++) {
		check(ops->op[i].kind >= LOL_AGENT_MMAP && ops->op[i].kind <= LOL_AGENT_MPROTECT);
		if (TAKE(&in, u8) >= 0xf8)
			failed = true;
		else
			apply(have, &ops->op[i]);
	}
	refused |= failed;
	memcpy(done_of(SLOT), failed ? &ops->bad : &ops->good, 8);
}

/* What was published since the last look: from now on the page is the agent's. */
static void look(void)
{
	static u32 last;
	struct lol_ops *ops = ops_of(SLOT);

	if (ops->sequence == last)
		return;
	check(!published);	/* the last batch was awaited first */
	published = true;
	last = ops->sequence;
	seen = *ops;
}

bool wait_for(u32 slot, u32 *word, u32 value, u32 *sleeps, bool (*urgent)(void))
{
	u8 what = TAKE(&in, u8);

	check(slot == SLOT && word == &done_of(SLOT)->sequence && !sleeps && urgent());
	look();
	check(*word == value || (published && seen.sequence == value));
	if (what == 0xff || dead) {
		dead = true;
		refused |= done_of(SLOT)->failed;
		return *word == value;
	}
	carry_out();
	check(*word == value);
	if (what == 0xfe)
		done_of(SLOT)->failed = 1 + TAKE(&in, u16);	/* or that it has: its own harm */
	refused |= done_of(SLOT)->failed;
	return true;
}

void complain(u32 slot, bool certain, u64 what)
{
	(void)what;
	check(slot == SLOT && certain && refused);
	told = true;
}

static void restart(u32 sequence)
{
	memset(piece(SLOT), 0, LOL_HANDOFF_STRIDE);
	memset(&kslot[SLOT], 0, sizeof(kslot[SLOT]));
	memset(want, 0, sizeof(want));
	memset(have, 0, sizeof(have));
	mm_tlb_clear(tlb_of(SLOT));
	kslot[SLOT].pid = 77;
	kslot[SLOT].sequence = ops_of(SLOT)->sequence = done_of(SLOT)->sequence = sequence;
	published = false;
	look();
	published = dead = told = refused = false;
}

static void emptied(void)
{
	check(refused && !tlb_of(SLOT)->regions && !tlb_of(SLOT)->vmas);
	if (!told && !dead) {
		look();
		carry_out();
	}
	for (u32 i = 0; i < PAGES && !told && !dead && !done_of(SLOT)->failed; i++)
		check(!have[i].gpa);
	memset(want, 0, sizeof(want));
	if (!kslot[SLOT].queued)
		refused = false;
}

static void step(void)
{
	u8 what = TAKE(&in, u8), at = TAKE(&in, u8), n = TAKE(&in, u8);
	struct lol_op op = { .start = LOL_USER_START + at % PAGES * 4096ULL, .prot = what >> 4 & 7 };
	struct mm_run run;
	long ret = 0;

	op.length = (1 + n % 8ULL) * 4096;
	if (at % PAGES + op.length / 4096 > PAGES)
		op.length = 4096;
	op.offset = op.start * (1 + (n >> 7)) + (n >> 5 & 1) * 0x100000;
	refused = false;
	switch (what & 7) {
	case 0:
	case 1:
	case 2:
		op.kind = LOL_AGENT_MMAP;
		run = (struct mm_run){ gva(op.start), gpa(op.offset), op.length, MM_READ };
		mm_tlb_note_map(tlb_of(SLOT), &run);
		ret = agent_mmap(SLOT, op.start, op.length, op.prot, op.offset);
		break;
	case 3:
	case 4:
		op.kind = LOL_AGENT_MUNMAP;
		op.prot = 0;
		ret = agent_munmap(SLOT, op.start, op.length);
		check(!ret);
		break;
	case 5:
		op.kind = LOL_AGENT_MPROTECT;
		ret = agent_mprotect(SLOT, op.start, op.length, op.prot);
		break;
	case 6:
		publish(SLOT, n & 0x20);
		look();
		break;
	default:
		publish(SLOT, n & 0x20);
		look();
		if (!await_agent(SLOT))
			emptied();
		else if (!dead && !told)
			check(!memcmp(want, have, sizeof(want)));
	}
	look();
	if (ret) {
		check(ret == -11 && op.kind != LOL_AGENT_MUNMAP);
		emptied();
	} else if (op.kind == LOL_AGENT_MUNMAP && refused) {
		emptied();	/* as good */
	} else if (op.kind) {
		apply(want, &op);
	}
	if (n & 0x10)
		carry_out();	/* at once */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
	unsigned int i;

	if (!seen.op[1].kind) {
		check(mmap(piece(SLOT), LOL_HANDOFF_STRIDE, PROT_READ | PROT_WRITE, flags, -1, 0) == piece(SLOT));
		check(mmap(tlb_of(0), 64UL << 20, PROT_READ | PROT_WRITE, flags, -1, 0) == tlb_of(0));
		check(mmap(state, LOL_STATE_SIZE, PROT_READ | PROT_WRITE, flags, -1, 0) == state);
		seen.op[1].kind = 1;
	}
	in = (struct input){ data, size };
	restart(TAKE(&in, u8) & 1 ? 0xfffffffd : 0);	/* it wraps */
	for (i = 0; i < STEPS && in.size && !dead && !told; i++)
		step();
	return 0;
}
