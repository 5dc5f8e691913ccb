// SPDX-License-Identifier: GPL-2.0-only
/*
 * A space as the TLB of guest page tables: the wedge's memory.c and all of
 * mm-emulation, over a host that is a model.  The guest changes its tables at will,
 * flushes or forgets to, touches, fills; the host refuses, the agent fails; another
 * vCPU changes entries and flushes between walk and mmap.  As in place, one process for
 * both halves, which others flush while it does not run; or as with split.
 *
 * Claims, after each step, the names being those of mm-emulation/README.md:
 *   I1 I3 I5	what the host has mapped the tables allow as it is mapped, accessed, and
 *		dirty where writable, but where the guest has changed them since and not
 *		flushed; always guest RAM, never where nothing may be
 *   I2		the books have as many VMAs and page tables as the host or more, and
 *		keep to their bounds (here small ones, fuzz.mk) and to the budget
 *   I6		a race leaves nothing stale
 * and the books say that a page is mapped, and writable, exactly if it is.
 *
 * Addresses are eleven pieces of 2 MiB (seg[]), each with a page table of its own.
 */
#define LOL_SYS_H	/* the host's calls: below */
#include <signal.h>
#include "tests/fuzz/fuzz.h"
#undef SIGILL
#undef SIGTRAP
#undef SIGBUS
#undef SIGFPE
#undef SIGUSR1
#undef SIGSYS
#undef MAP_SHARED
#undef MAP_FIXED
#define MAP_SHARED	0x01
#define MAP_FIXED	0x10
#define SYS_ERROR(ret)	((unsigned long)(ret) >= -4095UL)
#include "syscall-bridge/bridge.h"
#include "mm-emulation/mm.h"

static long sys_mmap(u64 va, u64 length, int prot, int flags, int fd, u64 offset);
static long sys_munmap(u64 va, u64 length);
static long sys_mprotect(u64 va, u64 length, int prot);
#include "syscall-bridge/memory.c"
#include <setjmp.h>

#define RAM_SIZE	(4UL << 20)
#define ROOT		0x10000UL
#define SEGS		11U
#define USER_SEGS	6U
#define STEPS		600

static const u64 seg[SEGS] = {
	0x400000, 0x600000, 0x40400000, 0x8000400000, 0, LOL_USER_END - MM_HUGE_SIZE,
	LOL_DIRECT_MAP + MM_HUGE_SIZE, LOL_VMALLOC_START, LOL_VMALLOC_START + MM_HUGE_SIZE, LOL_KERNEL_MAP + 0x400000, LOL_MODULES_START,
};
static struct page {
	u64 gpa;		/* | 1: mapped */
	u8 prot;
	bool stale, stale_write;	/* the guest owes a flush */
} host[SEGS][512];
static u64 *pt[SEGS], *pde[SEGS];
static u8 tables[1 << 18];
static struct input in;
static sigjmp_buf out;
static unsigned int failing;
static bool race;

u32 own_slot;
u32 max_spaces = 8;
static struct mm_tlb user_tlb;
static struct place user_place = { &user_tlb, 5 };
static bool in_place;
static struct place *the_place(u64 root)
{
	return root != vcpu->cr3 ? NULL : in_place ? &own_place : &user_place;
}
static void settled(struct place *p) { (void)p; }
static const struct bridge the_bridge = { .place = the_place, .settle = settled };
const struct bridge *bridge = &the_bridge;

void retire_space(struct lol_space *s) { (void)s; }
struct lol_space *space_of_root(u64 root) { return root & 0x1000 ? space_at(6) : NULL; }
void host_failed(const char *what, long error) { (void)what; (void)error; siglongjmp(out, 1); }

/* ---- the host ---- */

static struct page *page_at(u64 va)
{
	for (u32 s = 0; s < SEGS; s++)
		if (va - seg[s] < MM_HUGE_SIZE)
			return &host[s][(va - seg[s]) / 4096];
	return NULL;
}

static bool large(u32 s)
{
	return seg[s] == LOL_KERNEL_MAP + 0x400000 || seg[s] == LOL_DIRECT_MAP + MM_HUGE_SIZE;
}

static void change(u64 start, u64 length, int prot, u64 offset, int what)
{
	for (u32 i = 0; i < SEGS * 512; i++) {
		struct page *p = &host[i / 512][i % 512];
		u64 va = seg[i / 512] + i % 512 * 4096ULL;

		if (va - start >= length)
			continue;
		if (what == 'p')
			check(p->gpa & 1);	/* the host would stop at a hole */
		if (what == 'm')
			*p = (struct page){ (offset + va - start) | 1, prot, p->stale, p->stale_write };
		else if (what == 'u')
			p->gpa = p->prot = 0;
		else
			p->prot = prot;
	}
}

