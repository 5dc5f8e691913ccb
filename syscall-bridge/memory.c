// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory in a space: this process is a TLB over the guest's page tables.
 *
 * mm-emulation decides what may be mapped and keeps the books (struct mm_tlb);
 * here its decisions become mmap, munmap and mprotect of this process.  Guest
 * RAM as such is seen through the window at LOL_WEDGE_RAM, so that walking
 * tables and pushing frames never faults.
 *
 * A flush of another root is queued in that root's space and applied before it
 * runs again; flushes of the kernel half go to a ring that every space follows.
 *
 * With the split bridge this process holds the kernel half only.  The user half
 * of a root is another process, which maps what its agent is told to; the books
 * about it are kept here all the same (struct place).
 */
#include "syscall-bridge/bridge.h"
#include "syscall-bridge/sys.h"
#include "mm-emulation/mm.h"

#define EAGAIN	11
#define ENOMEM	12

static struct mm_tlb tlb;
struct place own_place = { &tlb, NO_AGENT };

static inline struct mm_ram ram(void)
{
	return (struct mm_ram){ .base = (u8 *)LOL_WEDGE_RAM, .size = state->ram_size };
}

static inline struct mm_section *section(void)
{
	return (struct mm_section *)space_at(own_slot)->walk;
}

static void host_yield(void)
{
	asm volatile("pause");
}

static long do_mmap(struct place *p, const struct mm_run *run)
{
	if (p->slot != NO_AGENT)
		return agent_mmap(p->slot, run->va.v, run->length, run->prot, run->gpa.v);
	return sys_mmap(run->va.v, run->length, run->prot, MAP_SHARED | MAP_FIXED, LOL_FD_RAM,
			run->gpa.v);
}

static long do_munmap(struct place *p, u64 start, u64 length)
{
	return p->slot != NO_AGENT ? agent_munmap(p->slot, start, length) : sys_munmap(start, length);
}

static long do_mprotect(struct place *p, u64 start, u64 length, u32 prot)
{
	return p->slot != NO_AGENT ? agent_mprotect(p->slot, start, length, prot) :
				     sys_mprotect(start, length, prot);
}

static u32 slot_of(const struct place *p)
{
	return p->slot != NO_AGENT ? p->slot : own_slot;
}

static void charge(struct place *p)
{
	mm_charge(state, space_at(slot_of(p)), mm_tlb_cost(p->tlb));
}

static void unmap(struct place *p, struct mm_range range)
{
	long ret = do_munmap(p, range.start, range.end - range.start);

	if (SYS_ERROR(ret)) {
		/* the host ran out of VMAs while splitting one: drop all, which cannot */
		ret = do_munmap(p, LOL_USER_START, LOL_USER_END - LOL_USER_START);
		if (!SYS_ERROR(ret))
			ret = do_munmap(p, LOL_KERNEL_START, LOL_NEAR_START - LOL_KERNEL_START);
		if (!SYS_ERROR(ret))
			ret = do_munmap(p, LOL_NEAR_END, LOL_KERNEL_END - LOL_NEAR_END);
		if (SYS_ERROR(ret))
			host_failed("munmap", ret);
		mm_tlb_clear(p->tlb);
	} else {
		mm_tlb_note_unmap(p->tlb, range);
	}
	charge(p);
}

static void evict(struct place *p)
{
	struct mm_range out[MM_TLB_EVICT];
	u32 n = mm_tlb_evict(p->tlb, out);

	for (u32 i = 0; i < n; i++)
		unmap(p, out[i]);
}

/* Flushes split host VMAs too. */
static void keep_bound(struct place *p)
{
	while (mm_tlb_must_evict(p->tlb) ||
	       (mm_budget_over(state) && p->tlb->regions > MM_TLB_LEAST))
		evict(p);
}

/* Before a walk, in which nobody may be waited for. */
static void keep_budget(struct place *p)
{
	static u32 faults;
	struct lol_space *victim;

	/* looking at all slots takes as long as a fault */
	if (!mm_budget_tight(state) || ++faults % 16)
		return;
	victim = mm_budget_victim(state, space_at(0), state->max_spaces, own_slot, slot_of(p));
	if (victim)
		retire_space(victim);
}

