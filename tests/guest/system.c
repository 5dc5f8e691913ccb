// SPDX-License-Identifier: GPL-2.0-only
/*
 * system: the rest of the kernel that programs rely on, a few calls of each
 * kind: identity, vDSO, pipes, epoll and friends, sockets, terminals, files,
 * namespaces, seccomp, core dumps.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <elf.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <termios.h>
#include "tap.h"

static void identity(void)
{
	struct utsname name;
	unsigned int cpu = 99, node;

	uname(&name);
	ok(!strcmp(name.machine, "x86_64"), "uname says %s %s %s", name.sysname, name.release, name.machine);
	ok(getauxval(AT_PAGESZ) == 4096 && getauxval(AT_CLKTCK) == 100 && getauxval(AT_RANDOM), "auxiliary vector");
	ok(getauxval(AT_SYSINFO_EHDR) != 0, "there is a vDSO");
	ok(!memcmp((void *)getauxval(AT_SYSINFO_EHDR), ELFMAG, SELFMAG), "and it is an ELF image");
	ok(getauxval(AT_MINSIGSTKSZ) >= 1024, "AT_MINSIGSTKSZ %lu", getauxval(AT_MINSIGSTKSZ));
	ok(!getcpu(&cpu, &node) && cpu < (unsigned int)sysconf(_SC_NPROCESSORS_CONF), "getcpu");
	ok(syscall(SYS_gettid) == getpid(), "gettid");
}

static void waiting(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 7 }, got[4];
	int ep = must(epoll_create1(0)), ev = must(eventfd(0, 0)), ends[2], sig, ino;
	char buffer[512], name[] = "/tmp/lol-system.XXXXXX";
	struct signalfd_siginfo info;
	uint64_t value = 3;
	sigset_t set;

	must(epoll_ctl(ep, EPOLL_CTL_ADD, ev, &event));
	ok(epoll_wait(ep, got, 4, 10) == 0, "epoll times out");
	must(write(ev, &value, 8));
	ok(epoll_wait(ep, got, 4, 1000) == 1 && got[0].data.u64 == 7, "epoll sees an eventfd");
	ok(read(ev, &value, 8) == 8 && value == 3, "eventfd counts");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sig = must(signalfd(-1, &set, 0));
	kill(getpid(), SIGUSR1);
	ok(read(sig, &info, sizeof(info)) == sizeof(info) && info.ssi_signo == SIGUSR1, "signalfd");
	must(pipe2(ends, O_NONBLOCK));
	memset(buffer, 'q', sizeof(buffer));
	ok(read(ends[0], buffer, 1) == -1 && errno == EAGAIN, "empty pipe");
	while (write(ends[1], buffer, sizeof(buffer)) > 0)
		value++;
	ok(errno == EAGAIN && value == 3 + 65536 / sizeof(buffer), "a pipe holds 64 KiB (%lu)", (long)value);
	close(must(mkstemp(name)));
	ino = must(inotify_init1(0));
	must(inotify_add_watch(ino, name, IN_MODIFY));
	close(must(open(name, O_WRONLY | O_TRUNC)));
	must(truncate(name, 10));
	ok(read(ino, buffer, sizeof(buffer)) > 0, "inotify");
	unlink(name);
	close(ep), close(ev), close(sig), close(ends[0]), close(ends[1]), close(ino);
}

static void sockets(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char control[CMSG_SPACE(sizeof(int))], c = 'k', big[70000];
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *cm;
	socklen_t length = sizeof(in);
	int pair[2], server, client, conn, fd, ends[2];
	size_t have = 0;
	pid_t pid;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	must(pipe(ends));
	cm = CMSG_FIRSTHDR(&msg);
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cm), &ends[1], sizeof(int));
	must(sendmsg(pair[0], &msg, 0));
	must(recvmsg(pair[1], &msg, 0));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	ok(write(fd, "!", 1) == 1 && read(ends[0], &c, 1) == 1 && c == '!', "a descriptor through a unix socket");

	server = must(socket(AF_INET, SOCK_STREAM, 0));
	must(bind(server, (struct sockaddr *)&in, sizeof(in)));
	must(listen(server, 5));
	must(getsockname(server, (struct sockaddr *)&in, &length));
	pid = must(fork());
	if (!pid) {
		client = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(client, (struct sockaddr *)&in, sizeof(in)))
			_exit(1);
		memset(big, 'B', sizeof(big));
		_exit(send(client, big, sizeof(big), MSG_WAITALL) != sizeof(big));
	}
	conn = must(accept(server, NULL, NULL));
	while (have < sizeof(big)) {
		ssize_t n = recv(conn, big + have, sizeof(big) - have, 0);

		if (n <= 0)
			break;
		have += n;
	}
	ok(have == sizeof(big) && big[69999] == 'B' && wait_for(pid) == 0, "TCP over loopback, %zu bytes", have);
	close(conn), close(server), close(fd), close(ends[0]), close(ends[1]), close(pair[0]), close(pair[1]);
}

/* A terminal hands over what is there: the pieces of a line may come one by one. */
static ssize_t read_all(int fd, char *buffer, ssize_t wanted)
{
	ssize_t have = 0, n;

	while (have < wanted && (n = must(read(fd, buffer + have, wanted - have))) > 0)
		have += n;
	return have;
}

