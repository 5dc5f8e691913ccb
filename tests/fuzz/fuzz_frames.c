// SPDX-License-Identifier: GPL-2.0-only
/*
 * K's view of a space that has run: whatever is in the hand-over page and on the
 * signal stack, K makes an event of it that user code can have on a CPU, or has the
 * space killed.  split.c, kuser.c and signal.c as they are, from run_user() to the
 * guest kernel's entry; the vector state that comes out is restored and saved by the
 * host's CPU.
 *
 * The input: what differs from what a user thread would tell, and what changes while K
 * reads, after each word or copy that it takes; runs follow each other in the same space.
 */
#undef memcpy			/* K's: see copy_and_change() */
#include <cpuid.h>
#include <lol/boot.h>
#include "tests/fuzz/fuzz.h"
#include "syscall-bridge/k.h"
#include "syscall-bridge/lib.c"
/* after the wedge's own names of signals */
#include <setjmp.h>
#include <signal.h>

#define SLOT		2U
#define FP		0x5000U		/* of the signal stack: where good vector state is */
#define MAY_HAVE	0x254dd5ULL	/* flags; by the manuals, not from kuser.c */
#define HANDLER		0x0000780000212340ULL

struct kslot kslot[LOL_MAX_SPACES];
struct kcurrent current;
struct lol_regs *current_regs;
const struct bridge *bridge = &bridge_split, bridge_ptrace;
static struct input in;
static bool silent, refused;
static unsigned int events;

/* ---- the rest of the wedge ---- */

char wedge_text_start[1], wedge_text_end[1], wedge_stack[WEDGE_STACK], wedge_stack_top[1], leave_begin[1], leave_last[1], leave_end[1],
     sysret_commit[1], sysret_end[1], iret_commit[1], iret_end[1], guarded_begin[1], guarded_end[1],
     guarded_fault[1];
u64 sysret_rsp, leave_cs, leave_ss, leave_rip;
struct lol_regs *leave_regs;
void *leave_fp;
u32 own_slot;

void signal_entry(void) { abort(); }
void leave(struct lol_regs *regs, void *fp) { (void)regs; (void)fp; abort(); }
void return_inside(struct lol_regs *regs, void *fp) { (void)regs; (void)fp; abort(); }
void interrupts_take(struct lol_regs *regs) { (void)regs; abort(); }
struct lol_site_entry *site_lookup(u64 address) { (void)address; abort(); }
void emulate(struct lol_regs *r, const struct lol_site_entry *s, void **fp) { (void)r; (void)s; (void)fp; abort(); }
void emulate_memory(struct lol_regs *r, const u8 *b, u32 n) { (void)r; (void)b; (void)n; abort(); }
bool guest_read(u64 va, void *to, u64 length) { (void)va; (void)to; check(length == 1); return false; }
void give_up(const char *call, long error) { (void)call; (void)error; abort(); }
void broken(const char *text, u64 value) { (void)value; fprintf(stderr, "broken: %s\n", text); abort(); }
void host_failed(const char *what, long error) { (void)error; fprintf(stderr, "host: %s\n", what); abort(); }
void k_load_root(struct lol_regs *regs, u64 root) { (void)regs; (void)root; }
struct place *k_place(u64 root) { (void)root; return NULL; }
void k_settle(struct place *place) { (void)place; }
void k_retire(struct lol_space *space) { (void)space; }
void publish(u32 slot, bool enter) { check(slot == SLOT && !enter); }
void spread_count(void) { }
bool await_agent(u32 slot) { (void)slot; return true; }
bool user_begins(u32 slot) { return slot == SLOT; }
void user_ended(void) { }
bool kick_due(void) { return false; }
struct lol_space *space_of_root(u64 root) { (void)root; return space_at(SLOT); }

u32 current_slot(void)
{
	current = (struct kcurrent){ vcpu->cr3, SLOT };
	return SLOT;
}

void complain(u32 slot, bool certain, u64 what)
{
	check(slot == SLOT && certain && !what);
	refused = true;
}

static sigjmp_buf fault;
static volatile bool guarded_now;

static void on_fault(int signal)
{
	(void)signal;
	if (guarded_now)
		siglongjmp(fault, 1);
	fprintf(stderr, "not so: K stays inside of what it shares with the space\n");
	abort();
}

/* With the registers that the compiler believes in out of the way. */
static void xstate(void *area, u64 mask, bool restores)
{
	static u8 own[1 << 14] __attribute__((aligned(64)));

	memset(own + 512, 0, 64);
	asm volatile("xsave64 %0" : "+m"(own) : "a"(-1), "d"(-1) : "memory");
	if (restores)
		asm volatile("xrstor64 (%2)\nxrstor64 %1" : : "a"((u32)mask), "m"(own), "r"(area), "d"((u32)(mask >> 32)) : "memory");
}