static void map(struct place *p, const struct mm_run *run)
{
	long ret;

	keep_bound(p);
again:
	while (!mm_tlb_note_map(p->tlb, run))
		evict(p);
	ret = do_mmap(p, run);
	if (ret == -EAGAIN)
		goto again;	/* and what was noted is gone */
	if (!SYS_ERROR(ret)) {
		charge(p);
		return;
	}
	/* noted anew each time: what is evicted may be this very run */
	unmap(p, (struct mm_range){ run->va.v, run->va.v + run->length });
	if (ret != -ENOMEM || !p->tlb->regions)
		host_failed("mmap of guest RAM", ret);
	evict(p);
	goto again;
}

/*
 * The few mappings that every space needs of the kernel half: image and direct
 * map.  Whoever misses one first leaves a note for the spaces to come.
 */
static void note_hot(u64 va)
{
	if (va < LOL_KERNEL_START || (va >= LOL_VMALLOC_START && va < LOL_VMALLOC_END))
		return;
	for (u32 i = 0; i < LOL_KERNEL_HOT; i++) {
		if (state->kernel_hot[i] == va)
			return;
		if (!state->kernel_hot[i]) {
			state->kernel_hot[i] = va;
			return;
		}
	}
	state->kernel_hot[va / MM_PAGE_SIZE % LOL_KERNEL_HOT] = va;
}

/** tlb_prefetch - before a new space first runs: map what it will miss at once */
void tlb_prefetch(void)
{
	u64 error, device;

	for (u32 i = 0; i < LOL_KERNEL_HOT; i++)
		if (state->kernel_hot[i] >= LOL_KERNEL_START)
			tlb_fault(state->kernel_hot[i], 0, &error, &device);
}

/**
 * tlb_fault - a host fault at an address of the guest
 * @va: where
 * @error: PF_WRITE, PF_FETCH, PF_USER of the access
 * @guest_error: for FAULT_GUEST and FAULT_IMPOSSIBLE, the guest's error code
 * @device: for FAULT_DEVICE, the guest-physical address
 *
 * Return: FAULT_DONE when the access can be repeated.
 */
enum fault tlb_fault(u64 va, u64 error, u64 *guest_error, u64 *device)
{
	struct place *p = va < LOL_USER_END ? bridge->place(vcpu->cr3) : &own_place;
	struct mm_ram r = ram();
	struct mm_run run;
	enum mm_result result;
	u32 access, pf_error = 0;
	u64 generation;
	bool stale;

	if (!p)
		return FAULT_DONE;	/* the process has just died; its successor will fault */
	keep_budget(p);
	access = error & PF_WRITE ? MM_WRITE : error & PF_FETCH ? MM_EXEC : MM_READ;
	if (error & PF_USER)
		access |= MM_USER;
	do {
		stale = false;
		generation = mm_walk_begin(section());
		result = mm_fault_within(&r, gpa(vcpu->cr3), gva(va), access,
					 mm_tlb_window(p->tlb, gva(va), access), &run, &pf_error);
		if (result == MM_MAP) {
			map(p, &run);
			stale = mm_walk_stale(section(), generation);
			if (stale)
				unmap(p, (struct mm_range){ run.va.v, run.va.v + run.length });
		}
		mm_walk_end(section());
	} while (stale);

	switch (result) {
	case MM_MAP:
		note_hot(run.va.v);
		/* a read makes the host map what lies around as well; a write would not */
		if (p == &own_place)
			(void)*(volatile u8 *)va;
		return FAULT_DONE;
	case MM_AGAIN:
		return FAULT_DONE;
	case MM_DEVICE:
		*device = run.gpa.v + va % MM_PAGE_SIZE;
		return FAULT_DEVICE;
	case MM_FAULT:
		*guest_error = pf_error;
		return FAULT_GUEST;
	default:
		*guest_error = pf_error;
		return FAULT_IMPOSSIBLE;
	}
}

