// SPDX-License-Identifier: GPL-2.0-only
/* replay FILE...: a fuzzer without libFuzzer, over files that are there. */
#include "tests/fuzz/fuzz.h"

int main(int argc, char **argv)
{
	static uint8_t buffer[1 << 20];
	int i;

	for (i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		uint8_t *copy;
		size_t n;

		if (!file) {
			perror(argv[i]);
			return 1;
		}
		n = fread(buffer, 1, sizeof(buffer), file);
		fclose(file);
		/* exactly as long, so that the sanitizer sees its end */
		copy = malloc(n ? n : 1);
		memcpy(copy, buffer, n);
		LLVMFuzzerTestOneInput(copy, n);
		free(copy);
	}
	return 0;
}