int guarded_fp(void *area, u64 mask, u32 operation)
{
	guarded_now = false;
	check(operation == FP_XRSTOR || operation == FP_XSAVE);
	if (operation == FP_XSAVE)
		return 0;
	guarded_now = true;
	if (!sigsetjmp(fault, 1)) {
		xstate(area, mask, true);
		guarded_now = false;
	}
	return guarded_now;
}

/* ---- what the guest gets ---- */


static bool canonical(u64 a)
{
	return a >> 47 == 0 || a >> 47 == 0x1ffff;
}

static void possible(const struct lol_regs *r)
{
	events++;
	check(user_ss == LOL_USER_DS && (user_cs == LOL_USER_CS || user_cs == 0x23));
	check(canonical(rdgsbase()) && canonical(k_read_fs()));
	check((r->rflags & ~MAY_HAVE) == (FLAG_FIXED | FLAG_IF));
}

void deliver(struct lol_regs *regs, u32 vector, bool has_error, u64 error)
{
	static const u32 with_error = 1 << VECTOR_SS | 1 << VECTOR_GP | 1 << VECTOR_PF | 1 << VECTOR_AC;
	static const u32 may = with_error | 1 << VECTOR_DE | 1 << VECTOR_DB | 1 << VECTOR_BP | 1 << VECTOR_OF |
			       1 << VECTOR_BR | 1 << VECTOR_UD | 1 << VECTOR_MF | 1 << VECTOR_XM;

	check(vcpu->cpl == 3);
	if (vector == VECTOR_MC) {
		check((silent || refused) && !has_error && !regs->rip && !regs->rsp);
	} else {
		check(vector < 32 && may >> vector & 1);
		check(has_error == (with_error >> vector & 1) && error <= 0xffff);
		check(vector != VECTOR_PF || (canonical(vcpu->cr2) && error & PF_USER &&
					      !(error & ~(u64)(PF_USER | PF_WRITE | PF_FETCH | PF_PRESENT))));
		check(canonical(regs->rip));
	}
	possible(regs);
	vcpu->cpl = 0;
}

enum fault tlb_fault(u64 va, u64 error, u64 *guest_error, u64 *device)
{
	(void)device;
	check(canonical(va) && error & PF_USER && !(error & ~(u64)(PF_USER | PF_WRITE | PF_FETCH)));
	*guest_error = PF_USER | (error & (PF_WRITE | PF_FETCH));
	return TAKE(&in, u8) & 1 ? FAULT_GUEST : FAULT_DONE;
}

/* ---- the space ---- */

/* One field, or some bytes anywhere. */
static void change(struct lol_handoff *h, struct lol_told *told, u8 *fp)
{
	u8 what = TAKE(&in, u8);
	void *const field[] = {
		&h->reason, &h->signal, &h->changed, &told->arch, &told->call_address, &told->fs_base, &told->gs_base,
		&h->started, &told->regs.rip, &told->regs.rsp, &told->regs.rflags, &told->cs, &told->ss, &told->error,
		&told->trap, &told->cr2, &told->fp, &told->fp, &h->changed, fp, fp + 24, fp + 28, fp + FRAME_XFEATURES, fp + 464, fp + 468,
		fp + 512, fp + 520, fp + 528, fp + 568, fp + 576,
		(u8 *)&h->leave + TAKE(&in, u8), fp + TAKE(&in, u16) % 0xa00,
	};
	u64 v = TAKE(&in, u64), was;

	memcpy(&was, field[what % 32], 8);
	if (what & 0x80)	/* nearly */
		v = was + (u64)(__s16)v;
	memcpy(field[what % 32], &v, 1U << (what >> 5 & 3));
}

/* frames.h */
void read_and_change(const volatile void *at)
{
	struct lol_handoff *h = handoff(SLOT);

	if ((const volatile u8 *)at < piece(SLOT) || (const volatile u8 *)at >= piece(SLOT) + LOL_HANDOFF_STRIDE)
		return;
	for (u8 changes = TAKE(&in, u8) % 4; changes && in.size; changes--)
		change(h, (struct lol_told *)h->told, piece(SLOT) + LOL_HANDOFF_STACK + FP);
}

void *copy_and_change(void *to, const void *from, unsigned long n)
{
	memcpy(to, from, n);
	read_and_change(from);
	return to;
}

