/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_MM_H
#define LOL_MM_H

/*
 * The virtual MMU: what a lol machine's page tables allow, and what the host
 * process that is their TLB holds of them.
 *
 * This code decides, its callers perform: it makes no system call, allocates
 * nothing and depends on no C library, so that the wedge (freestanding), the
 * monitor and the tests use the same object code.  It touches guest RAM only
 * below mm_ram.size, by single 8-byte atomic accesses, and trusts nothing that
 * it reads there.
 *
 *   walk.c     page-table walk, accessed and dirty bits    I1 I3 I5
 *   run.c      runs of pages that one mmap can map         I3
 *   flush.c    queued flushes of a space and of the kernel half   I4
 *   section.c  walks that flushes wait for                 I6
 *   tlb.c      what the host process has mapped            I2
 *   budget.c   and all processes of the guest together     I2
 */

#include <linux/types.h>
#include <lol/layout.h>
#include "syscall-bridge/state.h"

#define MM_PAGE_SIZE	0x1000ULL
#define MM_PAGE_MASK	(~(MM_PAGE_SIZE - 1))
#define MM_HUGE_SIZE	0x200000ULL	/* what a page-table page maps, and a large leaf */

/* Guest-physical and guest-virtual addresses: they cannot be mixed by accident. */
typedef struct { __u64 v; } gpa_t;
typedef struct { __u64 v; } gva_t;

static inline gpa_t gpa(__u64 v)
{
	return (gpa_t){ v };
}

static inline gva_t gva(__u64 v)
{
	return (gva_t){ v };
}

/* Guest RAM as the caller has it mapped: guest-physical 0 .. size. */
struct mm_ram {
	__u8 *base;
	__u64 size;		/* bytes, a multiple of MM_PAGE_SIZE */
};

/**
 * mm_host - host pointer of guest RAM; the one place where the two meet
 * @ram: guest RAM
 * @at: guest-physical address, hostile
 * @length: bytes wanted there
 *
 * Return: the pointer, or 0 where any byte of the range is not RAM.
 */
static inline void *mm_host(const struct mm_ram *ram, gpa_t at, __u64 length)
{
	if (length > ram->size || at.v > ram->size - length)
		return 0;
	return ram->base + at.v;
}

/* Access wanted, and protection of a run.  The first three equal PROT_*. */
#define MM_READ		1U
#define MM_WRITE	2U
#define MM_EXEC		4U
#define MM_USER		8U	/* access by guest user code; never set in a run */

/* Error code of a guest page fault: the manuals' bits. */
#define MM_PF_PRESENT	0x01U
#define MM_PF_WRITE	0x02U
#define MM_PF_USER	0x04U
#define MM_PF_RESERVED	0x08U
#define MM_PF_FETCH	0x10U

/* Pages contiguous in address and in RAM, with one protection: one mmap. */
struct mm_run {
	gva_t va;		/* page aligned */
	gpa_t gpa;		/* page aligned; all of the run is RAM */
	__u64 length;		/* bytes, not 0, a multiple of MM_PAGE_SIZE */
	__u32 prot;		/* MM_READ, with MM_WRITE and MM_EXEC as allowed */
};

struct mm_range {
	__u64 start, end;	/* guest-virtual, end exclusive */
};

#define MM_RUN_MAX	MM_HUGE_SIZE	/* longest run in the user half */
#define MM_RUN_MAX_KERNEL 0x40000000ULL	/* and in the kernel half */

enum mm_result {
	/* The access is allowed: accessed and dirty bits are set, the run is RAM. */
	MM_MAP,
	/* The guest has a page fault (#PF) with the error code given. */
	MM_FAULT,
	/*
	 * Access of the guest kernel to a register window: run is the one page.
	 * Not to be mapped; emulate the instruction, or #GP where it cannot be.
	 */
	MM_DEVICE,
	/*
	 * The guest's tables allow what the machine never does: a mapping over
	 * the wedge, near the vCPU page, below LOL_USER_START, a table or page
	 * outside RAM; or the address is not canonical.  The error code given is
	 * that of a page that is not present, for callers that prefer a #PF to
	 * stopping the guest.
	 */
	MM_IMPOSSIBLE,
	/*
	 * The entries change faster than bits can be set in them (only a
	 * concurrent writer makes this happen).  Resume the guest: it faults again.
	 */
	MM_AGAIN,
};

