// SPDX-License-Identifier: GPL-2.0-only
/*
 * Process 1 of the embedded initramfs.
 *
 * It mounts what every program expects, then does one of two things:
 *
 *  - /lol/command exists (NUL-separated argument vector, put there by the
 *    monitor in a second cpio behind the image): runs it, reports its exit
 *    status on the virtio port org.lol.status and powers off;
 *  - otherwise: an interactive shell on the console, power off when it ends.
 *
 * A command's standard streams are the console, a controlling terminal with job
 * control, but for those named in /lol/streams ("stdin", "stdout", "stderr"):
 * these are pipes, relayed to and from the virtio ports org.lol.NAME by the
 * loop in relay().  Pipes and not the ports themselves, because a port can be
 * opened only once, so that /dev/stdout would fail, and because a pipe gives
 * EPIPE, end of file and poll() the way programs expect them.
 *
 * /lol/env holds lines NAME=VALUE: environment of what is run; ROWS and COLS
 * set the console's size instead.  Everything under /lol is optional.
 *
 * The relay ends when the command has ended and what it left in its pipes has
 * been passed on; a background process that holds a pipe open does not delay
 * the power-off.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PORT_WAIT_MS	3000
#define CHUNK		65536

extern char **environ;

static const struct {
	const char *source, *target, *type, *options;
	unsigned long flags;
	mode_t mode;
} mounts[] = {
	{ "proc", "/proc", "proc", "", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0555 },
	{ "sysfs", "/sys", "sysfs", "", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0555 },
	{ "devtmpfs", "/dev", "devtmpfs", "mode=755", MS_NOSUID, 0755 },
	{ "devpts", "/dev/pts", "devpts", "gid=5,mode=620,ptmxmode=666", MS_NOSUID | MS_NOEXEC, 0755 },
	{ "tmpfs", "/dev/shm", "tmpfs", "mode=1777", MS_NOSUID | MS_NODEV, 01777 },
	{ "tmpfs", "/tmp", "tmpfs", "mode=1777", MS_NOSUID | MS_NODEV, 01777 },
	{ "tmpfs", "/run", "tmpfs", "mode=755", MS_NOSUID | MS_NODEV, 0755 },
	{ "cgroup2", "/sys/fs/cgroup", "cgroup2", "", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0555 },
};

static int console = -1;

static void say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("init: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
}

static void __attribute__((noreturn)) power_off(void)
{
	if (console >= 0)
		tcdrain(console);
	sync();
	reboot(RB_POWER_OFF);
	say("power off: %s", strerror(errno));
	for (;;)
		pause();
}

static void set_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	unsigned int i;
	int fd;

	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].target, mounts[i].mode);
		/* devtmpfs may have been mounted by the kernel, cgroups may be absent */
		if (mount(mounts[i].source, mounts[i].target, mounts[i].type,
			  mounts[i].flags, mounts[i].options) &&
		    errno != EBUSY && errno != ENODEV && errno != ENOENT)
			say("mount %s: %s", mounts[i].target, strerror(errno));
	}
	symlink("/proc/self/fd", "/dev/fd");
	symlink("fd/0", "/dev/stdin");
	symlink("fd/1", "/dev/stdout");
	symlink("fd/2", "/dev/stderr");
	sethostname("lol", 3);

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		ifr.ifr_flags = IFF_UP | IFF_RUNNING;
		ioctl(fd, SIOCSIFFLAGS, &ifr);
		close(fd);
	}
}

/* Reads a whole small file; NULL if it does not exist.  NUL-terminated. */
static char *read_file(const char *path, size_t *size)
{
	struct stat st;
	char *text = NULL;
	ssize_t got, have = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st))
		text = malloc(st.st_size + 1);
	while (text && have < st.st_size &&
	       (got = read(fd, text + have, st.st_size - have)) > 0)
		have += got;
	close(fd);
	if (text) {
		text[have] = 0;
		*size = have;
	}
	return text;
}

