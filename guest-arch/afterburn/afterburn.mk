# SPDX-License-Identifier: GPL-2.0-only
# The assembler stage and the checker.  Included from the root of the tree; B is
# the build directory.
ifndef AFTERBURN_DIR	# may be included twice
B ?= build
AFTERBURN_DIR := guest-arch/afterburn
AFTERBURN_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror \
	-I. -Iguest-arch/arch/lol/abi
AFTERBURN_HEADERS := $(wildcard $(AFTERBURN_DIR)/*.h guest-arch/arch/lol/abi/lol/*.h) \
	syscall-bridge/insn.h

.PHONY: afterburn
afterburn: $(B)/afterburn/as $(B)/afterburn/check

# A compiler may run the assembler at any moment: replace it in one step.
$(B)/afterburn/as: $(addprefix $(AFTERBURN_DIR)/,as.c scan.c mnemonics.c) $(AFTERBURN_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(AFTERBURN_CFLAGS) -o $@.new $(filter %.c,$^)
	mv -f $@.new $@

$(B)/afterburn/check: $(addprefix $(AFTERBURN_DIR)/,check.c image.c) syscall-bridge/insn.c $(AFTERBURN_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(AFTERBURN_CFLAGS) -o $@.new $(filter %.c,$^) -lcapstone -lelf
	mv -f $@.new $@
endif
