# SPDX-License-Identifier: GPL-2.0-only
# The monitor: build/lol.  To be included, or used alone: make -f host/host.mk

BUILD		?= build
CC		?= gcc
HOST_CFLAGS	?= -O2 -g
HOST_FLAGS	:= -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -fstack-protector-strong \
		   -D_FORTIFY_SOURCE=2 -I. -Iguest-arch/arch/lol/abi

HOST_SOURCES	:= $(wildcard host/*.c host/base/*.c host/dev/*.c mm-emulation/*.c) syscall-bridge/insn.c
HOST_OBJECTS	:= $(HOST_SOURCES:%.c=$(BUILD)/monitor/%.o)

.PHONY: host
host: $(BUILD)/lol

$(BUILD)/lol: $(HOST_OBJECTS)
	$(CC) $(HOST_CFLAGS) $(HOST_LDFLAGS) -o $@ $(HOST_OBJECTS) -lseccomp

$(BUILD)/monitor/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(HOST_FLAGS) -MMD -MP -c -o $@ $<

-include $(HOST_OBJECTS:.o=.d)