/*
 * Runs of one page are mapped only if the guest is waiting for them: a mapping
 * costs about a third of a fault, and of the pages around one few are used.
 */
static bool worth_it(const struct mm_run *run, u64 address)
{
	return run->length > MM_PAGE_SIZE || run->va.v == (address & MM_PAGE_MASK);
}

/**
 * tlb_fill - map what the guest has just populated
 * @root: page-table root it did so in
 * @start: first address
 * @end: behind the last
 * @address: the one that is about to be used
 *
 * A hint: of another root's space nothing is done.
 */
void tlb_fill(u64 root, u64 start, u64 end, u64 address)
{
	struct mm_range range = { start, end }, left;
	struct place *p = bridge->place(root);
	struct mm_ram r = ram();
	struct mm_run run, piece;
	u64 generation;
	bool stale;

	if (!p || root != vcpu->cr3 || end > LOL_USER_END || start < LOL_USER_START || start >= end)
		return;
	for (;;) {
		generation = mm_walk_begin(section());
		if (!mm_fill(&r, gpa(root), &range, &run)) {
			mm_walk_end(section());
			break;
		}
		left = (struct mm_range){ run.va.v, run.va.v + run.length };
		while (worth_it(&run, address) && mm_tlb_missing(p->tlb, &run, &left, &piece))
			map(p, &piece);
		stale = mm_walk_stale(section(), generation);
		if (stale)
			unmap(p, (struct mm_range){ run.va.v, run.va.v + run.length });
		mm_walk_end(section());
		/* a read makes the host map what lies around as well; a write would not */
		if (!stale && p == &own_place && address - run.va.v < run.length)
			(void)*(volatile u8 *)address;
	}
}

/**
 * place_unmap - forget what a process has mapped in a range
 * @p: the process
 * @start: guest-virtual
 * @end: behind it
 */
void place_unmap(struct place *p, u64 start, u64 end)
{
	struct mm_range part[MM_PARTS], look, any;
	u32 n = mm_mappable((struct mm_range){ start, end }, part);

	for (u32 i = 0; i < n; i++) {
		look = part[i];
		if (part[i].end <= LOL_USER_END && !mm_tlb_next(p->tlb, MM_READ, &look, &any))
			continue;
		unmap(p, part[i]);
	}
	keep_bound(p);
}

/* Take write permission away; mprotect is cheaper than unmapping and faulting again. */
static void place_protect(struct place *p, struct mm_range range)
{
	struct mm_range stretch, left = range;
	long ret;

	while (mm_tlb_next(p->tlb, MM_WRITE, &left, &stretch)) {
		ret = do_mprotect(p, stretch.start, stretch.end - stretch.start, PROT_READ);
		if (SYS_ERROR(ret)) {
			unmap(p, range);
			return;
		}
	}
	mm_tlb_note_protect(p->tlb, range);
	keep_bound(p);
}

static void flush_own(u64 start, u64 end)
{
	place_unmap(&own_place, start, end);
}

/** tlb_flush_queued - apply the flushes that others queued for this space; before it runs */
void tlb_flush_queued(void)
{
	static struct mm_range out[LOL_KERNEL_FLUSHES > LOL_SPACE_FLUSHES ?
				   LOL_KERNEL_FLUSHES : LOL_SPACE_FLUSHES];
	struct lol_space *space = space_at(own_slot);
	int n;

	if (!mm_flush_pending(state, space))
		return;
	while ((n = mm_flush_take(space, own_slot + 1, out)) == MM_BUSY)
		host_yield();
	if (n == MM_FLUSH_ALL)
		flush_own(LOL_USER_START, LOL_USER_END);
	for (int i = 0; i < n; i++)
		flush_own(out[i].start, out[i].end);

	while ((n = mm_kernel_flush_take(state, space, own_slot + 1, out)) == MM_BUSY)
		host_yield();
	if (n == MM_FLUSH_ALL)
		flush_own(LOL_KERNEL_START, LOL_KERNEL_END);
	for (int i = 0; i < n; i++)
		flush_own(out[i].start, out[i].end);
}