/* Another vCPU takes away what is about to be mapped, and flushes. */
static void other_vcpu(u64 va, u64 length)
{
	if (!race)
		return;
	race = false;
	for (u64 at = va; at < va + length; at += 4096) {
		struct page *p = page_at(at);
		u32 s = (p - host[0]) / 512;

		if (*pde[s] & 0x80)
			return;
		pt[s][(p - host[0]) % 512] &= ~3ULL;
		p->stale = p->stale_write = false;
	}
	mm_flush_begin(section());
}

static long map_it(u64 va, u64 length, u32 prot, u64 offset)
{
	check(length && !((va | length | offset) % 4096) && !(prot & ~7U) && prot & 1);
	check(offset < RAM_SIZE && length <= RAM_SIZE - offset);
	for (u64 at = va; at < va + length; at += 4096)
		check(page_at(at) && at >= LOL_USER_START);
	other_vcpu(va, length);
	change(va, length, prot, offset, 'm');
	return 0;
}

static long sys_mmap(u64 va, u64 length, int prot, int flags, int fd, u64 offset)
{
	check(flags == (MAP_SHARED | MAP_FIXED) && fd == LOL_FD_RAM);
	if (failing && failing--)
		return -ENOMEM;
	return map_it(va, length, prot, offset);
}

static long sys_munmap(u64 va, u64 length)
{
	check(length && !((va | length) % 4096) && va >= LOL_USER_START && va + length <= LOL_KERNEL_END);
	check(va >= LOL_NEAR_END || va + length <= LOL_NEAR_START);
	if (length < 1ULL << 40 && failing && failing--)
		return -ENOMEM;
	if (!in_place && va < LOL_USER_END)
		return 0;	/* K has no user half */
	change(va, length, 0, 0, 'u');
	return 0;
}

static long sys_mprotect(u64 va, u64 length, int prot)
{
	check(prot == PROT_READ);
	if (failing && failing--)
		return -ENOMEM;
	change(va, length, prot, 0, 'p');
	return 0;
}

/* The agent: what await_agent() does when it has failed. */
static bool emptied(u32 slot)
{
	check(slot == 5);
	if (!failing || --failing)
		return false;
	mm_tlb_clear(&user_tlb);
	mm_charge(state, space_at(slot), mm_tlb_cost(&user_tlb));
	change(LOL_USER_START, LOL_USER_END - LOL_USER_START, 0, 0, 'u');
	return true;
}

long agent_mmap(u32 slot, u64 va, u64 length, u32 prot, u64 offset)
{
	return emptied(slot) ? -EAGAIN : map_it(va, length, prot, offset);
}

long agent_munmap(u32 slot, u64 start, u64 length)
{
	emptied(slot);
	change(start, length, 0, 0, 'u');
	return 0;
}

long agent_mprotect(u32 slot, u64 start, u64 length, u32 prot)
{
	if (emptied(slot))
		return -EAGAIN;
	change(start, length, prot, 0, 'p');
	return 0;
}

/* ---- what must be so ---- */

static void allowed(u32 s, u32 i)
{
	struct page *p = &host[s][i];
	u64 e = *pde[s], bits = e & 6, nx = e >> 63;

	if (p->stale)
		return;
	check(e & 1);
	if (e & 0x80) {
		e = (e & ~0x1fffffULL) + i * 4096ULL + (e & 0xfff);
		e |= nx << 63;
	} else {
		e = pt[s][i];
		nx |= e >> 63;
		bits &= e;
	}
	check(e & 1 && e & 0x20);				/* I3: accessed */
	check((e & 0xffffffffff000ULL) == (p->gpa & ~1ULL));	/* I1 */
	check(!(bits & 4) == (seg[s] >= LOL_KERNEL_START));
	check(!(p->prot & MM_EXEC) || !nx);			/* I5 */
	check(!(p->prot & MM_WRITE) || p->stale_write || (bits & 2 && e & 0x40));
}