/* ---- walk.c ---- */

/**
 * mm_translate - guest-physical address of one guest-virtual one, now
 * @ram: guest RAM
 * @root: page-table root, as in CR3 (low 12 bits are ignored)
 * @va: address
 * @access: MM_READ, MM_WRITE or MM_EXEC, with MM_USER for an access of user code
 * @at: on MM_MAP and MM_DEVICE, where @va is; good to the end of the 4 KiB page
 * @pf_error: on MM_FAULT and MM_IMPOSSIBLE, the error code of the #PF
 *
 * For the accesses that a CPU makes itself: descriptor tables, exception
 * frames.  Sets accessed and dirty bits as the access itself would.  Rules as
 * for mm_fault().  To be used inside a walk section where another vCPU may
 * flush.
 */
enum mm_result mm_translate(const struct mm_ram *ram, gpa_t root, gva_t va,
			    unsigned int access, gpa_t *at, __u32 *pf_error);

/**
 * mm_fault - what is to be done about a host fault at a guest address
 * @ram: guest RAM
 * @root: page-table root, as in CR3
 * @va: faulting address
 * @access: MM_READ, MM_WRITE or MM_EXEC, with MM_USER where user code ran
 * @run: on MM_MAP, what to map (it contains @va); on MM_DEVICE, the page
 * @pf_error: on MM_FAULT and MM_IMPOSSIBLE, the error code for the guest
 *
 * CR0.WP, CR4.SMEP, CR4.SMAP (without EFLAGS.AC) and EFER.NXE are taken to be
 * set.  User code gets MM_FAULT for every address from LOL_USER_END on; the
 * guest kernel for every user address and every page with the user bit.
 *
 * Sets the accessed bit at each level of the walk and, for a write, the dirty
 * bit of the leaf; of neighbours nothing: they join the run only if they would
 * be mapped with the same protection without a change of their bits, hence are
 * accessed and, in a writable run, dirty.  A read of a clean writable page
 * gives a read-only run.
 *
 * Context: inside a walk section; any process.
 */
enum mm_result mm_fault(const struct mm_ram *ram, gpa_t root, gva_t va,
			unsigned int access, struct mm_run *run, __u32 *pf_error);

/**
 * mm_fault_within - mm_fault() with a run that stays in a window
 * @window: contains the page of @va; from mm_tlb_window()
 *
 * What is mapped already need not be walked.
 */
enum mm_result mm_fault_within(const struct mm_ram *ram, gpa_t root, gva_t va,
			       unsigned int access, struct mm_range window,
			       struct mm_run *run, __u32 *pf_error);

/* ---- run.c ---- */

/**
 * mm_fill - the next run that can be mapped without setting any bit
 * @ram: guest RAM
 * @root: page-table root, as in CR3
 * @range: what is left to be looked at; start is moved behind the run
 * @run: result
 *
 * For LOL_SERVICE_FILL.  Never leaves @range; pages of the kernel half are
 * kernel pages, of the user half user pages.  Looks at a bounded number of
 * entries per call.
 *
 * Return: 1 and a run; 0: no more (@range is then empty).
 */
int mm_fill(const struct mm_ram *ram, gpa_t root, struct mm_range *range,
	    struct mm_run *run);

/**
 * mm_mappable - the parts of a range that may ever hold guest mappings
 * @range: guest-virtual, hostile; rounded outwards to pages
 * @out: the parts in ascending order, at most three: user half, kernel half
 *	below the near range, kernel half above it
 *
 * Whoever unmaps what the guest asks to flush cuts it with this first.
 *
 * Return: number of parts.
 */
