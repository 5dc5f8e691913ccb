# SPDX-License-Identifier: GPL-2.0-only
#
# Fuzzers: each tests/fuzz/fuzz_NAME.c with the sources FUZZ_SRC_NAME.
#
#	make fuzz [FUZZ_SECONDS=60] [FUZZ_ONLY='elf walk']	clang and libFuzzer
#	make fuzz-replay	the seeds alone, with gcc; part of make check
#
# Inputs that fail are kept in build/fuzz/NAME/; one that shows a bug which was
# mended goes to tests/fuzz/seeds/NAME/.

FUZZ_SECONDS	?= 60
FUZZ_OUT	:= build/fuzz
FUZZ_NAMES	:= $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_ONLY	?= $(FUZZ_NAMES)
FUZZ_CFLAGS	:= -std=gnu11 -O1 -g -Wall -Wextra -Werror -D_GNU_SOURCE -I. -Iguest-arch/arch/lol/abi \
		   -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_HEADERS	:= $(wildcard */*.h host/*/*.h tests/fuzz/*.h tests/lib/*.h guest-arch/arch/lol/abi/lol/*.h)

FUZZ_MM		:= $(wildcard mm-emulation/*.c)
FUZZ_SITES	:= host/sites.c host/rewrite.c host/base/error.c syscall-bridge/insn.c
FUZZ_SRC_elf	:= host/elf.c host/base/error.c
FUZZ_SRC_sites	:= $(FUZZ_SITES)
FUZZ_SRC_boot	:= host/boot.c host/vcpu.c host/base/error.c $(FUZZ_MM)
FUZZ_SRC_walk	:= $(FUZZ_MM)
FUZZ_SRC_virtqueue := host/dev/virtqueue.c
FUZZ_SRC_requests := host/requests.c host/site_service.c $(FUZZ_SITES) $(FUZZ_MM) $(wildcard host/dev/*.c) host/give_back.c \
		   host/stream.c host/loop.c host/history.c host/terminal.c host/base/log.c
FUZZ_SRC_services := syscall-bridge/port.c syscall-bridge/lib.c

FUZZ_SRC_agent	:= tests/fuzz/agent_traps.S host/filters.c host/base/error.c
FUZZ_SRC_tlb	:= $(FUZZ_MM) syscall-bridge/lib.c
FUZZ_INCLUDES_tlb := syscall-bridge/memory.c
FUZZ_FLAGS_tlb	:= -DMM_TLB_REGIONS=16 -DMM_TLB_VMAS=60 -DMM_TLB_TABLES=32 -DMM_TLB_LEAST=2 -DMM_TLB_LARGE=12
FUZZ_INCLUDES_agent := syscall-bridge/agent.S
FUZZ_SRC_ring	:= syscall-bridge/kagent.c syscall-bridge/lib.c $(FUZZ_MM)
FUZZ_SRC_frames	:= $(addprefix syscall-bridge/,split.c kuser.c signal.c)
FUZZ_INCLUDES_frames := syscall-bridge/lib.c
FUZZ_FLAGS_frames := -include tests/fuzz/frames.h
FUZZ_LIBS_agent	:= -lseccomp

FUZZ_PROGRAMS	:= $(FUZZ_ONLY:%=$(FUZZ_OUT)/fuzz_%)
FUZZ_REPLAYS	:= $(FUZZ_ONLY:%=$(FUZZ_OUT)/replay_%)

define FUZZ_RULE
$(FUZZ_OUT)/fuzz_$(1): tests/fuzz/fuzz_$(1).c $$(FUZZ_SRC_$(1)) $$(FUZZ_INCLUDES_$(1)) $$(FUZZ_HEADERS)
	@mkdir -p $$(@D)
	clang $$(FUZZ_CFLAGS) $$(FUZZ_FLAGS_$(1)) -fsanitize=fuzzer,address,undefined -o $$@ $$(filter-out $$(FUZZ_INCLUDES_$(1)),$$(filter %.c %.S,$$^)) $$(FUZZ_LIBS_$(1))
$(FUZZ_OUT)/replay_$(1): tests/fuzz/fuzz_$(1).c tests/fuzz/replay.c $$(FUZZ_SRC_$(1)) $$(FUZZ_INCLUDES_$(1)) $$(FUZZ_HEADERS)
	@mkdir -p $$(@D)
	gcc $$(FUZZ_CFLAGS) $$(FUZZ_FLAGS_$(1)) -fsanitize=address,undefined -o $$@ $$(filter-out $$(FUZZ_INCLUDES_$(1)),$$(filter %.c %.S,$$^)) $$(FUZZ_LIBS_$(1))
endef
$(foreach n,$(FUZZ_NAMES),$(eval $(call FUZZ_RULE,$(n))))

.PHONY: fuzz fuzz-build fuzz-replay fuzz-replay-build
fuzz-build: $(FUZZ_PROGRAMS)
fuzz-replay-build: $(FUZZ_REPLAYS)

fuzz:
	scripts/deps.sh --install fuzz
	$(MAKE) --no-print-directory fuzz-build FUZZ_ONLY='$(FUZZ_ONLY)'
	tests/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ_ONLY)

fuzz-replay: fuzz-replay-build
	tests/fuzz/run.sh replay $(FUZZ_ONLY)