static int open_console(void)
{
	int fd = open("/dev/hvc0", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		fd = open("/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC);
	return fd;
}

static void set_environment(void)
{
	struct winsize size = { 0 };
	size_t length;
	char *text, *line, *save = NULL;

	clearenv();
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("USER", "root", 1);
	setenv("LOGNAME", "root", 1);
	setenv("SHELL", "/bin/sh", 1);
	setenv("TERM", "linux", 1);
	text = read_file("/lol/env", &length);
	for (line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, "ROWS=", 5))
			size.ws_row = atoi(line + 5);
		else if (!strncmp(line, "COLS=", 5))
			size.ws_col = atoi(line + 5);
		else if (strchr(line, '='))
			putenv(line);
	}
	if (size.ws_row && size.ws_col)
		ioctl(console, TIOCSWINSZ, &size);
}

/*
 * Opens the virtio port of that name, waiting for it to appear; -1 if it does not.
 * The monitor connects its side before it gives a port its name, so a port that is
 * found does not read as at end of file for want of a reader.
 */
static int open_port(const char *name, int flags)
{
	const struct timespec nap = { 0, 500 * 1000 };
	char path[300], got[64];
	struct dirent *entry;
	int fd, i, tries;
	ssize_t n;
	DIR *dir;

	for (tries = 0; tries < 2 * PORT_WAIT_MS; tries++, nanosleep(&nap, NULL)) {
		dir = opendir("/sys/class/virtio-ports");
		while (dir && (entry = readdir(dir))) {
			if (entry->d_name[0] == '.')
				continue;
			snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", entry->d_name);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			if (fd < 0)
				continue;
			n = read(fd, got, sizeof(got) - 1);
			close(fd);
			if (n <= 0)
				continue;
			got[n] = 0;
			got[strcspn(got, "\n")] = 0;
			if (strcmp(got, name))
				continue;
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
			for (i = 0; i < 100; i++, nanosleep(&nap, NULL)) {
				fd = open(path, flags | O_CLOEXEC);
				if (fd >= 0 || errno != ENOENT)
					break;
			}
			if (fd < 0)
				say("%s: %s", path, strerror(errno));
			closedir(dir);
			return fd;
		}
		if (dir)
			closedir(dir);
	}
	say("no port %s", name);
	return -1;
}

/* One direction of a relayed stream. */
struct channel {
	int from, to;		/* -1: done */
	size_t start, end;	/* of what is in the buffer */
	char buffer[CHUNK];
};

static void channel_close(struct channel *c)
{
	if (c->from >= 0)
		close(c->from);
	if (c->to >= 0)
		close(c->to);
	c->from = c->to = -1;
}

/* Moves what can be moved without waiting.  Returns whether something moved. */
static bool channel_move(struct channel *c)
{
	ssize_t n;

	if (c->from < 0 && c->start == c->end)
		return false;
	if (c->start == c->end) {
		n = read(c->from, c->buffer, sizeof(c->buffer));
		if (n < 0)
			return false;
		if (n == 0) {
			channel_close(c);
			return false;
		}
		c->start = 0;
		c->end = n;
	}
	n = write(c->to, c->buffer + c->start, c->end - c->start);
	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return false;
		/* nobody reads any more: the writer shall see that, too */
		c->start = c->end = 0;
		channel_close(c);
		return false;
	}
	c->start += n;
	return true;
}

static struct channel channels[3];	/* stdin, stdout, stderr; from == -1: not relayed */
static int child_ends[3] = { -1, -1, -1 };

static void set_up_streams(void)
{
	static const char *const names[] = { "stdin", "stdout", "stderr" };
	size_t length;
	char *text = read_file("/lol/streams", &length), port_name[32];
	int i, port, ends[2];

	for (i = 0; i < 3; i++) {
		channels[i].from = channels[i].to = -1;
		if (!text || !strstr(text, names[i]))
			continue;
		snprintf(port_name, sizeof(port_name), "org.lol.%s", names[i]);
		port = open_port(port_name, (i ? O_WRONLY : O_RDONLY) | O_NONBLOCK);
		if (port < 0 || pipe2(ends, O_CLOEXEC))
			continue;
		/* the relay's end must not block, the child's must */
		fcntl(ends[i ? 0 : 1], F_SETFL, O_NONBLOCK);
		if (i == 0) {
			channels[i].from = port;
			channels[i].to = ends[1];
			child_ends[i] = ends[0];
		} else {
			channels[i].from = ends[0];
			channels[i].to = port;
			child_ends[i] = ends[1];
		}
	}
	free(text);
}

