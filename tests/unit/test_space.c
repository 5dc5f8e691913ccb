// SPDX-License-Identifier: GPL-2.0-only
/*
 * A root gets a space, and what it takes where there is none: which spaces go, and that
 * the guest is told for how long it waited.  space.c as it is, with a zygote that takes
 * its time; the rest of the wedge is a model.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "syscall-bridge/bridge.h"
#include "syscall-bridge/sys.h"

#define MAP_ANONYMOUS	0x20
#define NUMBER		3	/* of the vCPU */
#define ROOT(slot)	(0x100000ULL + (slot) * 0x1000ULL)
#define NEW		0x5000ULL

static void retire(struct lol_space *space) { (void)space; }
static const struct bridge model = { .retire = retire };
const struct bridge *bridge = &model, bridge_ptrace;
u16 user_cs, user_ss;
char wedge_stack[WEDGE_STACK];

void tlb_drop_user(struct lol_space *space) { (void)space; abort(); }
void tlb_flush_queued(void) { abort(); }
void tlb_prefetch(void) { abort(); }
u32 tlb_vmas(void) { abort(); }
int mm_budget_tight(const struct lol_state *s) { (void)s; abort(); }
void deliver(struct lol_regs *r, u32 v, bool h, u64 e) { (void)r; (void)v; (void)h; (void)e; abort(); }
void resume(struct lol_regs *r, void *fp) { (void)r; (void)fp; abort(); }
void wait_turn(void) { abort(); }
u64 request(u32 kind, u64 a, u64 b, u64 c, u64 d, u64 e) { (void)kind; (void)a; (void)b; (void)c; (void)d; (void)e; return 0; }

static void map(u64 at, u64 size)
{
	assert_int_equal(sys_mmap(at, size, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0), at);
}

/* Spaces 1 and up have run, the last one longest ago; slot 0 is this process's own. */
static int all_bound(void **unused)
{
	static bool mapped;

	(void)unused;
	if (!mapped) {
		map(LOL_WEDGE_VCPU, 4096);
		map(LOL_WEDGE_STATE, LOL_STATE_SIZE);
		map(LOL_WEDGE_RAM, 0x10000);
		mapped = true;
	}
	memset(state, 0, LOL_STATE_SIZE);
	memset((void *)clock_page, 0, sizeof(*clock_page));
	clock_page->mult = 1ULL << 31;	/* two ticks are a nanosecond */
	vcpu->number = NUMBER;
	state->bridge = LOL_BRIDGE_SPLIT;
	state->max_spaces = 16;
	state->spare_spaces = 4;
	for (u32 slot = 0; slot < 16; slot++) {
		space_at(slot)->state = LOL_SPACE_BOUND;
		space_at(slot)->vcpu = NUMBER;
		space_at(slot)->root = ROOT(slot);
		space_at(slot)->used = 100 - slot;
	}
	return 0;
}

static u32 count(u32 what)
{
	u32 n = 0;

	for (u32 slot = 0; slot < state->max_spaces; slot++)
		n += READ_ONCE(space_at(slot)->state) == what;
	return n;
}

static struct {
	u32 retired;		/* when it was called for the first time */
	u64 from, to;		/* the vCPU waited at least from here to there */
} zygote;

/* Makes one of the retired spaces a new one, after 60 ms. */
static void *be_zygote(void *unused)
{
	(void)unused;
	while (!READ_ONCE(state->wanted))
		usleep(100);
	zygote.from = rdtsc();
	usleep(60000);
	zygote.retired = count(LOL_SPACE_RETIRED);
	zygote.to = rdtsc();
	for (u32 slot = 0; slot < state->max_spaces; slot++) {
		if (!space_move(space_at(slot), LOL_SPACE_RETIRED, LOL_SPACE_READY))
			continue;
		__atomic_fetch_add(&state->made, 1, __ATOMIC_SEQ_CST);
		sys_futex_wake(&state->made);
		break;
	}
	return NULL;
}

static struct lol_space *bind_slowly(void)
{
	struct lol_space *space;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, be_zygote, NULL), 0);
	space = bind_space(NEW);
	pthread_join(thread, NULL);
	assert_int_equal(space->state, LOL_SPACE_BOUND);
	assert_int_equal(space->root, NEW);
	assert_ptr_equal(space_of_root(NEW), space);
	return space;
}

static void ready_is_taken(void **unused)
{
	(void)unused;
	space_at(5)->state = LOL_SPACE_READY;
	assert_ptr_equal(bind_space(NEW), space_at(5));
	assert_int_equal(space_at(5)->root, NEW);
	assert_int_equal(count(LOL_SPACE_BOUND), 16);
	for (u32 n = 0; n < LOL_MAX_VCPUS; n++)
		assert_int_equal(clock_page->stolen[n], 0);
}

static void wait_is_stolen(void **unused)
{
	u64 before = rdtsc(), stolen;

	(void)unused;
	clock_page->stolen[NUMBER] = 1000;
	bind_slowly();
	stolen = clock_page->stolen[NUMBER] - 1000;
	assert_true(stolen <= (rdtsc() - before) / 2);
	assert_true(stolen >= (zygote.to - zygote.from) / 2);
	for (u32 n = 0; n < LOL_MAX_VCPUS; n++)
		assert_true(n == NUMBER || !clock_page->stolen[n]);
}

static void four_oldest_go(void **unused)
{
	(void)unused;
	bind_slowly();
	assert_int_equal(zygote.retired, 4);
	for (u32 slot = 0; slot < 12; slot++)
		assert_int_equal(space_at(slot)->root, ROOT(slot));
	assert_int_equal(count(LOL_SPACE_BOUND), 13);
}

/* Of four one must do: they are all that the guest has. */
static void one_of_few_goes(void **unused)
{
	(void)unused;
	state->max_spaces = 4;
	assert_ptr_equal(bind_slowly(), space_at(3));
	assert_int_equal(zygote.retired, 1);
	assert_int_equal(count(LOL_SPACE_BOUND), 4);
}

/* One is on its way already: nobody goes. */
static void none_goes(void **unused)
{
	(void)unused;
	space_at(7)->state = LOL_SPACE_RETIRED;
	assert_ptr_equal(bind_slowly(), space_at(7));
	assert_int_equal(count(LOL_SPACE_BOUND), 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ready_is_taken, all_bound),
		cmocka_unit_test_setup(wait_is_stolen, all_bound),
		cmocka_unit_test_setup(four_oldest_go, all_bound),
		cmocka_unit_test_setup(one_of_few_goes, all_bound),
		cmocka_unit_test_setup(none_goes, all_bound),
	};

	return cmocka_run_group_tests_name("space", tests, 0, 0);
}
