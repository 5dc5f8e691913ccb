# SPDX-License-Identifier: GPL-2.0-only
UNIT_SRC_MM := $(wildcard mm-emulation/*.c)
$(foreach t,$(filter test_mm_%,$(UNIT_TESTS)),$(eval UNIT_SRC_$(t) := $(UNIT_SRC_MM)))