bool wait_for(u32 slot, u32 *word, u32 value, u32 *sleeps, bool (*urgent)(void))
{
	struct lol_handoff *h = handoff(slot);
	u8 *stack = piece(slot) + LOL_HANDOFF_STACK, n = TAKE(&in, u8);
	struct lol_told *told = (struct lol_told *)h->told;
	static const u8 signals[] = { SIGSYS, SIGSEGV, SIGUSR1, SIGBUS, SIGILL, SIGFPE, SIGTRAP, 9 };

	check(slot == SLOT && word == &h->leave && value == h->enter && sleeps && urgent);
	if (n & 0x80) {
		h->started = TAKE(&in, u8) & 1 ? value : value - 1;
		silent = h->started == value;
		return false;
	}
	/* as the host would have it */
	h->reason = LOL_REASON_SIGNAL;
	h->signal = signals[n & 7];
	h->changed = (1U << LOL_TOLD_WORDS) - 1;
	*told = (struct lol_told){
		.regs.rip = 0x401002, .regs.rflags = 0x246, .cs = LOL_USER_CS, .ss = LOL_USER_DS,
		.arch = 0xc000003e, .call_address = 0x401000, .trap = n >> 3 & 15, .fp = FP,
	};
	memset(stack + FP, 0, xsave_size);
	xstate(stack + FP, 0, false);
	*(u16 *)(stack + FP) = 0x37f;
	*(u32 *)(stack + FP + 24) = 0x1f80;
	*(u64 *)(stack + FP + 512) = 3;
	/* as it has it */
	for (n = TAKE(&in, u8) % 32; n && in.size; n--)
		change(h, told, stack + FP);
	return true;
}

static void run(void)
{
	static u8 area[LOL_HANDOFF_FP_SIZE] __attribute__((aligned(64)));
	struct lol_regs regs = { .rip = 0x401000, .rflags = 0x202, .rsp = 0x7000 }, before = regs;
	void *fp;

	vcpu->cpl = 3;
	events = silent = refused = 0;
	user_cs = LOL_USER_CS;
	user_ss = LOL_USER_DS;
	bridge->run_user(&regs);
	check(events <= 1 && (!refused || events));
	if (!vcpu->cpl && !events) {	/* a system call */
		check(regs.rip == HANDLER && user_cs == LOL_USER_CS);
		check(regs.r11 & FLAG_IF);
		regs.rflags = (regs.r11 & ~FLAG_RF) | FLAG_FIXED;
		possible(&regs);
	} else if (vcpu->cpl && memcmp(&regs, &before, sizeof(regs))) {
		check(canonical(regs.rip));
		possible(&regs);
	}
	check(!kslot[SLOT].has_fp || (kslot[SLOT].fp_offset % 64 == 0 && kslot[SLOT].fp_offset >= LOL_HANDOFF_STACK &&
				      kslot[SLOT].fp_offset + xsave_size <= LOL_HANDOFF_STRIDE));
	/* the guest kernel switches tasks: broken() if the CPU does not take it */
	check(!bridge->user_fp(area, state->xsave_mask, FP_XSAVE, &fp));
	check(!(*(u64 *)(fp_state + 512) & ~state->xsave_mask));
}

static void set_up(void)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
	const struct sigaction action = { .sa_handler = on_fault };
	u32 a = 0, b = 0, c = 0, d = 0, low, high;
	struct lol_boot *boot;

	check(mmap(vcpu, 4096, PROT_READ | PROT_WRITE, flags, -1, 0) == vcpu);
	check(mmap(state, LOL_STATE_SIZE, PROT_READ | PROT_WRITE, flags | MAP_NORESERVE, -1, 0) == state);
	check(mmap((void *)LOL_WEDGE_RAM, 0x10000, PROT_READ | PROT_WRITE, flags, -1, 0) == (void *)LOL_WEDGE_RAM);
	/* nothing on either side of the space's piece */
	check(mmap(piece(SLOT), LOL_HANDOFF_STRIDE, PROT_READ | PROT_WRITE, flags, -1, 0) == piece(SLOT));
	asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	state->xsave_mask = (low | (u64)high << 32) & 0xe7;	/* as the monitor: no PKRU, no AMX */
	clock_page->tsc_khz = 2000000;
	xsave_size = 576;
	for (u32 i = 2; i < 8; i++) {
		if (!(state->xsave_mask >> i & 1))
			continue;
		__cpuid_count(0xd, i, a, b, c, d);
		if (b + a > xsave_size)
			xsave_size = b + a;
	}
	boot = (struct lol_boot *)(LOL_WEDGE_RAM + LOL_GPA_BOOT);
	boot->xsave_size = xsave_size;
	kuser_setup();
	vcpu->lstar = HANDLER;
	vcpu->fmask = 0x47700;
	check(!sigaction(SIGSEGV, &action, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!xsave_size)
		set_up();
	in = (struct input){ data, size };
	memset(piece(SLOT), 0, sizeof(struct lol_handoff));
	kslot[SLOT] = (struct kslot){ 0 };
	fp_here = fp_changed = false;
	while (in.size)
		run();
	return 0;
}