#define MM_PARTS 3
unsigned int mm_mappable(struct mm_range range, struct mm_range out[MM_PARTS]);

/* ---- section.c: I6 ---- */

/*
 * One for each process and thread that walks and maps, in memory shared with
 * those who flush.  All zero to start with.
 *
 *	walker					flusher (tables are changed)
 *	do {					seen = mm_flush_begin(section);
 *		g = mm_walk_begin(section);	unmap the range, or queue it
 *		mm_fault(...); mmap;		while (!mm_walk_passed(section, seen))
 *		stale = mm_walk_stale(section, g);	pause, look for kicks
 *		if (stale)			... now pages and tables may be
 *			munmap the run;		    freed
 *		mm_walk_end(section);
 *	} while (stale);
 *
 * The stale run is unmapped inside the section.  Sections do not nest.  The
 * walker does not wait for anything inside one.
 */
struct mm_section {
	__u64 generation;	/* flushes begun; written by flushers */
	__u64 sequence;		/* odd: a walk is in progress; written by the walker */
};

__u64 mm_walk_begin(struct mm_section *section);
int mm_walk_stale(const struct mm_section *section, __u64 generation);
void mm_walk_end(struct mm_section *section);

/* Returns the value to be given to mm_walk_passed(). */
__u64 mm_flush_begin(struct mm_section *section);
/* Not 0: no walk that began before mm_flush_begin() is in progress any more. */
int mm_walk_passed(const struct mm_section *section, __u64 seen);
/* The walker was killed: what waits for it may go on.  For the monitor. */
void mm_walk_abandon(struct mm_section *section);

/* ---- flush.c: I4 ---- */

/*
 * Locks are words in shared memory that hold their owner (any number but 0 by
 * which the monitor knows the process: slot + 1).  A holder may be killed, so
 * nobody spins for ever: after MM_LOCK_SPINS attempts the operation returns
 * MM_BUSY with nothing done, and the caller yields and calls again.  When the
 * monitor has reaped a process it calls mm_flush_owner_died().
 */
#define MM_LOCK_SPINS	100000
#define MM_BUSY		(-1)
#define MM_FLUSH_ALL	(-2)	/* everything is to be flushed */

/**
 * mm_flush_queue - queue a flush for a space that is not running
 * @space: the space
 * @owner: of the lock, not 0
 * @range: guest-virtual, user half; an empty one is ignored
 *
 * Overlapping and adjacent ranges merge; one too many makes it a full flush.
 *
 * Return: 0 or MM_BUSY.
 */
int mm_flush_queue(struct lol_space *space, __u32 owner, struct mm_range range);

/**
 * mm_flush_take - take what was queued for this space; before it runs
 * @out: LOL_SPACE_FLUSHES ranges
 *
 * Return: number of ranges; MM_FLUSH_ALL: unmap the user half; MM_BUSY.
 */
int mm_flush_take(struct lol_space *space, __u32 owner,
		  struct mm_range out[LOL_SPACE_FLUSHES]);

/* mm_kernel_flush_add - a flush of the kernel half, for all spaces.  0 or MM_BUSY. */
int mm_kernel_flush_add(struct lol_state *state, __u32 owner, struct mm_range range);

/**
 * mm_kernel_flush_take - the flushes of the kernel half that this space lacks
 * @out: LOL_KERNEL_FLUSHES ranges, merged
 *
 * Return: number of ranges; MM_FLUSH_ALL: unmap the kernel half; MM_BUSY.
 */
int mm_kernel_flush_take(struct lol_state *state, struct lol_space *space,
			 __u32 owner, struct mm_range out[LOL_KERNEL_FLUSHES]);

/* Not 0: one of the two takes has something to give.  No lock; one load each. */
int mm_flush_pending(const struct lol_state *state, const struct lol_space *space);

