// SPDX-License-Identifier: GPL-2.0-only
/*
 * What K has of the user: vector state, which lies in the memory of his space and must
 * still be his when that space is taken away, or dies, before he runs again; and a host's
 * SIGBUS.  kspace.c and kuser.c as they are; the rest of the wedge is a model.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <cmocka.h>
#include <lol/boot.h>
#undef MAP_SHARED
#undef MAP_FIXED
#include "syscall-bridge/k.h"

#define ROOT		0x5000ULL
#define FP_OFFSET	(LOL_HANDOFF_STACK + 0x1000U)
#define FLAGS		(MAP_PRIVATE | MAP_ANONYMOUS | 0x10 /* MAP_FIXED */ | MAP_NORESERVE)

const struct bridge *bridge, bridge_ptrace;
struct lol_regs *current_regs;
u32 own_slot, max_spaces = 8;
u16 user_cs, user_ss;
static u32 next_slot = 1;
static u64 tried;		/* what K has read of the guest's memory */

struct lol_space *space_of_root(u64 root)
{
	for (u32 slot = 0; slot < max_spaces; slot++)
		if (space_at(slot)->state == LOL_SPACE_BOUND && space_at(slot)->root == root)
			return space_at(slot);
	return NULL;
}

struct lol_space *bind_space(u64 root)
{
	struct lol_space *space = space_at(next_slot++);

	space->state = LOL_SPACE_BOUND;
	space->root = root;
	space->pid = 100 + next_slot;
	return space;
}

void place_unmap(struct place *p, u64 start, u64 end) { (void)p; (void)start; (void)end; }
void publish(u32 slot, bool enter) { (void)slot; (void)enter; }
bool await_agent(u32 slot) { (void)slot; return true; }
u64 request(u32 kind, u64 a, u64 b, u64 c, u64 d, u64 e) { (void)kind; (void)a; (void)b; (void)c; (void)d; (void)e; abort(); }
void give_up(const char *call, long error) { (void)call; (void)error; abort(); }
void broken(const char *text, u64 value) { (void)text; (void)value; abort(); }
void deliver(struct lol_regs *r, u32 v, bool h, u64 e) { (void)r; (void)v; (void)h; (void)e; abort(); }
void user_event(int s, const struct host_siginfo *i, struct host_ucontext *u) { (void)s; (void)i; (void)u; abort(); }
int guarded_fp(void *area, u64 mask, u32 operation) { (void)area; (void)mask; (void)operation; return 0; }
bool guest_read(u64 va, void *to, u64 length) { (void)to; (void)length; tried = va; return true; }
void mm_tlb_clear(struct mm_tlb *tlb) { (void)tlb; }

static void map(void *at, size_t size)
{
	assert_ptr_equal(mmap(at, size, PROT_READ | PROT_WRITE, FLAGS, -1, 0), at);
}

/* The user has just run in slot 1, and has 0x5a in xmm3. */
static int ran(void **unused)
{
	static bool mapped;
	struct kslot *k = &kslot[1];

	(void)unused;
	if (!mapped) {
		map(vcpu, 4096);
		map(state, LOL_STATE_SIZE);
		map((void *)LOL_WEDGE_RAM, 0x10000);
		map((void *)LOL_WEDGE_HANDOFFS, LOL_HANDOFF_SIZE);
		mapped = true;
	}
	((struct lol_boot *)(LOL_WEDGE_RAM + LOL_GPA_BOOT))->xsave_size = 576;
	state->xsave_mask = 3;
	kuser_setup();
	for (u32 slot = 0; slot < max_spaces; slot++)
		space_at(slot)->state = LOL_SPACE_FREE;
	next_slot = 1;
	own_slot = 0;
	fp_here = fp_changed = false;
	current.root = NO_ROOT;
	vcpu->cr3 = ROOT;
	assert_int_equal(current_slot(), 1);
	k->has_fp = true;
	k->fp_offset = FP_OFFSET;
	for (int i = 0; i < 16; i++)
		piece(1)[FP_OFFSET + 160 + 3 * 16 + i] = 0x5a;
	piece(1)[FP_OFFSET + 512] = 3;
	return 0;
}

/* He goes on in another space, and gets from there what he had. */
static void goes_on(void)
{
	u32 slot = current_slot();

	assert_int_equal(slot, 2);
	ready_fp(&kslot[slot]);
	assert_true(fp_changed);
	for (int i = 0; i < 16; i++)
		assert_int_equal(fp_state[160 + 3 * 16 + i], 0x5a);
}

static void retired(void **unused)
{
	(void)unused;
	k_retire(space_at(1));
	space_at(1)->state = LOL_SPACE_RETIRED;
	goes_on();
}

static void killed(void **unused)
{
	(void)unused;
	space_at(1)->state = LOL_SPACE_FREE;
	goes_on();
}

/* Somebody else's is nobody's business. */
static void another_retired(void **unused)
{
	(void)unused;
	k_retire(bind_space(ROOT + 0x1000));
	assert_int_equal(current_slot(), 1);
	assert_false(fp_changed);
}

/* The page may be one that the host cannot have: K tries, and would get a SIGBUS of its own. */
static void bus_error(void **unused)
{
	struct host_ucontext uc = { .regs.rip = 0x401000, .cs = LOL_USER_CS, .ss = LOL_USER_DS, .cr2 = 0x7000 };
	const struct host_siginfo info = { 0 };
	u32 signal = SIGBUS;

	(void)unused;
	uc.trap = VECTOR_AC;
	assert_true(check_user(&uc, &info, &signal, 0, 0));
	assert_int_equal(signal, SIGBUS);
	assert_int_equal(tried, 0);
	uc.trap = VECTOR_PF;
	assert_true(check_user(&uc, &info, &signal, 0, 0));
	assert_int_equal(signal, SIGSEGV);
	assert_int_equal(tried, 0x7000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(retired, ran),
		cmocka_unit_test_setup(killed, ran),
		cmocka_unit_test_setup(another_retired, ran),
		cmocka_unit_test(bus_error),
	};

	return cmocka_run_group_tests_name("kspace", tests, 0, 0);
}