static void terminals(void)
{
	struct winsize size = { .ws_row = 11, .ws_col = 77 };
	struct termios t;
	int master, slave, status;
	char buffer[256];
	ssize_t n;
	pid_t pid;

	must(openpty(&master, &slave, NULL, NULL, &size));
	must(write(slave, "hi\n", 3));
	n = read_all(master, buffer, 4);
	ok(n == 4 && !memcmp(buffer, "hi\r\n", 4), "a pty translates the line end");
	must(tcgetattr(slave, &t));
	t.c_lflag &= ~ECHO;
	must(tcsetattr(slave, TCSANOW, &t));
	must(write(master, "abx\177c\n", 6));
	n = read(slave, buffer, sizeof(buffer));
	ok(n == 4 && !memcmp(buffer, "abc\n", 4), "and edits a line");
	pid = must(fork());
	if (!pid) {
		setsid();
		signal(SIGINT, SIG_DFL);
		if (ioctl(slave, TIOCSCTTY, 0) || ioctl(slave, TIOCGWINSZ, &size) || size.ws_col != 77)
			_exit(1);
		must(write(slave, "go", 2));
		for (;;)
			pause();
	}
	must(read_all(master, buffer, 2));
	must(write(master, "\003", 1));
	status = wait_for(pid);
	ok(status == 128 + SIGINT, "Ctrl-C reaches the foreground group (%d)", status);
	close(master), close(slave);
}

static void files(void)
{
	char name[] = "/tmp/lol-files.XXXXXX", other[64], buffer[8192], got[8192];
	int fd = must(mkstemp(name)), out, i;
	struct stat st;
	off_t at = 0;

	for (i = 0; i < 8192; i++)
		buffer[i] = i * 7;
	must(write(fd, buffer, 8192));
	must(fstat(fd, &st));
	ok(st.st_size == 8192 && S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0600, "stat");
	snprintf(other, sizeof(other), "%s.2", name);
	out = must(open(other, O_RDWR | O_CREAT | O_TRUNC, 0644));
	ok(sendfile(out, fd, &at, 8192) == 8192, "sendfile");
	must(pread(out, got, 8192, 0));
	ok(!memcmp(buffer, got, 8192), "contents");
	ok(!rename(other, name) && stat(other, &st) == -1 && errno == ENOENT, "rename");
	ok(!flock(out, LOCK_EX), "flock");
	ok(open("/nowhere/file", O_RDONLY) == -1 && errno == ENOENT, "ENOENT");
	unlink(name);
	close(fd), close(out);
}

static void limited(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 77),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };
	pid_t pid = must(fork());
	int status;

	if (!pid) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
			_exit(1);
		if (syscall(SYS_getppid) != -1 || errno != 77)
			_exit(2);
		syscall(SYS_getuid);
		_exit(3);
	}
	status = wait_for(pid);
	ok(status == 128 + SIGSYS, "seccomp filter for x86_64 (%d)", status);
}

