// SPDX-License-Identifier: GPL-2.0-only
/* How the processes of a guest are ended: in which order, and how many at a time. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/launcher.h"
#include "host/spaces.h"
#include "syscall-bridge/handoff.h"

#define AT_ONCE		32
#define MANY		200

enum { INIT = MANY, ZYGOTE, NR };	/* spaces come first */

static struct vm vm;
static struct config config;
static pid_t pids[NR];
static unsigned int when[NR];	/* its turn to be killed; 0: not yet */
static unsigned int turns, together, left_at_init;

bool spaces_is_child(const struct vm *guest, pid_t pid)
{
	siginfo_t info = { 0 };

	(void)guest;
	return pid > 0 && !waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) && !info.si_pid;
}

void launcher_end(struct vm *guest)
{
	(void)guest;
}

int __real_kill(pid_t pid, int number);
int __wrap_kill(pid_t pid, int number);

/* Notes who is to die; what is killed and not yet reaped dies together. */
int __wrap_kill(pid_t pid, int number)
{
	unsigned int i, dying = 0, left = 0;

	assert_int_equal(number, SIGKILL);
	turns++;
	for (i = 0; i < NR; i++) {
		if (!pids[i])
			continue;
		if (!when[i] && (pid == pids[i] || pid == -pids[0]))
			when[i] = turns;
		dying += i < MANY && when[i] && !__real_kill(pids[i], 0);
		left += i < MANY && !when[i];
	}
	if (dying > together)
		together = dying;
	if (pid == pids[INIT] && when[INIT] == turns)
		left_at_init = left;
	return __real_kill(pid, number);
}

static void begin(uint32_t bridge, unsigned int spaces)
{
	unsigned int i;

	turns = together = left_at_init = 0;
	for (i = 0; i < NR; i++) {
		when[i] = pids[i] = 0;
		if (i >= spaces && i < MANY)
			continue;
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (!pids[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
		setpgid(pids[i], pids[0]);
		/* some slots are free */
		if (i < MANY)
			lol_state_space(vm.state, i + i / 50)->pid = pids[i];
	}
	config.bridge = bridge;
	vm.config = &config;
	vm.init = pids[INIT];
	vm.zygote = pids[ZYGOTE];
}

static void nobody_is_left(void)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		assert_true(!pids[i] || __real_kill(pids[i], 0));
}

/* Whatever the outcome. */
static int clean(void **unused)
{
	unsigned int i;

	(void)unused;
	for (i = 0; i < NR; i++)
		if (spaces_is_child(&vm, pids[i]))
			__real_kill(pids[i], SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	for (i = 0; i < LOL_MAX_SPACES; i++)
		lol_state_space(vm.state, i)->pid = 0;
	return 0;
}

static unsigned int first(void)
{
	unsigned int i, least = 0;

	for (i = 1; i < MANY; i++)
		if (when[i] && when[i] < when[least])
			least = i;
	return when[least];
}

static void many(uint32_t bridge)
{
	begin(bridge, MANY);
	spaces_kill_all(&vm);
	assert_in_range(together, 1, AT_ONCE);
	assert_true(left_at_init < AT_ONCE && when[INIT]);
	nobody_is_left();
}

static void many_in_place(void **unused)
{
	(void)unused;
	many(LOL_BRIDGE_IN_PLACE);
	assert_true(when[ZYGOTE] < first());
}

static void many_split(void **unused)
{
	(void)unused;
	many(LOL_BRIDGE_SPLIT);
	assert_true(when[ZYGOTE] < first());
}

/* Those it traces would end with the tracer; it makes no more when K is gone. */
static void many_ptrace(void **unused)
{
	unsigned int i, before = 0;

	(void)unused;
	many(LOL_BRIDGE_PTRACE);
	assert_int_equal(when[LOL_KERNEL_SLOT], first());
	for (i = 0; i < MANY; i++)
		before += when[i] < when[ZYGOTE];
	assert_true(before > MANY - AT_ONCE);
}

/* Nobody waits for a few. */
static void few(void **unused)
{
	(void)unused;
	begin(LOL_BRIDGE_SPLIT, AT_ONCE - 1);
	spaces_kill_all(&vm);
	assert_int_equal(together, AT_ONCE - 1);
	nobody_is_left();
}

/* A hostile guest kernel has written one number into all slots, or init's. */
static void wrong_slots(void **unused)
{
	unsigned int i;

	(void)unused;
	for (i = 0; i < 2; i++) {
		begin(LOL_BRIDGE_SPLIT, MANY);
		for (unsigned int slot = 0; slot < LOL_MAX_SPACES; slot++)
			lol_state_space(vm.state, slot)->pid = pids[i ? INIT : 0];
		spaces_kill_all(&vm);
		/* there the group is what ends them */
		nobody_is_left();
	}
}

/* The guest goes on: K lives, and whoever reaps is told. */
static void tracer_replaced(void **unused)
{
	unsigned int i, ended = 0;

	(void)unused;
	begin(LOL_BRIDGE_PTRACE, MANY);
	spaces_kill_zygote(&vm);
	assert_int_equal(when[LOL_KERNEL_SLOT], 0);
	assert_int_equal(when[INIT], 0);
	for (i = 0; i < MANY; i++)
		if (when[i] && when[i] < when[ZYGOTE])
			ended++;
	assert_true(ended > MANY - 1 - AT_ONCE);
	for (i = 0; i < MANY; i++)
		assert_int_equal(__real_kill(pids[i], 0), 0);
	spaces_kill_all(&vm);
	nobody_is_left();
}

static void zygote_replaced(void **unused)
{
	(void)unused;
	begin(LOL_BRIDGE_SPLIT, MANY);
	spaces_kill_zygote(&vm);
	assert_int_equal(turns, 1);
	assert_int_equal(when[ZYGOTE], 1);
	spaces_kill_all(&vm);
	nobody_is_left();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(many_in_place, clean),
		cmocka_unit_test_teardown(many_split, clean),
		cmocka_unit_test_teardown(many_ptrace, clean),
		cmocka_unit_test_teardown(few, clean),
		cmocka_unit_test_teardown(wrong_slots, clean),
		cmocka_unit_test_teardown(tracer_replaced, clean),
		cmocka_unit_test_teardown(zygote_replaced, clean),
	};

	alarm(60);
	vm.state = mmap(NULL, LOL_STATE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