/* A space's process is about to be made, with nothing of the guest mapped: nothing is pending. */
int mm_flush_reset(struct lol_state *state, struct lol_space *space, __u32 owner);

/* A process was killed: free the locks it held; what they guard becomes a full flush. */
void mm_flush_owner_died(struct lol_state *state, __u32 nr_spaces, __u32 owner);

/* ---- tlb.c: I2 ---- */

/*
 * What one host process has mapped for the guest, in its private memory (about
 * 3 MiB of address space, touched as needed; all zero to start with).  One
 * region record per 2 MiB in which something is mapped, with three bits per
 * page: mapped, writable, and "a host VMA may start here".  The sum of the
 * last is never below the true number of VMAs, so the caps below hold whatever
 * the guest does:
 *
 *	VMAs			<= MM_TLB_VMAS + MM_TLB_LARGE + a handful
 *	page-table pages	<= MM_TLB_TABLES + those of direct map and image
 *
 * Direct map and kernel image (large runs, few) are only counted, with a bit per
 * 2 MiB for what was mapped.
 *
 * Order of a fault: evict while mm_tlb_must_evict(); mm_fault(); mm_tlb_trim();
 * mm_tlb_note_map(); mmap (where it fails: mm_tlb_note_unmap()).  Unmapping may
 * split VMAs too, so evict after flushes as well.
 */
#ifndef MM_TLB_REGIONS		/* tests/fuzz/fuzz_tlb.c has small ones */
#define MM_TLB_REGIONS	16384
#define MM_TLB_VMAS	45000
#define MM_TLB_TABLES	16384
#define MM_TLB_LEAST	16	/* regions that a space keeps, however tight the host's memory */
#define MM_TLB_LARGE	4096
#endif
#define MM_TLB_HASH	32768
#define MM_TLB_SPAN	512ULL	/* regions in what a page of the next level maps */
#define MM_TLB_LARGE_BLOCKS ((LOL_KERNEL_MAP_SIZE + LOL_RAM_MAX) / MM_HUGE_SIZE)
#define MM_TLB_EVICT	16	/* regions per eviction at most */

struct mm_tlb_region {
	__u64 number;		/* va / 2 MiB + 1; 0: free */
	__u32 next_free;
	__u32 starts;		/* bits set in start[] */
	/* the run mapped last, as far as it lies here and is as it was */
	__u16 extent_low, extent_high;	/* pages */
	__u32 extent_prot;
	__u64 extent_delta;	/* gpa - va */
	__u64 mapped[8];
	__u64 writable[8];
	__u64 start[8];
};

struct mm_tlb {
	__u32 vmas;		/* upper bound, without large ones */
	__u32 large;		/* upper bound of VMAs in direct map and image: the sum of */
	__u32 large_vmas[2];	/* direct map, image */
	__u32 regions;		/* in use */
	__u32 fresh;		/* records never used start here */
	__u32 free_list;	/* index + 1 of a free record */
	__u32 hand;		/* next one to be evicted */
	__u16 hash[MM_TLB_HASH];	/* index + 1 */
	__u32 tables;		/* page-table pages of the host, without those of large runs */
	__u16 regions_in[(1U << 26) / MM_TLB_SPAN];	/* per 1 GiB */
	__u16 spans_in[(1U << 26) / MM_TLB_SPAN / MM_TLB_SPAN];	/* per 512 GiB: 1 GiB with regions */
	__u32 large_end;	/* words of large_mapped[] used so far */
	__u64 large_mapped[MM_TLB_LARGE_BLOCKS / 64];	/* one bit per 2 MiB */
	struct mm_tlb_region region[MM_TLB_REGIONS];
};

/**
 * mm_tlb_trim - do not map again what is mapped
 * @run: from mm_fault(); cut to the part around @va in which pages are not
 *	mapped, or not writable where the run is
 *
 * Mapping over a mapping makes the host forget its page-table entries, so a
 * process that touches pages in turn would fault again in all that lie behind.
 * @va's page always stays in the run.
 */
