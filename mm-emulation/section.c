// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walk sections: a walk and the mmap that follows it against a flush (I6).
 *
 * Without them this happens: the walker reads an entry, the guest changes the
 * entry and flushes, the flush unmaps (nothing is there yet), the walker maps
 * what the old entry said.  Two rules exclude it.
 *
 * 1. A flush changes the generation before it unmaps, a walker compares it
 *    after it has mapped.  If the walker saw no change, its mapping was there
 *    before the flush began to unmap, and goes with the rest; if it did, it
 *    takes its own mapping away again.
 * 2. A flush completes only when the walks it found in progress have ended,
 *    since the walker may still read page-table pages, or have a stale mapping
 *    that it is about to take away, and both are freed after the flush.
 *
 * Orders: the walker makes the sequence odd and then reads the generation, the
 * flusher changes the generation and then reads the sequence; both pairs are
 * sequentially consistent, so at least one of the two sees the other.  A walker
 * that saw the new generation also sees the tables as they were changed before
 * the flush.  mmap and munmap order themselves by the host's lock of the
 * address space.
 */
#include "mm-emulation/mm.h"

/**
 * mm_walk_begin - a walk and what it maps begin
 *
 * Return: the generation for mm_walk_stale().
 * Context: the walker; sections do not nest.
 */
__u64 mm_walk_begin(struct mm_section *section)
{
	__atomic_add_fetch(&section->sequence, 1, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&section->generation, __ATOMIC_SEQ_CST);
}

/**
 * mm_walk_stale - was there a flush since mm_walk_begin()?
 *
 * Asked after the mmap; if so, unmap what was mapped before mm_walk_end().
 */
int mm_walk_stale(const struct mm_section *section, __u64 generation)
{
	return __atomic_load_n(&section->generation, __ATOMIC_SEQ_CST) != generation;
}

void mm_walk_end(struct mm_section *section)
{
	__atomic_add_fetch(&section->sequence, 1, __ATOMIC_SEQ_CST);
}

/**
 * mm_flush_begin - the guest's tables have changed: a flush begins
 *
 * Context: any process, before anything is unmapped or queued.
 * Return: the value for mm_walk_passed().
 */
__u64 mm_flush_begin(struct mm_section *section)
{
	__atomic_add_fetch(&section->generation, 1, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&section->sequence, __ATOMIC_SEQ_CST);
}

/**
 * mm_walk_passed - has the walk that a flush found in progress ended?
 * @seen: from mm_flush_begin()
 *
 * The flusher waits as it sees fit: it spins only where the walker can run on
 * another CPU, and goes on looking for kicks.
 */
int mm_walk_passed(const struct mm_section *section, __u64 seen)
{
	return !(seen & 1) ||
	       __atomic_load_n(&section->sequence, __ATOMIC_SEQ_CST) != seen;
}

/**
 * mm_walk_abandon - the walker's process is dead
 *
 * Context: the monitor, after it has reaped the process: its mappings are gone
 * with it, so nothing stale can remain.
 */
void mm_walk_abandon(struct mm_section *section)
{
	__u64 sequence = __atomic_load_n(&section->sequence, __ATOMIC_SEQ_CST);

	if (sequence & 1)
		__atomic_store_n(&section->sequence, sequence + 1, __ATOMIC_SEQ_CST);
}
