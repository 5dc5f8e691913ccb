// SPDX-License-Identifier: GPL-2.0-only
/*
 * survivors [wait]: work that notices when anything but a whole process is lost.
 *
 * Prints "up" and waits for a line on standard input.  Then eight workers at a
 * time compute, copy, fork and pipe, and check what comes of it, while somebody
 * outside kills processes of the host at random; a further line ends it.  A worker
 * may be killed, or lose a child to SIGKILL, and nothing else: it never ends by
 * another signal, with a wrong result, or not at all.
 *
 * wait: ten processes with data in memory and registers sleep, one computes; at
 * the next line everybody looks whether all is there.  Nobody may be lost.
 */
#define _GNU_SOURCE
#include "tap.h"
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define WORKERS		8
#define SLEEPERS	10
#define LOST		77	/* exit status: somebody of mine was killed */
#define WRONG		78
#define MORE		(256 << 10)

static uint64_t mix(uint64_t sum, const void *data, size_t length)
{
	const uint64_t *p = data;
	size_t i;

	for (i = 0; i < length / 8; i++)
		sum = (sum ^ p[i]) * 0x9e3779b97f4a7c15ULL;
	return sum;
}

static pid_t child_of_mine(void)
{
	pid_t parent = getpid(), pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(LOST);
	}
	return pid;
}

/* What a worker says whose children ended so; @wrong: its own check failed. */
static int verdict(const int *status, int n, bool wrong)
{
	int i;

	for (i = 0; i < n; i++)
		if (status[i] == 128 + SIGKILL || status[i] == LOST)
			return LOST;
	for (i = 0; i < n; i++)
		if (status[i])
			return WRONG;
	return wrong ? WRONG : 0;
}

/* Values in vector and general registers, over many interrupts. */
static bool registers_kept(uint64_t seed, uint64_t rounds)
{
	uint64_t in[4] = { seed, ~seed, seed * 3, seed * 5 }, out[4];
	uint64_t left = rounds;

	asm volatile("movups (%[in]), %%xmm1\n\tmovups 16(%[in]), %%xmm14\n\t"
		     "movq (%[in]), %%r9\n\tmovq 8(%[in]), %%r14\n"
		     "1:\tdecq %[left]\n\tjnz 1b\n\t"
		     "movups %%xmm1, (%[out])\n\tmovups %%xmm14, 16(%[out])\n\t"
		     "xorq (%[in]), %%r9\n\txorq 8(%[in]), %%r14\n\torq %%r14, %%r9\n\tmovq %%r9, %[left]"
		     : [left] "+r"(left) : [in] "r"(in), [out] "r"(out)
		     : "memory", "xmm1", "xmm14", "r9", "r14", "cc");
	return !left && !memcmp(in, out, sizeof(in));
}

static int compute(uint64_t seed)
{
	int i;

	for (i = 0; i < 20; i++)
		if (!registers_kept(seed + i, 1000000))
			return WRONG;
	return 0;
}

static uint64_t *filled(uint64_t *seed, size_t length)
{
	uint64_t *area = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	if (area == MAP_FAILED)
		_exit(WRONG);
	for (i = 0; i < length / 8; i++)
		area[i] = random_next(seed);
	return area;
}

/* Memory, and copies on write of it. */
static int copies(uint64_t seed)
{
	uint64_t *area = filled(&seed, 1 << 20), sum = mix(1, area, 1 << 20);
	int status[3], i;
	pid_t pid[3];

	for (i = 0; i < 3; i++) {
		pid[i] = child_of_mine();
		if (pid[i])
			continue;
		if (mix(1, area, 1 << 20) != sum)
			_exit(WRONG);
		memset(area, i, 1 << 19);
		_exit(area[7] == 0x0101010101010101ULL * i ? 0 : WRONG);
	}
	for (i = 0; i < 3; i++)
		status[i] = wait_for(pid[i]);
	return verdict(status, 3, mix(1, area, 1 << 20) != sum);
}

static bool pass_on(int from, int to)
{
	static char buffer[4096];
	ssize_t n = read(from, buffer, sizeof(buffer));

	return n > 0 && write(to, buffer, n) == n;
}

/* A writer, two that pass on, and the sum of it all. */
static int pipeline(uint64_t seed)
{
	uint64_t *area = filled(&seed, MORE), *seen = filled(&seed, MORE);
	int status[3], to[2], from = -1, i;
	size_t length = 0;
	pid_t pid[3];
	ssize_t n;

	for (i = 0; i < 3; i++) {
		if (pipe(to))
			return WRONG;
		pid[i] = child_of_mine();
		if (!pid[i]) {
			close(to[0]);
			if (!i)
				_exit(write(to[1], area, MORE) == MORE ? 0 : LOST);
			while (pass_on(from, to[1]))
				;
			_exit(0);
		}
		close(to[1]);
		close(from);
		from = to[0];
	}
	while (length < MORE && (n = read(from, (char *)seen + length, MORE - length)) > 0)
		length += n;
	close(from);
	for (i = 0; i < 3; i++)
		status[i] = wait_for(pid[i]);
	return verdict(status, 3, length != MORE || memcmp(area, seen, MORE));
}