void mm_tlb_trim(const struct mm_tlb *tlb, gva_t va, struct mm_run *run);

/**
 * mm_tlb_window - the same before the walk, which then is the shorter
 * @access: of the fault
 *
 * Return: the range around @va for mm_fault_within(); it contains @va's page.
 */
struct mm_range mm_tlb_window(const struct mm_tlb *tlb, gva_t va, unsigned int access);

/**
 * mm_tlb_missing - the next part of a run that is not mapped as it wants
 * @run: from mm_fill()
 * @left: what of it is left to be looked at; start is moved behind the part
 * @piece: result
 *
 * Return: 1, or 0: no more.
 */
int mm_tlb_missing(const struct mm_tlb *tlb, const struct mm_run *run,
		   struct mm_range *left, struct mm_run *piece);

/* Not 0: all of the run is mapped, and writable if it is.  For fills. */
int mm_tlb_covers(const struct mm_tlb *tlb, const struct mm_run *run);

/**
 * mm_tlb_note_map - the run is about to be mapped; call before the mmap
 *
 * Return: 1: noted; 0: no room, evict first.
 */
int mm_tlb_note_map(struct mm_tlb *tlb, const struct mm_run *run);

/* The range was unmapped. */
void mm_tlb_note_unmap(struct mm_tlb *tlb, struct mm_range range);

/* Write permission was taken away in the range. */
void mm_tlb_note_protect(struct mm_tlb *tlb, struct mm_range range);

/**
 * mm_tlb_next - the next stretch of mapped pages, for calls that dislike holes
 * @want: MM_READ: mapped pages; MM_WRITE: writable ones
 * @range: what is left to be looked at; start is moved behind the stretch
 * @out: result
 *
 * Return: 1, or 0: no more.  Direct map and image are not in it.
 */
int mm_tlb_next(const struct mm_tlb *tlb, unsigned int want,
		struct mm_range *range, struct mm_range *out);

/* Not 0: near the bound: evict before mapping more. */
int mm_tlb_must_evict(const struct mm_tlb *tlb);

/**
 * mm_tlb_evict - choose what to drop: about the oldest
 * @out: ranges to be unmapped; the record of them is gone already
 *
 * Return: number of ranges.
 */
unsigned int mm_tlb_evict(struct mm_tlb *tlb, struct mm_range out[MM_TLB_EVICT]);

/* All of it was unmapped. */
void mm_tlb_clear(struct mm_tlb *tlb);

/**
 * mm_tlb_cost - what the host spends at most on the mappings, in pages
 *
 * Page tables, VMAs, and the records here; not the page tables of large runs,
 * which are bounded by the size of RAM.
 */
__u32 mm_tlb_cost(const struct mm_tlb *tlb);

/* ---- budget.c: I2, all processes together ---- */

#define MM_VMAS_PER_PAGE	12	/* with their nodes of the host's tree */
#define MM_BUDGET_BASE		(32ULL << 20)

/* mm_budget - the budget of a guest with so much RAM: a quarter of it and 32 MiB, in pages */
__u32 mm_budget(__u64 ram_size);

/* mm_charge - a process costs so much from now on; 0: it is gone */
void mm_charge(struct lol_state *state, struct lol_space *space, __u32 cost);

/* Not 0: nothing may be mapped before something was dropped. */
int mm_budget_over(const struct lol_state *state);

/* Not 0: time to look for a victim. */
int mm_budget_tight(const struct lol_state *state);

/**
 * mm_budget_victim - the space that is to go so that another may have more
 * @space: slots, @nr_spaces of them
 * @self: slot of the caller, which stays
 * @wants: slot that wants more, and stays
 *
 * Return: the one that ran longest ago of those that are worth it; NULL: none,
 * or what is on its way out is enough.
 */
struct lol_space *mm_budget_victim(const struct lol_state *state, struct lol_space *space,
				   __u32 nr_spaces, __u32 self, __u32 wants);

#endif
