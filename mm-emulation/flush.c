// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flushes that wait for a space to run (I4).
 *
 * A host process can only unmap its own memory, so a flush of a space that is
 * not running is written down, and the space does it before it runs again.
 *
 *	user half	a queue in each struct lol_space.  Ranges merge; when
 *			there is no place for one more, the queue becomes
 *			"everything", which is always right.
 *	kernel half	concerns all spaces: one ring in struct lol_state of the
 *			last LOL_KERNEL_FLUSHES ranges, numbered by a generation.
 *			A space keeps the generation up to which it has flushed;
 *			if the ring does not reach back that far: everything.
 *
 * Ranges that come out are as hostile as the guest that asked for them: cut
 * them with mm_mappable() before unmapping.
 */
#include "mm-emulation/mm.h"

#define MM_OVERFLOW	(LOL_SPACE_FLUSHES + 1)

static int mm_lock(__u32 *word, __u32 owner)
{
	int i;

	for (i = 0; i < MM_LOCK_SPINS; i++) {
		__u32 free = 0;

		if (__atomic_compare_exchange_n(word, &free, owner, 0,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return 1;
		while (i < MM_LOCK_SPINS && __atomic_load_n(word, __ATOMIC_RELAXED)) {
			__builtin_ia32_pause();
			i++;
		}
	}
	return 0;
}

static void mm_unlock(__u32 *word)
{
	__atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

static int mm_touch(struct mm_range a, __u64 start, __u64 end)
{
	return a.start <= end && start <= a.end;
}

static struct mm_range mm_union(struct mm_range a, __u64 start, __u64 end)
{
	return (struct mm_range){ a.start < start ? a.start : start,
				  a.end > end ? a.end : end };
}

int mm_flush_queue(struct lol_space *space, __u32 owner, struct mm_range range)
{
	__u32 i, n;

	if (range.start >= range.end)
		return 0;
	if (!mm_lock(&space->lock, owner))
		return MM_BUSY;
	n = space->nr_flushes;
	if (n > LOL_SPACE_FLUSHES) {
		n = MM_OVERFLOW;
		goto out;
	}
	/* Take in what touches; the union may touch what was passed: look again. */
	for (i = 0; i < n; ) {
		struct lol_space_flush *f = &space->flush[i];

		if (!mm_touch(range, f->start, f->end)) {
			i++;
			continue;
		}
		range = mm_union(range, f->start, f->end);
		*f = space->flush[--n];
		i = 0;
	}
	if (n == LOL_SPACE_FLUSHES) {
		n = MM_OVERFLOW;
		goto out;
	}
	space->flush[n].start = range.start;
	space->flush[n].end = range.end;
	n++;
out:
	__atomic_store_n(&space->nr_flushes, n, __ATOMIC_RELEASE);
	mm_unlock(&space->lock);
	return 0;
}

int mm_flush_take(struct lol_space *space, __u32 owner,
		  struct mm_range out[LOL_SPACE_FLUSHES])
{
	__u32 i, n;

	if (!__atomic_load_n(&space->nr_flushes, __ATOMIC_SEQ_CST))
		return 0;
	if (!mm_lock(&space->lock, owner))
		return MM_BUSY;
	n = space->nr_flushes;
	for (i = 0; i < n && n <= LOL_SPACE_FLUSHES; i++) {
		out[i].start = space->flush[i].start;
		out[i].end = space->flush[i].end;
	}
	__atomic_store_n(&space->nr_flushes, 0, __ATOMIC_RELEASE);
	mm_unlock(&space->lock);
	return n > LOL_SPACE_FLUSHES ? MM_FLUSH_ALL : (int)n;
}

int mm_kernel_flush_add(struct lol_state *state, __u32 owner, struct mm_range range)
{
	struct lol_space_flush *f;

	if (range.start >= range.end)
		return 0;
	if (!mm_lock(&state->kernel_lock, owner))
		return MM_BUSY;
	f = &state->kernel_flush[state->kernel_generation % LOL_KERNEL_FLUSHES];
	f->start = range.start;
	f->end = range.end;
	/* Sequentially consistent: the caller goes on to look who is running. */
	__atomic_store_n(&state->kernel_generation, state->kernel_generation + 1,
			 __ATOMIC_SEQ_CST);
	mm_unlock(&state->kernel_lock);
	return 0;
}

int mm_kernel_flush_take(struct lol_state *state, struct lol_space *space,
			 __u32 owner, struct mm_range out[LOL_KERNEL_FLUSHES])
{
	__u64 now, done = __atomic_load_n(&space->kernel_generation, __ATOMIC_RELAXED);
	int n = 0, all;

	if (done == __atomic_load_n(&state->kernel_generation, __ATOMIC_SEQ_CST))
		return 0;
	if (!mm_lock(&state->kernel_lock, owner))
		return MM_BUSY;
	now = state->kernel_generation;
	/* Also where it claims to be ahead. */
	all = now - done > LOL_KERNEL_FLUSHES;
	for (; !all && done != now; done++) {
		const struct lol_space_flush *f =
			&state->kernel_flush[done % LOL_KERNEL_FLUSHES];
		struct mm_range range = { f->start, f->end };
		int i;

		for (i = 0; i < n; ) {
			if (!mm_touch(range, out[i].start, out[i].end)) {
				i++;
				continue;
			}
			range = mm_union(range, out[i].start, out[i].end);
			out[i] = out[--n];
			i = 0;
		}
		out[n++] = range;
	}
	__atomic_store_n(&space->kernel_generation, now, __ATOMIC_RELEASE);
	mm_unlock(&state->kernel_lock);
	return all ? MM_FLUSH_ALL : n;
}

int mm_flush_pending(const struct lol_state *state, const struct lol_space *space)
{
	return __atomic_load_n(&space->nr_flushes, __ATOMIC_SEQ_CST) ||
	       __atomic_load_n(&state->kernel_generation, __ATOMIC_SEQ_CST) !=
	       __atomic_load_n(&space->kernel_generation, __ATOMIC_RELAXED);
}

/**
 * mm_flush_reset - a space's process is about to be made: it has nothing mapped
 *
 * What is flushed from here on it applies before it first runs.
 * Context: whoever makes the process.
 * Return: 0 or MM_BUSY.
 */
int mm_flush_reset(struct lol_state *state, struct lol_space *space, __u32 owner)
{
	if (!mm_lock(&space->lock, owner))
		return MM_BUSY;
	__atomic_store_n(&space->nr_flushes, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&space->kernel_generation,
			 __atomic_load_n(&state->kernel_generation, __ATOMIC_SEQ_CST),
			 __ATOMIC_RELEASE);
	mm_unlock(&space->lock);
	return 0;
}

/**
 * mm_flush_owner_died - free the locks of a process that was killed
 * @nr_spaces: slots to look at
 * @owner: what the process gave as owner
 *
 * What it held may be half written.  Both structures have a state that is right
 * whatever was written: everything is to be flushed.
 *
 * Context: the monitor, after it has reaped the process.
 */
void mm_flush_owner_died(struct lol_state *state, __u32 nr_spaces, __u32 owner)
{
	__u32 i;

	if (nr_spaces > LOL_MAX_SPACES)
		nr_spaces = LOL_MAX_SPACES;
	for (i = 0; i < nr_spaces; i++) {
		struct lol_space *space = lol_state_space(state, i);

		if (__atomic_load_n(&space->lock, __ATOMIC_ACQUIRE) != owner)
			continue;
		__atomic_store_n(&space->nr_flushes, MM_OVERFLOW, __ATOMIC_RELEASE);
		mm_unlock(&space->lock);
	}
	if (__atomic_load_n(&state->kernel_lock, __ATOMIC_ACQUIRE) == owner) {
		__atomic_add_fetch(&state->kernel_generation, LOL_KERNEL_FLUSHES + 1,
				   __ATOMIC_SEQ_CST);
		mm_unlock(&state->kernel_lock);
	}
}