static void books(const struct mm_tlb *tlb, u32 first, u32 end)
{
	u32 vmas = 0, regions = 0, spans = 0, huge = 0;
	const struct page *before = NULL;

	for (u32 s = first; s < end; s++) {
		struct mm_range range = { seg[s], seg[s] + MM_HUGE_SIZE }, r = { 0, 0 };
		bool any = false;

		for (u32 i = 0; i < 512; i++) {
			struct page *p = &host[s][i];

			any |= p->gpa & 1;
			if (p->gpa & 1) {
				vmas += !before || !(before->gpa & 1) || before->prot != p->prot ||
					before->gpa + 4096 != p->gpa || (!i && seg[s - 1] + MM_HUGE_SIZE != seg[s]);
				allowed(s, i);
			}
			before = p;
		}
		if (large(s))
			continue;
		regions += any;
		spans += any && (s == first || seg[s] >> 30 != seg[s - 1] >> 30);
		huge += any && (s == first || seg[s] >> 39 != seg[s - 1] >> 39);
		for (u32 want = MM_READ; want <= MM_WRITE; want++) {
			u32 more = 0;

			for (u32 i = 0; i < 512; i++)
				more += host[s][i].gpa & 1 && host[s][i].prot & want;
			range.start = seg[s];
			while (more && mm_tlb_next(tlb, want, &range, &r)) {
				for (u64 va = r.start; va < r.end; va += 4096)
					check(page_at(va)->gpa & 1 && page_at(va)->prot & want);
				more -= (r.end - r.start) / 4096;
			}
			check(!more && !mm_tlb_next(tlb, want, &range, &r));
		}
	}
	check(vmas <= tlb->vmas + tlb->large);			/* I2 */
	check(regions == tlb->regions && tlb->regions <= MM_TLB_REGIONS);
	check(regions + spans + huge <= tlb->tables + 4U);
	check(tlb->vmas <= MM_TLB_VMAS && tlb->large <= MM_TLB_LARGE && tlb->tables <= MM_TLB_TABLES);
	check(tlb->large == tlb->large_vmas[0] + tlb->large_vmas[1]);
}

static void check_all(void)
{
	if (!in_place)
		books(&user_tlb, 0, USER_SEGS);
	books(&tlb, in_place ? 0 : USER_SEGS, SEGS);
	check(state->cost == space_at(0)->cost + space_at(5)->cost);
	check(space_at(0)->cost == mm_tlb_cost(&tlb));
	check(space_at(5)->cost == (in_place ? 0 : mm_tlb_cost(&user_tlb)));
	check(state->cost <= state->budget || user_tlb.regions <= MM_TLB_LEAST + 2 || tlb.regions <= MM_TLB_LEAST + 2);
	check(!(((struct mm_section *)space_at(0)->walk)->sequence & 1));
}

/* ---- the guest ---- */

static void set_entries(void)
{
	u8 what = TAKE(&in, u8), s = TAKE(&in, u8) % SEGS;
	u32 first = TAKE(&in, u16) % 512, n = 1 + TAKE(&in, u8) % (what & 8 ? 200 : 8);
	u64 value = TAKE(&in, u16), at = (value & 0x3ff) << 12, flags;

	flags = (what & 1) | (value >> 9 & 2) | (seg[s] < LOL_KERNEL_START) << 2 | (value >> 6 & 0x60) | (value & 0x8000) << 48;
	if (what & 2)
		flags |= 0x23;
	if ((what & 0xf0) == 0xf0)
		flags ^= TAKE(&in, u64);	/* anything */
	if ((what & 0xf4) == 0x84) {		/* a large leaf, or the table again */
		*pde[s] = value & 0x100 ? 0x200080 | flags : ((u64)((u8 *)pt[s] - (u8 *)LOL_WEDGE_RAM)) | 0x27;
		if (seg[s] >= LOL_KERNEL_START)
			*pde[s] &= ~4ULL;
		for (u32 i = 0; i < 512; i++)
			host[s][i].stale = true;
		return;
	}
	for (u32 i = first; i < first + n && i < 512; i++, at += 4096) {
		if ((what & 0x70) == 0x10) {	/* write protected, as fork does */
			pt[s][i] &= ~2ULL;
			host[s][i].stale_write = true;
		} else {
			pt[s][i] = (at % RAM_SIZE) | flags;
			host[s][i].stale = true;
		}
	}
}

static struct mm_range some_range(u8 what)
{
	u8 s = TAKE(&in, u8) % SEGS;
	u64 start = seg[s] + TAKE(&in, u16) % 513 * 4096ULL, end = start + (1 + TAKE(&in, u16) % 1600) * 4096ULL;

	if ((what & 7) == 7)
		start = 0;
	if ((what & 0x38) == 0x38)
		end = LOL_KERNEL_END;
	return (struct mm_range){ start, end };
}

/* The guest has flushed that: of writing only, or all. */
static void flushed(struct mm_range range, bool writing)
{
	for (u32 i = 0; i < SEGS * 512; i++) {
		u64 va = seg[i / 512] + i % 512 * 4096ULL;
		struct page *p = &host[i / 512][i % 512];

		if (va - range.start >= range.end - range.start)
			continue;
		if (!writing || va >= LOL_KERNEL_START)
			p->stale = false;
		p->stale_write = false;
	}
}

static void flush_some(void)
{
	u8 what = TAKE(&in, u8);
	struct mm_range range = some_range(what);

	flush(what & 0x40 ? ROOT ^ 0x1000 : ROOT, range.start, range.end, what & 0x80 ? LOL_FLUSH_WRITE : 0);
	if (what & 0x40 && range.start < LOL_USER_END)	/* the user half of another root */
		range.start = LOL_USER_END;
	if (range.start < range.end)
		flushed(range, what & 0x80);
}

