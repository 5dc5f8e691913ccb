// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapped: is what a process of the guest has mapped what its role may have?
 *
 *   mapped LIST ROLE BRIDGE PID [GUEST]
 *
 * LIST has lines "roles first end permissions what": every mapping of process PID, as
 * its host tells, must lie within one of ROLE's or ROLE-BRIDGE's, with permissions that
 * stand there and a file whose name ends in what.  Of roles and permissions there may be
 * several, with commas between them.
 * GUEST has the maps of guest processes, as the guest tells, a line "process" before
 * each: what PID has mapped below the kernel half one of them must have, with these
 * permissions at least.
 *
 * Prints what is not so.  Status 0: nothing.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KERNEL_HALF	0x600000000000UL
#define WEDGE_LOW_END	0x20000UL
#define MOST		100000

struct map {
	unsigned long start, end;
	char perms[8], what[80];
};

static struct map own[MOST], guest[MOST];

static bool parse(const char *line, struct map *map)
{
	char *space;

	map->what[0] = 0;
	if (sscanf(line, "%lx-%lx %7s %*x %*s %*u %79[^\n]", &map->start, &map->end, map->perms, map->what) < 3)
		return false;
	space = strstr(map->what, " (deleted)");
	if (space)
		*space = 0;
	return true;
}

static FILE *open_or_die(const char *path)
{
	FILE *file = fopen(path, "re");

	if (!file) {
		perror(path);
		exit(2);
	}
	return file;
}

static bool ends_in(const char *text, const char *end)
{
	size_t length = strlen(text), wanted = strlen(end);

	return length >= wanted && !strcmp(text + length - wanted, end);
}

static bool has_word(const char *list, const char *word)
{
	for (const char *at = list; (at = strstr(at, word)); at++)
		if ((at == list || at[-1] == ',') && strchr(",", at[strlen(word)]))
			return true;
	return false;
}

/* Does the list have it? */
static bool listed(const char *path, const char *role, const char *bridge, const struct map *map)
{
	FILE *file = open_or_die(path);
	char line[256], who[128], perms[64], what[80], on_bridge[64];
	unsigned long start, end;
	bool found = false;

	snprintf(on_bridge, sizeof(on_bridge), "%s-%s", role, bridge);
	while (!found && fgets(line, sizeof(line), file)) {
		what[0] = 0;
		if (line[0] == '#' || sscanf(line, "%127s %lx %lx %63s %79s", who, &start, &end, perms, what) < 4)
			continue;
		found = (has_word(who, role) || has_word(who, on_bridge)) && map->start >= start && map->end <= end &&
			has_word(perms, map->perms) && (what[0] ? ends_in(map->what, what) : !map->what[0]);
	}
	fclose(file);
	return found;
}

/* Has one guest process all of it, page by page?  Its maps are in order. */
static bool covered(const struct map *map, const struct map *of, size_t n)
{
	unsigned long at = map->start;

	for (size_t i = 0; i < n && at < map->end; i++) {
		if (of[i].end <= at)
			continue;
		if (of[i].start > at)
			return false;
		for (int bit = 0; bit < 3; bit++)
			if (map->perms[bit] != '-' && of[i].perms[bit] == '-')
				return false;
		at = of[i].end;
	}
	return at >= map->end;
}

static bool user_half(const struct map *map)
{
	return map->start >= WEDGE_LOW_END && map->end <= KERNEL_HALF;
}

static bool has_all(size_t n_own, size_t n)
{
	for (size_t i = 0; i < n_own; i++)
		if (user_half(&own[i]) && !covered(&own[i], guest, n))
			return false;
	return true;
}

/* Is there a guest process that has all of it? */
static bool some_has_all(const char *path, size_t n_own)
{
	FILE *file = open_or_die(path);
	char line[512];
	size_t n = 0;
	bool found = false, more = true;

	while (!found && more) {
		more = fgets(line, sizeof(line), file);
		if (!more || !strncmp(line, "process", 7)) {
			found = n && has_all(n_own, n);
			n = 0;
		} else if (n < MOST && parse(line, &guest[n])) {
			n++;
		}
	}
	fclose(file);
	return found;
}

int main(int argc, char **argv)
{
	char path[64], line[512];
	size_t n = 0;
	bool good = true;
	FILE *file;

	if (argc < 5)
		return 2;
	snprintf(path, sizeof(path), "/proc/%s/maps", argv[4]);
	file = open_or_die(path);
	while (n < MOST && fgets(line, sizeof(line), file)) {
		if (!parse(line, &own[n]) || !strcmp(own[n].what, "[vsyscall]"))
			continue;
		if (!listed(argv[1], argv[2], argv[3], &own[n])) {
			printf("%s %s: %s", argv[2], argv[4], line);
			good = false;
		}
		n++;
	}
	fclose(file);
	if (!n) {
		printf("%s %s: nothing is mapped\n", argv[2], argv[4]);
		return 1;
	}
	if (argc > 5 && !some_has_all(argv[5], n)) {
		printf("%s %s: no guest process has what is mapped there\n", argv[2], argv[4]);
		good = false;
	}
	return !good;
}
