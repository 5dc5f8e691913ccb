// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the guest has freed goes back to the host: holes in the RAM memfd.
 *
 * Mappings stay, in all processes; the next access finds a page of zeros.  So a
 * guest can lose its own data by this and nothing else.  What it could lose
 * without noticing is refused: the kernel image with its rewritten sites, and the
 * pages that the monitor writes.  Whether the host takes the memory is its
 * business: this is a hint.
 *
 * Calls after start-up: madvise[2=MADV_REMOVE]
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <lol/layout.h>
#include <lol/service.h>

#include "host/give_back.h"
#include "host/huge.h"

static bool may_go(const struct vm *vm, struct lol_range range)
{
	uint64_t end;

	if ((range.start | range.size) % LOL_GIVE_BACK_UNIT || !range.size)
		return false;
	if (!ram_at(&vm->ram, range.start, range.size) || range.start < LOL_GPA_RESERVED_END)
		return false;
	end = range.start + range.size;
	return end <= vm->image.start || range.start >= vm->image.end;
}

static void punch(struct vm *vm, struct lol_range range)
{
	if (!range.size)
		return;
	/* the same as fallocate with FALLOC_FL_PUNCH_HOLE */
	if (madvise(vm->ram.base + range.start, range.size, MADV_REMOVE))
		return;
	huge_forget(vm, range.start, range.size);
}

uint64_t give_back(struct vm *vm, const char *ranges, uint64_t count)
{
	struct lol_range range[LOL_GIVE_BACK_MAX], whole = { 0, 0 };
	unsigned int i;

	if (!count || count > LOL_GIVE_BACK_MAX)
		return -EINVAL;
	memcpy(range, ranges, count * sizeof(range[0]));
	for (i = 0; i < count; i++)
		if (!may_go(vm, range[i]))
			return -EINVAL;
	/* free blocks come as neighbours, upwards or downwards */
	for (i = 0; i < count; i++) {
#ifdef LOL_WEAK_COPY	/* for tests/attack/defences: it is read once more */
		memcpy(&range[i], ranges + i * sizeof(range[0]), sizeof(range[0]));
#endif
		if (range[i].start + range[i].size == whole.start) {
			whole.start = range[i].start;
			whole.size += range[i].size;
		} else if (range[i].start == whole.start + whole.size && whole.size) {
			whole.size += range[i].size;
		} else {
			punch(vm, whole);
			whole = range[i];
		}
	}
	punch(vm, whole);
	return 0;
}

void give_back_all(struct vm *vm)
{
	madvise(vm->ram.base, vm->ram.size, MADV_REMOVE);
}