static int namespace_child(void *arg)
{
	(void)arg;
	return getpid() == 1 && !sethostname("inner", 5) ? 9 : 8;
}

static void namespaces(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	struct utsname name;
	pid_t pid = clone(namespace_child, stack + sizeof(stack), CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWNS | SIGCHLD, NULL);

	if (pid < 0) {
		skip("namespaces: %s", strerror(errno));
		return;
	}
	ok(wait_for(pid) == 9, "process 1 of a new pid namespace");
	uname(&name);
	ok(strcmp(name.nodename, "inner"), "host name is per namespace");
}

static void dumps(void)
{
	struct rlimit core = { RLIM_INFINITY, RLIM_INFINITY };
	char folder[] = "/tmp/lol-core.XXXXXX", pattern[64] = "";
	Elf64_Ehdr header;
	int status, fd;
	ssize_t n;
	pid_t pid;

	fd = open("/proc/sys/kernel/core_pattern", O_RDONLY);
	n = fd < 0 ? 0 : read(fd, pattern, sizeof(pattern) - 1);
	close(fd);
	if (n < 4 || strcmp(pattern, "core\n") || setrlimit(RLIMIT_CORE, &core)) {
		skip("core dumps: not into the current folder here");
		return;
	}
	must((long)mkdtemp(folder) == 0 ? -1 : 0);
	pid = must(fork());
	if (!pid) {
		must(chdir(folder));
		abort();
	}
	must(waitpid(pid, &status, 0));
	must(chdir(folder));
	fd = open("core", O_RDONLY);
	if (fd < 0) {
		char name[32];

		snprintf(name, sizeof(name), "core.%d", pid);
		fd = open(name, O_RDONLY);
		unlink(name);
	}
	ok(WIFSIGNALED(status) && WCOREDUMP(status) && fd >= 0 && read(fd, &header, sizeof(header)) == sizeof(header) &&
	   header.e_type == ET_CORE && header.e_machine == EM_X86_64, "a core dump is an ELF core file");
	close(fd);
	unlink("core");
	must(chdir("/"));
	rmdir(folder);
}

static void various(void)
{
	struct rusage usage;
	cpu_set_t set = { 0 };
	int fd;
	long r;

	ok(!sched_getaffinity(0, sizeof(set), &set) && CPU_COUNT(&set) >= 1, "sched_getaffinity");
	ok(!getrusage(RUSAGE_SELF, &usage) && usage.ru_minflt > 0, "getrusage");
	r = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
	ok(r > 0 && !syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0), "membarrier (%#lx)", r);
	r = syscall(SYS_rseq, NULL, 0, 0, 0);
	ok(r == -1 && errno == EINVAL, "rseq is there");
	fd = syscall(SYS_pidfd_open, getpid(), 0);
	ok(fd >= 0, "pidfd_open");
	close(fd);
	r = syscall(SYS_getrandom, &set, 32, 0);
	ok(r == 32, "getrandom");
	ok(!setpriority(PRIO_PROCESS, 0, 5) && getpriority(PRIO_PROCESS, 0) == 5, "priority");
	r = syscall(SYS_memfd_create, "x", 2 /* MFD_ALLOW_SEALING */);
	ok(r >= 0 && !fcntl(r, F_ADD_SEALS, F_SEAL_WRITE) && write(r, "x", 1) == -1 && errno == EPERM, "memfd seals");
	close(r);
	fd = open("/proc/self/maps", O_RDONLY);
	{
		static char maps[65536];
		ssize_t n = read(fd, maps, sizeof(maps) - 1);

		ok(n > 0 && strstr(maps, "[stack]") && strstr(maps, "[vdso]"), "/proc/self/maps");
	}
	close(fd);
}

int main(void)
{
	identity();
	waiting();
	sockets();
	terminals();
	files();
	limited();
	namespaces();
	dumps();
	various();
	return finish();
}
