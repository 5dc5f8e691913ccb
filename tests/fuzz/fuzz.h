/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

/*
 * What the fuzzers share.  Each is one function that takes an input, linked with
 * libFuzzer ("make fuzz") or with replay.c, which runs the committed seeds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A claim about the code under test: false is a finding. */
#define check(claim) do {							\
	if (!(claim)) {								\
		fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #claim);	\
		abort();							\
	}									\
} while (0)

struct input {
	const uint8_t *data;
	size_t size;
};

/* The next bytes of the input; zeroes behind its end. */
__attribute__((unused))
static void take(struct input *in, void *to, size_t size)
{
	size_t n = size < in->size ? size : in->size;

	memset(to, 0, size);
	if (n)
		memcpy(to, in->data, n);
	in->data += n;
	in->size -= n;
}

#define TAKE(in, type) ({ type v_; take(in, &v_, sizeof(v_)); v_; })

/* Memory between pages that cannot be touched. */
__attribute__((unused))
static uint8_t *guarded(size_t size)
{
	uint8_t *at = mmap(NULL, size + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	check(at != MAP_FAILED);
	check(!mprotect(at + 4096, size, PROT_READ | PROT_WRITE));
	return at + 4096;
}

#endif