static pid_t spawn(char **argv, const char *file)
{
	const char *why = NULL;
	sigset_t none;
	pid_t pid = fork();
	int i;

	if (pid)
		return pid;
	setsid();
	if (console >= 0) {
		ioctl(console, TIOCSCTTY, 1);
		tcsetpgrp(console, getpid());
	}
	for (i = 0; i < 3; i++)
		if (child_ends[i] >= 0)
			dup2(child_ends[i], i);
		else if (console >= 0)
			dup2(console, i);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (chdir(getenv("HOME")))
		why = chdir("/") ? "no root" : NULL;
	if (!why) {
		execvp(file, argv);
		why = strerror(errno);
	}
	dprintf(2, "lol: %s: %s\n", file, why);
	_exit(errno == ENOENT ? 127 : 126);
}

/*
 * Runs until `main_child` has ended: relays streams, reaps whatever ends, and
 * returns the wait status.  signals: a signalfd for SIGCHLD.
 */
static int relay(pid_t main_child, int signals)
{
	struct signalfd_siginfo info;
	struct pollfd p[7];
	int status = 0, got, i;
	bool running = true, moved;
	pid_t pid;

	for (;;) {
		moved = false;
		for (i = 0; i < 3; i++)
			moved |= channel_move(&channels[i]);
		while ((pid = waitpid(-1, &got, WNOHANG)) > 0)
			if (pid == main_child) {
				status = got;
				running = false;
				moved = true;	/* one more pass over what it left */
				channel_close(&channels[0]);
				channels[0].start = channels[0].end;
			}
		if (moved)
			continue;
		if (!running && channels[1].start == channels[1].end &&
		    channels[2].start == channels[2].end)
			return status;
		p[0] = (struct pollfd){ .fd = signals, .events = POLLIN };
		for (i = 0; i < 3; i++) {
			bool full = channels[i].start != channels[i].end;

			p[1 + 2 * i] = (struct pollfd){ .fd = full ? -1 : channels[i].from, .events = POLLIN };
			/* an empty channel still watches for a reader that went away */
			p[2 + 2 * i] = (struct pollfd){ .fd = full || i == 0 ? channels[i].to : -1,
							.events = full ? POLLOUT : 0 };
		}
		poll(p, 7, -1);
		if (p[0].revents & POLLIN)
			while (read(signals, &info, sizeof(info)) == sizeof(info))
				;
		/* readers that went away: of the command's stdin, or the monitor's side */
		for (i = 0; i < 3; i++)
			if (p[2 + 2 * i].revents & (POLLERR | POLLHUP)) {
				channel_close(&channels[i]);
				channels[i].start = channels[i].end;
			}
	}
}

static void report(int status)
{
	int port = open_port("org.lol.status", O_WRONLY);
	int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);

	if (port >= 0) {
		dprintf(port, "%d\n", code);
		close(port);
	}
}

static char **split(char *text, size_t size)
{
	char **argv, *p;
	size_t n = 0, i;

	for (i = 0; i < size; i++)
		n += !text[i];
	argv = calloc(n + 2, sizeof(*argv));
	if (!argv)
		return NULL;
	for (n = 0, p = text; p < text + size; p += strlen(p) + 1)
		argv[n++] = p;
	return argv;
}

int main(void)
{
	char *shell[] = { (char *)"-sh", NULL };
	char *command, **argv;
	int signals, status, i;
	size_t size = 0;
	sigset_t set;
	pid_t pid;

	if (getpid() != 1) {
		fputs("init: only to be run as process 1\n", stderr);
		return 1;
	}
	set_up();
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	signal(SIGPIPE, SIG_IGN);
	reboot(RB_DISABLE_CAD);
	console = open_console();
	set_environment();

	command = read_file("/lol/command", &size);
	argv = command ? split(command, size) : shell;
	for (i = 0; i < 3; i++)
		channels[i].from = channels[i].to = -1;
	if (command)
		set_up_streams();
	if (command && (!argv || !argv[0])) {
		say("/lol/command is empty");
		report(127 << 8);
		power_off();
	}
	pid = spawn(argv, command ? argv[0] : "/bin/sh");
	for (i = 0; i < 3; i++)
		if (child_ends[i] >= 0)
			close(child_ends[i]);
	if (pid < 0) {
		say("fork: %s", strerror(errno));
		status = 126 << 8;
	} else {
		status = relay(pid, signals);
	}
	if (command)
		report(status);
	power_off();
}