/* The space does not run, others flush; then it does. */
static void away(void)
{
	u8 n = TAKE(&in, u8) % (2 * LOL_KERNEL_FLUSHES);
	struct mm_range part[MM_PARTS];

	while (n-- && in.size) {
		u32 parts = mm_mappable(some_range(TAKE(&in, u8)), part);

		while (parts--) {
			if (part[parts].start >= LOL_KERNEL_START)
				check(mm_kernel_flush_add(state, 7, part[parts]) != MM_BUSY);
			else if (!in_place)
				continue;	/* K has others' books itself */
			else
				check(mm_flush_queue(space_at(0), 7, part[parts]) != MM_BUSY);
			flushed(part[parts], false);
		}
	}
	tlb_flush_queued();
}

static void touch(void)
{
	u8 what = TAKE(&in, u8), s = TAKE(&in, u8) % SEGS;
	u64 va = seg[s] + TAKE(&in, u16) % 512 * 4096ULL, error = what & (PF_WRITE | PF_FETCH), e = 0, device = 0;

	if (va < LOL_USER_START)
		return;
	if (seg[s] < LOL_KERNEL_START)
		error |= PF_USER;
	else if (what & 0x80)
		error ^= PF_USER;
	race = (what & 0x28) == 0x28;
	tlb_fault(va, error, &e, &device);
	race = false;
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	u64 at = (u64)info->si_addr & ~4095ULL;

	/* memory.c reads what it has just mapped */
	(void)context;
	if (at < LOL_USER_START || at >= LOL_KERNEL_END ||
	    mmap((void *)at, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == (void *)-1)
		(void)!raise(signal == SIGSEGV ? 6 : signal);
}

static u64 new_table(u64 *next)
{
	*next += 4096;
	return *next - 4096;
}

static void set_up(void)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
	u8 *base = (u8 *)LOL_WEDGE_RAM;
	const struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	u64 next = ROOT;

	check(mmap(vcpu, 4096, PROT_READ | PROT_WRITE, flags, -1, 0) == vcpu);
	check(mmap(state, LOL_STATE_SIZE, PROT_READ | PROT_WRITE, flags, -1, 0) == state);
	check(mmap(base, RAM_SIZE, PROT_READ | PROT_WRITE, flags, -1, 0) == base);
	new_table(&next);
	new_table(&next);
	for (u32 s = 0; s < SEGS; s++) {
		u64 table = ROOT, user = seg[s] < LOL_KERNEL_START ? 4 : 0;

		for (int shift = 39; shift > 12; shift -= 9) {
			u64 *e = (u64 *)(base + table) + (seg[s] >> shift & 511);

			if (!(*e & 1))
				*e = new_table(&next) | 0x23 | user;
			table = *e & 0xffffffffff000ULL;
			pde[s] = e;
		}
		pt[s] = (u64 *)(base + table);
	}
	check(next < ROOT + sizeof(tables));
	memcpy(tables, base + ROOT, sizeof(tables));
	check(!sigaction(SIGSEGV, &action, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u32 i;

	if (!pt[0])
		set_up();
	in = (struct input){ data, size };
	memcpy((u8 *)LOL_WEDGE_RAM + ROOT, tables, sizeof(tables));
	memset(host, 0, sizeof(host));
	mm_tlb_clear(&user_tlb);
	mm_tlb_clear(&tlb);
	for (i = 0; i < 8; i++)
		memset(space_at(i), 0, sizeof(struct lol_space));
	state->ram_size = RAM_SIZE;
	state->max_spaces = 8;
	state->cost = state->kernel_lock = 0;
	vcpu->cr3 = ROOT;
	in_place = !(TAKE(&in, u8) & 1);
	state->budget = 4 + TAKE(&in, u8) % 40;
	failing = 0;
	space_at(0)->kernel_generation = state->kernel_generation;
	if (sigsetjmp(out, 1))
		return 0;
	for (i = 0; i < STEPS && in.size; i++) {
		u8 what = TAKE(&in, u8);

		if (what < 90) {
			set_entries();
		} else if (what < 140) {
			flush_some();
		} else if (what < 150) {
			away();
		} else if (what < 160) {
			failing = what % 4;
			continue;
		} else if (what < 180) {
			u64 start = seg[what % USER_SEGS] + TAKE(&in, u16) % 512 * 4096ULL;

			tlb_fill(ROOT, start, start + TAKE(&in, u16) % 1024 * 4096ULL, start);
		} else {
			touch();
		}
		check_all();
	}
	for (i = 0; i < SEGS; i++) {
		u64 start = seg[i] < LOL_USER_START ? LOL_USER_START : seg[i];

		munmap((void *)start, seg[i] + MM_HUGE_SIZE - start);
	}
	return 0;
}
