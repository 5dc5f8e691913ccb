# SPDX-License-Identifier: GPL-2.0-only
#
# Probes: each tests/probe/*.c proves one fact about the host's kernel or CPU on
# which lol is built.  From the top of the tree, alone or included:
#
#	make -f tests/probe/probe.mk probe			build and run all
#	make -f tests/probe/probe.mk probe PROBE_ONLY=iretq-ring3
#	make -f tests/probe/probe.mk probe-build

PROBE_CC	?= gcc
PROBE_OUT	:= build/tests/probe
PROBE_CFLAGS	:= -std=gnu11 -O2 -g -Wall -Wextra -Werror -mno-red-zone -fcf-protection=none -I. \
		   -Iguest-arch/arch/lol/abi
PROBE_ONLY	?= *
PROBE_HEADERS	:= tests/probe/probe.h tests/guest/tap.h guest-arch/arch/lol/abi/lol/layout.h syscall-bridge/roles.h
PROBES		:= $(patsubst tests/probe/%.c,$(PROBE_OUT)/%,$(sort $(wildcard tests/probe/$(PROBE_ONLY).c)))

$(PROBE_OUT)/%: tests/probe/%.c $(PROBE_HEADERS) tests/probe/probe.mk
	@mkdir -p $(@D)
	$(PROBE_CC) $(PROBE_CFLAGS) -Wl,-z,now -o $@ $<

.PHONY: probe probe-build
probe-build: $(PROBES)

probe: probe-build
	@: >$(PROBE_OUT)/log; for p in $(PROBES); do \
		echo "# $${p##*/}"; \
		timeout 20 $$p >$(PROBE_OUT)/last; status=$$?; \
		if [ $$status -gt 1 ] || { [ $$status = 1 ] && ! grep -q '^not ok' $(PROBE_OUT)/last; }; then \
			echo "not ok - $${p##*/} exits with $$status" >>$(PROBE_OUT)/last; fi; \
		cat $(PROBE_OUT)/last; cat $(PROBE_OUT)/last >>$(PROBE_OUT)/log; \
	done; \
	skipped=$$(grep -c '^ok.*# SKIP' $(PROBE_OUT)/log); failed=$$(grep -c '^not ok' $(PROBE_OUT)/log); \
	passed=$$(($$(grep -c '^ok' $(PROBE_OUT)/log) - skipped)); \
	echo "probe: $$passed passed, $$failed failed, $$skipped skipped"; test "$$failed" = 0
