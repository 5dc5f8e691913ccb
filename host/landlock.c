// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock: the host's rules for what a process may reach, which it sets itself and
 * cannot take back.  Rights that are named in a rule set are denied but where a rule
 * allows them; the monitor has no such rules.
 *
 * Source: Documentation/userspace-api/landlock.rst of Linux 6.12.  Headers of the
 * build host may be older than the host that lol runs on, so numbers stand here.
 *
 * Calls after start-up: none
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/landlock.h"

#define CREATE_RULESET		444
#define RESTRICT_SELF		446
#define RULESET_VERSION		1	/* flag */

/* struct landlock_ruleset_attr; older hosts know the beginning of it. */
struct rule_set {
	uint64_t files;
	uint64_t network;	/* version 4 */
	uint64_t scope;		/* version 6 */
};

#define ALL_NETWORK	3	/* bind and connect TCP */
#define SCOPE_SOCKET	1	/* abstract sockets */
#define SCOPE_SIGNAL	2

/* Rights of access to files, which are bits from 0 on, by version. */
static uint64_t all_files(int version)
{
	unsigned int rights = version >= 5 ? 16 : version >= 3 ? 15 : version >= 2 ? 14 : 13;

	return (1ULL << rights) - 1;
}

int landlock_version(void)
{
	long version = syscall(CREATE_RULESET, NULL, 0, RULESET_VERSION);

	return version > 0 ? version : 0;
}

/* Needs PR_SET_NO_NEW_PRIVS. */
static int restrict_self(const struct rule_set *rules, size_t size)
{
	int fd = syscall(CREATE_RULESET, rules, size, 0), saved;
	long ret;

	if (fd < 0)
		return -1;
	ret = syscall(RESTRICT_SELF, fd, 0);
	saved = errno;
	close(fd);
	errno = saved;
	return ret ? -1 : 0;
}

int landlock_scope(void)
{
	struct rule_set rules = { .scope = SCOPE_SOCKET | SCOPE_SIGNAL };

#ifdef LOL_WEAK_LANDLOCK	/* for tests/attack/defences: the second line behind spaces_pid() */
	return 0;
#endif
	if (landlock_version() < 6) {
		errno = ENOSYS;
		return -1;
	}
	return restrict_self(&rules, sizeof(rules));
}

int landlock_files(void)
{
	int version = landlock_version();
	struct rule_set rules = { .files = all_files(version), .network = version >= 4 ? ALL_NETWORK : 0 };

	if (!version) {
		errno = ENOSYS;
		return -1;
	}
	return restrict_self(&rules, version >= 4 ? offsetof(struct rule_set, scope) : sizeof(rules.files));
}