/** tlb_drop_user - @space, which is not running, will drop its user half before it runs */
void tlb_drop_user(struct lol_space *space)
{
	while (mm_flush_queue(space, own_slot + 1,
			      (struct mm_range){ LOL_USER_START, LOL_USER_END }) == MM_BUSY)
		host_yield();
}

/** tlb_vmas - how many VMAs this process has for the guest at most, direct map and image apart */
u32 tlb_vmas(void)
{
	return tlb.vmas;
}

/** tlb_reset - the process of @space is about to be made: it has nothing mapped */
void tlb_reset(struct lol_space *space)
{
	while (mm_flush_reset(state, space, own_slot + 1) == MM_BUSY)
		host_yield();
}

/**
 * flush - LOL_SERVICE_FLUSH
 * @root: page-table root concerned, for the user half
 * @start: guest-virtual
 * @end: behind it
 * @level: LOL_FLUSH_*
 */
void flush(u64 root, u64 start, u64 end, u32 level)
{
	struct mm_range part[MM_PARTS];
	u32 n = mm_mappable((struct mm_range){ start, end }, part);
	struct lol_space *space;
	struct place *p;

	for (u32 i = 0; i < n; i++) {
		if (part[i].start >= LOL_KERNEL_START) {
			while (mm_kernel_flush_add(state, own_slot + 1, part[i]) == MM_BUSY)
				host_yield();
			tlb_flush_queued();
		} else if ((p = bridge->place(root))) {
			if (level == LOL_FLUSH_WRITE)
				place_protect(p, part[i]);
			else
				place_unmap(p, part[i].start, part[i].end);
			bridge->settle(p);
		} else {
			space = space_of_root(root);
			if (!space)
				continue;
			while (mm_flush_queue(space, own_slot + 1, part[i]) == MM_BUSY)
				host_yield();
		}
	}
}

/* One page's worth of guest memory at most, by the kernel's rules. */
static void *window(u64 va, u32 access)
{
	struct mm_ram r = ram();
	u32 pf_error;
	gpa_t at;

	if (mm_translate(&r, gpa(vcpu->cr3), gva(va), access, &at, &pf_error) != MM_MAP)
		return NULL;
	return (void *)(LOL_WEDGE_RAM + at.v);
}

static bool guest_copy(u64 va, void *buffer, u64 length, bool write)
{
	u64 part;
	void *at;

	while (length) {
		part = MM_PAGE_SIZE - va % MM_PAGE_SIZE;
		if (part > length)
			part = length;
		at = window(va, write ? MM_WRITE : MM_READ);
		if (!at)
			return false;
		if (write)
			memcpy(at, buffer, part);
		else
			memcpy(buffer, at, part);
		va += part;
		buffer = (u8 *)buffer + part;
		length -= part;
	}
	return true;
}

/**
 * guest_read - read guest-virtual memory as the guest kernel would
 * @va: address, kernel half
 * @to: destination
 * @length: bytes
 *
 * Return: false where it is not mapped; @to is then undefined.
 */
bool guest_read(u64 va, void *to, u64 length)
{
	return guest_copy(va, to, length, false);
}

/** guest_write - the same for writing; sets dirty bits.  May have written a part on failure. */
bool guest_write(u64 va, const void *from, u64 length)
{
	return guest_copy(va, (void *)from, length, true);
}

/**
 * guest_device - whether a guest-virtual address is in a register window
 * @va: address, kernel half
 * @write: kind of access
 * @device: guest-physical, result
 */
bool guest_device(u64 va, bool write, u64 *device)
{
	struct mm_ram r = ram();
	u32 pf_error;
	gpa_t at;

	if (mm_translate(&r, gpa(vcpu->cr3), gva(va), write ? MM_WRITE : MM_READ,
			 &at, &pf_error) != MM_DEVICE)
		return false;
	*device = at.v;
	return true;
}
