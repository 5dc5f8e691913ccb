# SPDX-License-Identifier: GPL-2.0-only
# The monitor: build/lol.  To be included, or used alone: make -f host/host.mk

BUILD		?= build
CC		?= gcc
HOST_CFLAGS	?= -O2 -g
HOST_FLAGS	:= -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -fstack-protector-strong \
		   -D_FORTIFY_SOURCE=2 -I. -Iguest-arch/arch/lol/abi -I$(BUILD)/monitor
HOST_LIBS	:= -lseccomp

HOST_SOURCES	:= $(wildcard host/*.c host/base/*.c host/dev/*.c mm-emulation/*.c) syscall-bridge/insn.c
HOST_OBJECTS	:= $(HOST_SOURCES:%.c=$(BUILD)/monitor/%.o)

.PHONY: host
host: $(BUILD)/lol

$(BUILD)/lol: $(HOST_OBJECTS)
	$(CC) $(HOST_CFLAGS) $(HOST_LDFLAGS) -o $@ $(HOST_OBJECTS) $(HOST_LIBS)

# What the monitor may call, from the head comments of its files.
$(BUILD)/monitor/monitor_calls.h: scripts/monitor-calls.sh $(wildcard host/*.c host/base/*.c host/dev/*.c)
	@mkdir -p $(@D)
	scripts/monitor-calls.sh $(filter %.c,$^) > $@.tmp
	cmp -s $@.tmp $@ || mv $@.tmp $@

$(BUILD)/monitor/host/confine.o: $(BUILD)/monitor/monitor_calls.h

$(BUILD)/monitor/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(HOST_FLAGS) -MMD -MP -c -o $@ $<

-include $(HOST_OBJECTS:.o=.d)
