# SPDX-License-Identifier: GPL-2.0-only
UNIT_SRC_MM := $(wildcard mm-emulation/*.c)
$(foreach t,$(filter test_mm_%,$(UNIT_TESTS)),$(eval UNIT_SRC_$(t) := $(UNIT_SRC_MM)))

# The walker under libFuzzer: fuzz-walk FUZZ_SECONDS=n
FUZZ_SECONDS ?= 30
.PHONY: fuzz-walk
fuzz-walk: tests/fuzz/fuzz_walk.c $(UNIT_SRC_MM) $(UNIT_HEADERS)
	@mkdir -p build/tests/fuzz/walk
	clang -std=gnu11 -O1 -g -Wall -Wextra -Werror -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -I. -Iguest-arch/arch/lol/abi \
		-o build/tests/fuzz/fuzz_walk $(filter %.c,$^)
	build/tests/fuzz/fuzz_walk -max_len=4096 -max_total_time=$(FUZZ_SECONDS) \
		-print_final_stats=1 -artifact_prefix=build/tests/fuzz/ build/tests/fuzz/walk