static int shell(const char *script)
{
	freopen("/dev/null", "w", stderr);	/* "Killed" */
	execl("/bin/sh", "sh", "-c", script, NULL);
	return WRONG;
}

static int work(unsigned int kind, uint64_t seed)
{
	switch (kind) {
	case 0:
		return compute(seed);
	case 1:
		return copies(seed);
	case 2:
		return pipeline(seed);
	case 3:
		return shell("n=0; while [ $n -lt 30 ]; do n=$((n + 1)); (exit $n); s=$?\n"
			     "[ $s = 137 ] && exit 77; [ $s = $n ] || { echo \"# exit $n: $s\"; exit 78; }; done");
	default:
		return shell("set -o pipefail; for n in 1 2 3; do x=$(cat /bin/busybox | sha256sum); s=$?\n"
			     "[ $s = 137 ] && exit 77; [ \"$s $x\" = \"0 $SUM\" ] || { echo \"# sha256sum: $s $x\"; exit 78; }; done");
	}
}

#define KINDS	5

static struct { pid_t pid; unsigned int kind; } worker[WORKERS];

/* A line has come, or the end of the file. */
static bool told(int timeout)
{
	struct pollfd fd = { .fd = 0, .events = POLLIN };
	char line[64];

	if (poll(&fd, 1, timeout) <= 0)
		return false;
	return read(0, line, sizeof(line)) >= 0;
}

static int survive(void)
{
	unsigned int started = 0, finished[KINDS] = { 0 }, lost = 0, wrong = 0, live = 0, i;
	bool stop = false;
	int status;
	pid_t pid;

	told(-1);
	while (!stop || live) {
		stop = stop || told(0);
		for (i = 0; i < WORKERS && !stop; i++) {
			if (worker[i].pid)
				continue;
			worker[i].kind = started++ % KINDS;
			worker[i].pid = must(child_of_mine());
			if (!worker[i].pid)
				_exit(work(worker[i].kind, started * 0x1234567ULL));
			live++;
		}
		pid = wait(&status);
		for (i = 0; i < WORKERS && worker[i].pid != pid; i++)
			;
		if (i == WORKERS)
			continue;	/* left behind by one that was killed */
		worker[i].pid = 0;
		live--;
		if (WIFEXITED(status) && !WEXITSTATUS(status)) {
			finished[worker[i].kind]++;
		} else if ((WIFEXITED(status) && WEXITSTATUS(status) == LOST) ||
			   (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)) {
			lost++;
		} else {
			if (wrong++ < 5)
				note("a worker of kind %u ended with status %#x", worker[i].kind, status);
		}
	}
	note("%u workers started, %u lost a process to SIGKILL", started, lost);
	ok(!wrong, "nothing was lost but whole processes, by SIGKILL (%u times)", wrong);
	for (i = 0; i < KINDS && finished[i]; i++)
		;
	ok(i == KINDS, "work of every kind was finished meanwhile");
	return finish();
}

/* All sleep until the pipe is closed; SSE registers stay loaded over the sleep. */
static int sleeper(int until, uint64_t seed)
{
	uint64_t *area = filled(&seed, MORE), sum = mix(1, area, MORE), in[2] = { seed, ~seed }, out[2];
	long ret;
	char c;

	asm volatile("movups (%[in]), %%xmm3\n\tsyscall\n\tmovups %%xmm3, (%[out])"
		     : "=a"(ret) : "a"(0L /* read */), "D"((long)until), "S"(&c), "d"(1L), [in] "r"(in), [out] "r"(out)
		     : "memory", "rcx", "r11", "xmm3");
	return !ret && !memcmp(in, out, sizeof(in)) && mix(1, area, MORE) == sum ? 0 : WRONG;
}

static int sleepers(void)
{
	pid_t pid[SLEEPERS + 1];
	int until[2], i, bad = 0, status;

	must(pipe(until));
	for (i = 0; i <= SLEEPERS; i++) {
		pid[i] = must(child_of_mine());
		if (pid[i])
			continue;
		close(until[1]);
		if (i < SLEEPERS)
			_exit(sleeper(until[0], i + 1));
		while (!poll(&(struct pollfd){ .fd = until[0], .events = POLLIN }, 1, 0))
			if (!registers_kept(i, 10000000))
				_exit(WRONG);
		_exit(0);
	}
	told(-1);
	close(until[1]);
	for (i = 0; i <= SLEEPERS; i++) {
		status = wait_for(pid[i]);
		if (!status)
			continue;
		bad++;
		note("%s %d ended with status %d", i < SLEEPERS ? "sleeper" : "the one that computes,", i, status);
	}
	ok(!bad, "%d sleepers and one that computed have everything (%d have not)", SLEEPERS, bad);
	return finish();
}

static void learn_sum(void)
{
	char line[256] = "";
	FILE *p = popen("sha256sum < /bin/busybox", "r");

	if (!p || !fgets(line, sizeof(line), p) || pclose(p))
		bail("sha256sum");
	line[strcspn(line, "\n")] = 0;
	setenv("SUM", line, 1);
}

int main(int argc, char **argv)
{
	must(prctl(PR_SET_CHILD_SUBREAPER, 1));
	learn_sum();
	printf("up\n");
	fflush(stdout);
	return argc > 1 && !strcmp(argv[1], "wait") ? sleepers() : survive();
}
