// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of spaces, made by their agents (agent.S) on K's behalf.
 *
 * K keeps the books of every space (struct mm_tlb) and queues operations in the
 * space's page of them.  What maps is carried out before the user runs again; K
 * need not wait for it.  What takes away is carried out before the flush that asks
 * for it returns, although nobody should run in the space then: a hostile user
 * thread might run all the same, and the pages are about to be others'.
 */
#include "syscall-bridge/k.h"
#include "syscall-bridge/sys.h"

#define EAGAIN		11

static bool always(void)
{
	return true;
}

/* The batch so far to the agent; @enter: it shall wake the user thread, too. */
void publish(u32 slot, bool enter)
{
	struct kslot *k = &kslot[slot];
	struct lol_ops *ops = ops_of(slot);

	if (!k->queued)
		return;
	ops->count = k->queued;
	k->queued = 0;
	k->sequence++;
	ops->good = (u64)k->sequence << 32;
	ops->bad = (u64)k->sequence << 32 | 1;
	/* not for another process that may have got the slot meanwhile: its agent ignores it */
	ops->pid = k->pid;
	ops->enter = enter;
	k->outstanding = true;
	__atomic_store_n(&ops->sequence, k->sequence, __ATOMIC_SEQ_CST);
	sys_futex_wake(&ops->sequence);
}

/* The agent has done what was published.  false: nothing is mapped there any more. */
bool await_agent(u32 slot)
{
	struct kslot *k = &kslot[slot];
	static bool recovering;

	if (!k->outstanding)
		return true;
	k->outstanding = false;
	if (!wait_for(slot, &done_of(slot)->sequence, k->sequence, NULL, always) ||
	    !READ_ONCE(done_of(slot)->failed))
		return true;
	/* the host ran out of something, VMAs most likely: start with nothing */
	if (recovering) {
		complain(slot, true, 0);
		return true;
	}
	recovering = true;
	k->queued = 0;
	mm_tlb_clear(tlb_of(slot));
	mm_charge(state, space_at(slot), mm_tlb_cost(tlb_of(slot)));
	agent_munmap(slot, LOL_USER_START, LOL_USER_END - LOL_USER_START);
	publish(slot, false);
	await_agent(slot);
	recovering = false;
	return false;
}

/* Adds an operation to the batch.  -EAGAIN, and not: the space has been emptied. */
static long queue(u32 slot, u32 kind, u32 prot, u64 start, u64 length, u64 offset)
{
	struct kslot *k = &kslot[slot];
	struct lol_ops *ops = ops_of(slot);
	struct lol_op *op;

	/* the page is the agent's until it has done what is in it */
	if (k->queued == LOL_AGENT_OPS)
		publish(slot, false);
	if (!k->queued && !await_agent(slot))
		return -EAGAIN;
	if (k->queued) {
		op = &ops->op[k->queued - 1];
		if (op->kind == kind && op->prot == prot && op->start + op->length == start &&
		    (kind != LOL_AGENT_MMAP || op->offset + op->length == offset)) {
			op->length += length;
			return 0;
		}
	}
	op = &ops->op[k->queued++];
	op->kind = kind;
	op->prot = prot;
	op->start = start;
	op->length = length;
	op->offset = offset;
	return 0;
}

long agent_mmap(u32 slot, u64 va, u64 length, u32 prot, u64 gpa)
{
	return queue(slot, LOL_AGENT_MMAP, prot, va, length, gpa);
}

long agent_munmap(u32 slot, u64 start, u64 length)
{
	queue(slot, LOL_AGENT_MUNMAP, 0, start, length, 0);
	return 0;		/* emptied is as good */
}

long agent_mprotect(u32 slot, u64 start, u64 length, u32 prot)
{
	return queue(slot, LOL_AGENT_MPROTECT, prot, start, length, 0);
}

