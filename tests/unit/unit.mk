# SPDX-License-Identifier: GPL-2.0-only
#
# Unit tests: each tests/unit/test_*.c is one program, built twice (plain, and
# with address and undefined-behaviour sanitizers), each test_*.sh a script.
# All print TAP.  From the top of the tree, alone or included:
#
#	make -f tests/unit/unit.mk unit		everything
#	make -f tests/unit/unit.mk unit UNIT_ONLY=test_mm_walk
#
# A test needs sources beside its own file: name them in a fragment
# tests/unit/<anything>.mk as  UNIT_SRC_<test> := ... ; libraries as
# UNIT_LIBS_<test>, defines as UNIT_CFLAGS_<test>, what must exist before a
# script runs as UNIT_DEPS_<test>.

UNIT_CC		?= gcc
UNIT_OUT	:= build/tests/unit
UNIT_CFLAGS	:= -std=gnu11 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE \
		   -I. -Iguest-arch/arch/lol/abi
UNIT_SAN	:= -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
UNIT_VARIANTS	:= plain san
UNIT_ONLY	?= test_*
UNIT_HEADERS	:= $(wildcard */*.h host/*/*.h tests/unit/*.h guest-arch/*/*.h guest-arch/arch/lol/abi/lol/*.h)

UNIT_TESTS	:= $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/$(UNIT_ONLY).c))
UNIT_SCRIPTS	:= $(patsubst tests/unit/%.sh,%,$(wildcard tests/unit/$(UNIT_ONLY).sh))

-include $(filter-out tests/unit/unit.mk,$(wildcard tests/unit/*.mk))

define UNIT_RULE
$(UNIT_OUT)/$(2)/$(1): tests/unit/$(1).c $$(UNIT_SRC_$(1)) $$(UNIT_HEADERS)
	@mkdir -p $$(@D)
	$$(UNIT_CC) $$(UNIT_CFLAGS) $$(UNIT_CFLAGS_$(1)) $(if $(filter san,$(2)),$$(UNIT_SAN)) \
		-o $$@ $$(filter %.c,$$^) -lcmocka -lpthread $$(UNIT_LIBS_$(1))
endef
$(foreach v,$(UNIT_VARIANTS),$(foreach t,$(UNIT_TESTS),$(eval $(call UNIT_RULE,$(t),$(v)))))

UNIT_PROGRAMS	:= $(foreach v,$(UNIT_VARIANTS),$(addprefix $(UNIT_OUT)/$(v)/,$(UNIT_TESTS)))

.PHONY: unit unit-build
unit-build: $(UNIT_PROGRAMS)

unit: $(UNIT_PROGRAMS) $(foreach t,$(UNIT_SCRIPTS),$(UNIT_DEPS_$(t)))
	@mkdir -p $(UNIT_OUT); log=$(UNIT_OUT)/log.$$$$; last=$(UNIT_OUT)/last.$$$$; : >$$log; \
	for t in $(UNIT_PROGRAMS) $(addprefix tests/unit/,$(addsuffix .sh,$(UNIT_SCRIPTS))); do \
		echo "# $$t" | tee -a $$log; \
		case $$t in *.sh) run="sh $$t";; *) run=$$t;; esac; \
		CMOCKA_MESSAGE_OUTPUT=TAP ASAN_OPTIONS=detect_leaks=0:allow_user_segv_handler=1 \
			$$run >$$last 2>&1 </dev/null || echo "not ok - $$t exits with $$?" >>$$last; \
		tee -a $$log <$$last; \
	done; \
	passed=$$(grep -ac '^ok' $$log); failed=$$(grep -ac '^not ok' $$log); \
	rm -f $$last; mv $$log $(UNIT_OUT)/log; \
	echo "unit: $$passed passed, $$failed failed"; test "$$failed" = 0
