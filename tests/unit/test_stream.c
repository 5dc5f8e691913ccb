// SPDX-License-Identifier: GPL-2.0-only
/* Output to slow, absent and ordinary readers: nothing lost, nothing blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "host/stream.h"

#define TOTAL	(1 << 20)

static struct loop loop;
static unsigned int drains;

static void drained(void *context)
{
	(void)context;
	drains++;
}

static void pattern(unsigned char *data, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		data[i] = i * 7 + (i >> 8);
}

/* A slow reader in a child: exits 0 if it got all of the pattern. */
static pid_t reader(int fd, int close_this)
{
	static unsigned char wanted[TOTAL];
	unsigned char got[777];
	size_t at = 0;
	ssize_t n;
	pid_t pid = fork();

	if (pid)
		return pid;
	close(close_this);
	pattern(wanted, TOTAL);
	while ((n = read(fd, got, sizeof(got))) > 0) {
		if (at + n > TOTAL || memcmp(got, wanted + at, n))
			_exit(1);
		at += n;
	}
	_exit(at == TOTAL ? 0 : 2);
}

static void through(int in, int out)
{
	static unsigned char data[TOTAL];
	struct stream stream = { .drained = drained };
	struct error error;
	int status, flags = fcntl(out, F_GETFL);
	size_t at;
	pid_t pid = reader(in, out);

	close(in);
	pattern(data, TOTAL);
	assert_int_equal(loop_make(&loop, &error), 0);
	stream_open(&stream, &loop, out);
	for (at = 0; at < TOTAL; at += 1024)
		stream_write(&stream, data + at, 1024);
	assert_int_equal(fcntl(out, F_GETFL), flags);
	stream_finish(&stream);
	close(out);
	close(loop.fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void slow_pipe(void **state)
{
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	through(fd[0], fd[1]);
}

static void slow_socket(void **state)
{
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	through(fd[0], fd[1]);
}

static void no_reader(void **state)
{
	struct stream stream = { .drained = drained };
	struct error error;
	char data[100000] = "";
	int fd[2];

	(void)state;
	drains = 0;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(loop_make(&loop, &error), 0);
	stream_open(&stream, &loop, fd[1]);
	stream_write(&stream, data, sizeof(data));
	assert_int_equal(drains, 0);
	assert_int_equal(stream_backlog(&stream), sizeof(data) - 65536);
	close(fd[0]);
	stream_write(&stream, data, 1);
	stream_finish(&stream);
	assert_true(stream.broken);
	assert_int_equal(stream.error, EPIPE);
	close(fd[1]);
	close(loop.fd);
}

static void file(void **state)
{
	struct stream stream = { 0 };
	struct error error;
	char name[] = "/tmp/lol-stream-XXXXXX", text[8] = "";
	int fd = mkstemp(name);

	(void)state;
	unlink(name);
	assert_int_equal(write(fd, "ab", 2), 2);
	assert_int_equal(loop_make(&loop, &error), 0);
	stream_open(&stream, &loop, fd);
	stream_write(&stream, "cd", 2);
	stream_write(&stream, "ef", 2);
	assert_int_equal(stream_backlog(&stream), 0);
	stream_finish(&stream);
	assert_int_equal(pread(fd, text, sizeof(text), 0), 6);
	assert_string_equal(text, "abcdef");
	close(fd);
	close(loop.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slow_pipe),
		cmocka_unit_test(slow_socket),
		cmocka_unit_test(no_reader),
		cmocka_unit_test(file),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
