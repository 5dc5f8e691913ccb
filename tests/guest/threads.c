// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads: POSIX threads, futex operations with their errors and time-outs,
 * thread-local storage, robust and priority-inheritance mutexes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "tap.h"

#define THREADS 16

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static uint64_t counter, unlocked;
static __thread uint64_t local = 99;
static int turn;

static long futex(uint32_t *word, int op, uint32_t value, const struct timespec *timeout, uint32_t *word2, uint32_t value3)
{
	return syscall(SYS_futex, word, op, value, timeout, word2, value3);
}

static void *count(void *arg)
{
	long id = (long)arg, i;

	pthread_barrier_wait(&barrier);
	if (local != 99)
		return (void *)1;
	local = id;
	for (i = 0; i < 20000; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
		__atomic_add_fetch(&unlocked, 1, __ATOMIC_RELAXED);
		if (i % 1000 == 0)
			sched_yield();
		if (local != (uint64_t)id)
			return (void *)2;
	}
	return NULL;
}

static void *ring(void *arg)
{
	int id = (long)arg, i;

	for (i = 0; i < 200; i++) {
		pthread_mutex_lock(&mutex);
		while (turn % THREADS != id)
			pthread_cond_wait(&cond, &mutex);
		turn++;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static uint32_t word;

static void *waiter(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&word, __ATOMIC_ACQUIRE))
		futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	return NULL;
}

static void futexes(void)
{
	struct timespec brief = { 0, 20000000 };
	uint32_t other = 0;
	pthread_t t[4];
	uint64_t start;
	int i;

	word = 1;
	ok(futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0) == -1 && errno == EAGAIN, "wait on another value");
	start = now_ns();
	ok(futex(&word, FUTEX_WAIT, 1, &brief, NULL, 0) == -1 && errno == ETIMEDOUT && now_ns() - start >= 20000000, "wait times out, not early");
	ok(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0) == 0, "wake of nobody");
	ok(futex((uint32_t *)0x1001, FUTEX_WAIT, 0, NULL, NULL, 0) == -1 && errno == EINVAL, "unaligned word");
	ok(futex((uint32_t *)0x123450000000, FUTEX_WAIT, 0, NULL, NULL, 0) == -1 && errno == EFAULT, "unmapped word");
	word = 0;
	for (i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, waiter, NULL);
	usleep(20000);
	ok(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)3L, &other, 0) == 4, "one woken, three requeued");
	__atomic_store_n(&word, 1, __ATOMIC_RELEASE);
	futex(&other, FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0);
	futex(&word, FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0);
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	ok(1, "all of them ended");
	word = 10;
	other = 5;
	/* other += 3 (op ADD), wake if it was 5 */
	ok(futex(&word, FUTEX_WAKE_OP, 1, (void *)1L, &other, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5)) == 0 && other == 8, "FUTEX_WAKE_OP changes the word");
}

static void robust(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t *shared;
	pid_t pid;
	int r;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(shared, &attr);
	pid = must(fork());
	if (!pid) {
		pthread_mutex_lock(shared);
		_exit(0);
	}
	wait_for(pid);
	r = pthread_mutex_lock(shared);
	ok(r == EOWNERDEAD, "robust mutex of a dead process (%d)", r);
	ok(pthread_mutex_consistent(shared) == 0 && pthread_mutex_unlock(shared) == 0, "made consistent");
	pid = must(fork());
	if (!pid) {
		pthread_mutex_lock(shared);
		usleep(30000);
		raise(SIGKILL);
	}
	usleep(15000);
	r = pthread_mutex_lock(shared);
	ok(r == EOWNERDEAD, "waiter is woken when the owner is killed (%d)", r);
	pthread_mutex_unlock(shared);
	wait_for(pid);

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	r = pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	shared++;
	pthread_mutex_init(shared, &attr);
	pid = must(fork());
	if (!pid) {
		int i;

		for (i = 0; i < 500; i++) {
			pthread_mutex_lock(shared);
			sched_yield();
			pthread_mutex_unlock(shared);
		}
		_exit(0);
	}
	for (r = 0; r < 500; r++) {
		pthread_mutex_lock(shared);
		sched_yield();
		pthread_mutex_unlock(shared);
	}
	ok(wait_for(pid) == 0, "priority inheritance between processes");
}

static void *forever(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

static void *just_exit(void *arg)
{
	(void)arg;
	_exit(33);
}

static void ends(void)
{
	pthread_t t;
	void *result;
	pid_t pid;

	pthread_create(&t, NULL, forever, NULL);
	pthread_cancel(t);
	pthread_join(t, &result);
	ok(result == PTHREAD_CANCELED, "a thread is cancelled");
	pid = must(fork());
	if (!pid) {
		pthread_create(&t, NULL, forever, NULL);
		pthread_create(&t, NULL, just_exit, NULL);
		forever(NULL);
	}
	ok(wait_for(pid) == 33, "exit of one thread ends the process");
	pid = must(fork());
	if (!pid) {
		pthread_create(&t, NULL, forever, NULL);
		pthread_create(&t, NULL, forever, NULL);
		execl("/proc/self/exe", "threads", "exit", NULL);
		_exit(1);
	}
	ok(wait_for(pid) == 44, "exec from a process with threads");
}

int main(int argc, char **argv)
{
	pthread_t t[THREADS];
	void *result;
	long i, bad = 0;

	(void)argv;
	if (argc > 1)
		return 44;
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, count, (void *)i))
			bail("pthread_create");
	for (i = 0; i < THREADS; i++) {
		pthread_join(t[i], &result);
		bad += result != NULL;
	}
	ok(!bad, "thread-local storage");
	ok(counter == THREADS * 20000 && unlocked == counter, "mutex and atomics count %lu", (long)counter);
	for (i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, ring, (void *)i);
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	ok(turn == THREADS * 200, "condition variable passes a token round");
	for (i = 0; i < 500; i++) {
		if (pthread_create(&t[0], NULL, waiter, NULL))
			break;
		__atomic_store_n(&word, 1, __ATOMIC_RELEASE);
		futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
		pthread_join(t[0], NULL);
		word = 0;
	}
	ok(i == 500, "500 threads one after another");
	futexes();
	robust();
	ends();
	return finish();
}
