// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact: a memfd sealed against resizing can be mapped shared and executable,
 * beside a writable view of it, and code written through one is executed
 * through the other; that also holds for one made with MFD_NOEXEC_SEAL.  Only
 * execve of such a file depends on vm.memfd_noexec.
 * Relied on by: host/ram.c (guest RAM), syscall-bridge/memory.c (maps guest
 * text from it), host/zygote.c (runs the wedge from a file).
 */
#include "tests/probe/probe.h"
#include <fcntl.h>
#include <sys/syscall.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL	8U
#endif

static void try_flags(const char *name, unsigned int flags)
{
	unsigned char code[] = { 0xb8, 7, 0, 0, 0, 0xc3 };	/* mov $7, %eax; ret */
	int (*function)(void), result, fd = memfd_create("ram", flags | MFD_ALLOW_SEALING | MFD_CLOEXEC);
	char *window;

	if (fd < 0) {
		skip("memfd_create with %s: %s", name, strerror(errno));
		return;
	}
	must(ftruncate(fd, PAGE));
	ok(!fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) && ftruncate(fd, 2 * PAGE) && ftruncate(fd, 0),
	   "%s: sealed against resizing", name);
	window = (char *)must(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	function = (int (*)(void))mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	if (!ok(function != MAP_FAILED, "%s: an executable view of it", name))
		return;
	memcpy(window, code, sizeof(code));
	result = function();
	window[1] = 9;
	ok(result == 7 && function() == 9, "%s: runs what was written through the window, also anew", name);
	ok(!mprotect(function, PAGE, PROT_READ) && !mprotect(function, PAGE, PROT_READ | PROT_EXEC) &&
	   function() == 9, "%s: mprotect takes and gives back execution", name);
}

int main(void)
{
	char *const none[] = { NULL };
	int fd;

	try_flags("no flag", 0);
	try_flags("MFD_NOEXEC_SEAL", MFD_NOEXEC_SEAL);
	fd = memfd_create("program", MFD_NOEXEC_SEAL);
	if (fd >= 0)
		ok(syscall(SYS_execveat, fd, "", none, none, 0x1000) == -1 && errno == EACCES,
		   "MFD_NOEXEC_SEAL: execveat is refused");
	return finish();
}
