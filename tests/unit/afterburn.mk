# SPDX-License-Identifier: GPL-2.0-only
include guest-arch/afterburn/afterburn.mk

UNIT_SRC_test_insn	:= syscall-bridge/insn.c
UNIT_LIBS_test_insn	:= -lcapstone
UNIT_SRC_test_rewrite	:= host/rewrite.c syscall-bridge/insn.c
UNIT_SRC_test_sites	:= host/sites.c host/rewrite.c host/base/error.c syscall-bridge/insn.c

UNIT_DEPS_test_afterburn := $(B)/afterburn/as $(B)/afterburn/check
UNIT_DEPS_test_checker	:= $(B)/afterburn/as $(B)/afterburn/check
