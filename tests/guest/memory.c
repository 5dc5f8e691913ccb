// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory: mmap, mprotect, mremap, madvise, shared and file mappings: after each
 * call the process must see exactly what the new mapping says, at once, in
 * every process that shares it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "tap.h"

#define PAGE 4096UL

static sigjmp_buf back;

static void handler(int sig)
{
	siglongjmp(back, sig);
}

/* 0, or the signal that a read or write of *p raises. */
static int touch(volatile char *p, bool write)
{
	int sig = sigsetjmp(back, 1);

	if (!sig) {
		if (write)
			*p = *p + 1;
		else
			(void)*p;
	}
	return sig;
}

static char *area(size_t pages, int prot, int flags)
{
	char *p = mmap(NULL, pages * PAGE, prot, flags | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		bail("mmap");
	return p;
}

static void protections(void)
{
	char *p = area(16, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	int i, bad = 0;

	for (i = 0; i < 16; i++)
		p[i * PAGE] = 'a' + i;
	must(mprotect(p + 4 * PAGE, 4 * PAGE, PROT_READ));
	must(mprotect(p + 8 * PAGE, 4 * PAGE, PROT_NONE));
	for (i = 0; i < 16; i++) {
		bad += touch(p + i * PAGE, false) != (i >= 8 && i < 12 ? SIGSEGV : 0);
		bad += touch(p + i * PAGE, true) != (i >= 4 && i < 12 ? SIGSEGV : 0);
	}
	ok(!bad, "mprotect to read-only and none (%d wrong)", bad);
	must(mprotect(p, 16 * PAGE, PROT_READ | PROT_WRITE));
	for (bad = 0, i = 0; i < 16; i++)
		bad += p[i * PAGE] != 'a' + i + (i < 4 || i >= 12) || touch(p + i * PAGE, true);
	ok(!bad, "contents survive mprotect, writable again (%d wrong)", bad);
	must(munmap(p + 5 * PAGE, 3 * PAGE));
	for (bad = 0, i = 0; i < 16; i++)
		bad += touch(p + i * PAGE, false) != (i >= 5 && i < 8 ? SIGSEGV : 0);
	ok(!bad, "munmap of a hole (%d wrong)", bad);
	must((long)mmap(p, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	for (bad = 0, i = 0; i < 16; i++)
		bad += p[i * PAGE] != 0;
	ok(!bad, "MAP_FIXED over it is zero (%d wrong)", bad);
	munmap(p, 16 * PAGE);
}

static void toggles(void)
{
	char *p = area(64, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	uint64_t seed = 42;
	int bad = 0, i, page, writable;

	memset(p, 1, 64 * PAGE);
	for (i = 0; i < 2000; i++) {
		page = random_next(&seed) % 64;
		writable = random_next(&seed) & 1;
		must(mprotect(p + page * PAGE, PAGE, writable ? PROT_READ | PROT_WRITE : PROT_READ));
		bad += touch(p + page * PAGE, true) != (writable ? 0 : SIGSEGV);
		bad += touch(p + page * PAGE, false) != 0;
	}
	ok(!bad, "2000 toggles of single pages take effect at once (%d did not)", bad);
	munmap(p, 64 * PAGE);
}

static void remaps(void)
{
	char *p = area(32, PROT_READ | PROT_WRITE, MAP_PRIVATE), *q, *r;
	int i, bad = 0;

	for (i = 0; i < 32; i++)
		memset(p + i * PAGE, i, PAGE);
	q = mremap(p, 32 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
	if (q == MAP_FAILED)
		bail("mremap");
	for (i = 0; i < 64; i++)
		bad += q[i * PAGE + 5] != (i < 32 ? i : 0);
	ok(!bad, "mremap grows, contents kept, rest zero (%d wrong)", bad);
	r = area(64, PROT_NONE, MAP_PRIVATE);
	p = mremap(q, 64 * PAGE, 64 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, r);
	ok(p == r, "mremap to a fixed place");
	for (bad = 0, i = 0; i < 32; i++)
		bad += p[i * PAGE + 99] != i;
	ok(!bad, "contents moved (%d wrong)", bad);
	ok(touch(q, false) == SIGSEGV && touch(q + 31 * PAGE, true) == SIGSEGV, "nothing at the old place");
	p = mremap(p, 64 * PAGE, 8 * PAGE, 0);
	ok(p == r && touch(p + 8 * PAGE, false) == SIGSEGV && !touch(p + 7 * PAGE, true), "mremap shrinks");
	munmap(p, 8 * PAGE);
	p = area(8, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	memset(p, 3, 8 * PAGE);
	q = mremap(p, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
	if (q == MAP_FAILED) {
		skip("MREMAP_DONTUNMAP: %s", strerror(errno));
		munmap(p, 8 * PAGE);
		return;
	}
	ok(q[3 * PAGE + 1] == 3 && p[3 * PAGE + 1] == 0, "MREMAP_DONTUNMAP leaves zero pages");
	munmap(p, 8 * PAGE);
	munmap(q, 8 * PAGE);
}

static void advice(void)
{
	char *p = area(64, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	int i, bad = 0;

	memset(p, 7, 64 * PAGE);
	must(madvise(p + 10 * PAGE, 20 * PAGE, MADV_DONTNEED));
	for (i = 0; i < 64; i++)
		bad += p[i * PAGE + 1] != (i >= 10 && i < 30 ? 0 : 7);
	ok(!bad, "MADV_DONTNEED gives zero pages (%d wrong)", bad);
	memset(p + 10 * PAGE, 9, 20 * PAGE);
	for (bad = 0, i = 0; i < 64; i++)
		bad += p[i * PAGE + 1] != (i >= 10 && i < 30 ? 9 : 7);
	ok(!bad, "and they are private again (%d wrong)", bad);
	munmap(p, 64 * PAGE);
}

static void files(void)
{
	char name[] = "/tmp/lol-memory.XXXXXX", *p, *q, *r, buffer[16];
	int fd = must(mkstemp(name)), i, bad = 0;

	unlink(name);
	must(ftruncate(fd, 16 * PAGE));
	p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	q = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	r = mmap(NULL, 8 * PAGE, PROT_READ, MAP_SHARED, fd, 4 * PAGE);
	if (p == MAP_FAILED || q == MAP_FAILED || r == MAP_FAILED)
		bail("mmap of a file");
	for (i = 0; i < 16; i++)
		sprintf(p + i * PAGE, "page %d", i);
	for (i = 0; i < 16; i++) {
		sprintf(buffer, "page %d", i);
		bad += strcmp(q + i * PAGE, buffer) != 0;
		if (i >= 4 && i < 12)
			bad += strcmp(r + (i - 4) * PAGE, buffer) != 0;
	}
	ok(!bad, "shared and private mapping of a file agree (%d wrong)", bad);
	q[3 * PAGE] = 'P';
	p[3 * PAGE + 1] = 'A';
	ok(p[3 * PAGE] == 'p' && q[3 * PAGE + 1] == 'a' && !memcmp(q + 3 * PAGE, "Page", 4), "a private page is a copy from the first write on");
	must(pwrite(fd, "WRITE", 5, 5 * PAGE));
	ok(!memcmp(p + 5 * PAGE, "WRITE", 5) && !memcmp(r + PAGE, "WRITE", 5) && !memcmp(q + 5 * PAGE, "WRITE", 5), "write() is seen by mappings");
	must(pread(fd, buffer, 6, 3 * PAGE));
	ok(!memcmp(buffer, "pAge 3", 6), "read() sees what a mapping wrote");
	must(ftruncate(fd, 6 * PAGE));
	for (bad = 0, i = 0; i < 16; i++)
		bad += touch(p + i * PAGE, i & 1) != (i < 6 ? 0 : SIGBUS);
	ok(!bad, "pages behind the new end raise SIGBUS (%d wrong)", bad);
	must(ftruncate(fd, 16 * PAGE));
	for (bad = 0, i = 6; i < 16; i++)
		bad += touch(p + i * PAGE, true) != 0 || p[i * PAGE] != 1;
	ok(!bad, "and are zero when it grows again (%d wrong)", bad);
	ok(!msync(p, 16 * PAGE, MS_SYNC), "msync");
	munmap(p, 16 * PAGE);
	munmap(q, 16 * PAGE);
	munmap(r, 8 * PAGE);
	close(fd);
}

static void between_processes(void)
{
	int fd = must(memfd_create("shared", 0)), go[2], done[2], status;
	volatile char *p;
	char c;
	pid_t pid;

	must(ftruncate(fd, 32 * PAGE));
	p = mmap(NULL, 32 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	memset((char *)p, 5, 32 * PAGE);
	must(pipe(go));
	must(pipe(done));
	pid = must(fork());
	if (!pid) {
		int i, bad = 0;

		for (i = 0; i < 32; i++)
			bad += p[i * PAGE] != 5;
		must(write(done[1], "1", 1));
		must(read(go[0], &c, 1));
		for (i = 0; i < 32; i++)	/* punched: must not be stale */
			bad += p[i * PAGE] != (i >= 8 && i < 16 ? 0 : 5);
		for (i = 0; i < 32; i++)
			p[i * PAGE] = 6;
		must(write(done[1], "2", 1));
		must(read(go[0], &c, 1));
		for (i = 0; i < 32; i++)
			bad += touch((char *)p + i * PAGE, i & 1) != (i < 4 ? 0 : SIGBUS);
		_exit(bad != 0);
	}
	must(read(done[0], &c, 1));
	must(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8 * PAGE, 8 * PAGE));
	ok(p[8 * PAGE] == 0 && p[7 * PAGE] == 5, "hole punched here");
	must(write(go[1], "x", 1));
	must(read(done[0], &c, 1));
	ok(p[0] == 6 && p[12 * PAGE] == 6 && p[31 * PAGE] == 6, "the other process's writes are seen");
	must(ftruncate(fd, 4 * PAGE));
	must(write(go[1], "x", 1));
	status = wait_for(pid);
	ok(status == 0, "the other process saw hole and truncation (%d)", status);
	munmap((char *)p, 32 * PAGE);
	close(fd);
}

static int answer(void)
{
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };	/* mov $42,%eax; ret */
	int (*f)(void), got;
	char *p = area(1, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	memcpy(p, code, sizeof(code));
	f = (int (*)(void))p;
	got = sigsetjmp(back, 1);
	if (got != SIGSEGV) {
		f();
		ok(0, "a writable page is not executable");
	} else {
		ok(1, "a writable page is not executable");
	}
	must(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	got = f();
	ok(got == 42, "and is after mprotect");
	must(mprotect(p, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
	p[1] = 43;
	got = f();
	ok(got == 43, "self-modified code runs");
	munmap(p, PAGE);
	return 0;
}

static void stack_growth(void)
{
	volatile char deep[1 << 20];
	size_t i;

	for (i = 0; i < sizeof(deep); i += PAGE)
		deep[sizeof(deep) - 1 - i] = i;
	ok(1, "the stack grows");
}

static void misc(void)
{
	char *p = area(8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE);
	unsigned char core[8];
	int fd, i, zero = 0;

	for (i = 0; i < 8; i++)
		zero += !p[i * PAGE];
	ok(zero == 8, "MAP_POPULATE");
	ok(!mincore(p, 8 * PAGE, core) && core[0] && core[7], "mincore");
	ok(!mlock(p, PAGE) && !munlock(p, PAGE), "mlock");
	fd = open("/dev/zero", O_RDONLY);
	memset(p, 1, 8 * PAGE);
	ok(fd < 0 || (read(fd, p + 100, 2 * PAGE) == (ssize_t)(2 * PAGE) && p[99] == 1 && !p[100] && !p[99 + 2 * PAGE] && p[100 + 2 * PAGE] == 1), "read into memory across pages");
	ok(write(1, (void *)0x123450000000, 1) == -1 && errno == EFAULT, "a bad address to write() is EFAULT");
	must(mprotect(p + PAGE, PAGE, PROT_NONE));
	ok(fd < 0 || read(fd, p, 2 * PAGE) == (ssize_t)PAGE || errno == EFAULT, "read() up to an unreadable page");
	munmap(p, 8 * PAGE);
	ok((long)mmap((void *)0x1000, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == -1 || geteuid() == 0, "page 1 is not for ordinary users");
	close(fd);
}

int main(void)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_NODEFER };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	protections();
	toggles();
	remaps();
	advice();
	files();
	between_processes();
	answer();
	stack_growth();
	misc();
	return finish();
}
