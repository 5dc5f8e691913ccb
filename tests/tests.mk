# SPDX-License-Identifier: GPL-2.0-only
# Test programs: static ones that run on the host and in the guest, and the
# host's tools for the boot cases.
B ?= build

# What programs under attack agree upon; attackers know it.
SHARED_HEADERS := $(wildcard guest-arch/arch/lol/abi/lol/*.h syscall-bridge/*.h mm-emulation/*.h)

GUEST_CFLAGS := -std=gnu11 -O2 -g0 -Wall -Wextra -Werror -static -s -pthread
GUEST_TESTS := $(patsubst tests/guest/%.c,$B/tests/guest/%,$(wildcard tests/guest/*.c))
# hostile programs of the guest's users: each in the folder of its case
USER_ATTACKS := calls scan forge kick noise state
ATTACKS := $(addprefix $B/tests/attack/,$(USER_ATTACKS)) \
	   $(addprefix $B/tests/weak/,$(addsuffix /wedge,FILTER FRAMES KICK SPACE STATE SYSEMU FILTER+SYSEMU FILTER+KICK BUDGET ZYGOTE \
		KERNEL AREA MSR WINDOW TRIPLE)) \
	   $(addprefix $B/tests/weak/,$(addsuffix /lol,MONITOR COSTS CHILD CHILD+LANDLOCK BOUNDS COPY OUTSIDE DELAY))
LIB_TESTS := $(patsubst tests/lib/%.c,$B/tests/lib/%,$(wildcard tests/lib/*.c))

.PHONY: tests-build
tests-build: $(GUEST_TESTS) $(LIB_TESTS) $(ATTACKS) $B/tests/bench/bench $B/tests/bench/floor

# with its symbols
$B/tests/guest/debuggee: tests/guest/debuggee.c tests/guest/tap.h
	@mkdir -p $(@D)
	$(CC) $(filter-out -s -O2 -g0,$(GUEST_CFLAGS)) -O1 -g -o $@ $<

$B/tests/guest/%: tests/guest/%.c tests/guest/tap.h
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -o $@ $<

define user_attack
$B/tests/attack/$1: tests/attack/$1/$1.c tests/attack/user.c tests/attack/user.h tests/guest/tap.h \
		    $(SHARED_HEADERS)
	@mkdir -p $$(@D)
	$$(CC) $$(GUEST_CFLAGS) -I. -Iguest-arch/arch/lol/abi -o $$@ $$(filter %.c,$$^)
endef
$(foreach attack,$(USER_ATTACKS),$(eval $(call user_attack,$(attack))))

# Wedges that lack a defence, or several (A+B), for the tests which show that it is needed.
$B/tests/weak/%/wedge: $(wildcard syscall-bridge/*.[chS] mm-emulation/*.[ch])
	$(MAKE) -s -f syscall-bridge/bridge.mk B=$(@D) WEDGE_EXTRA="$(patsubst %,-DLOL_WEAK_%,$(subst +, ,$*))"

# Monitors likewise: the files that have the defence are compiled anew.
weak_files = $(shell grep -lw $(patsubst %,-e LOL_WEAK_%,$(subst +, ,$1)) $(HOST_SOURCES))
$B/tests/weak/%/lol: $(HOST_OBJECTS) $B/wedge
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(HOST_FLAGS) $(patsubst %,-DLOL_WEAK_%,$(subst +, ,$*)) -o $@ $(call weak_files,$*) \
		$(filter-out $(patsubst %.c,$(BUILD)/monitor/%.o,$(call weak_files,$*)),$(HOST_OBJECTS)) $(HOST_LIBS)
	for file in wedge vmlinux initramfs.cpio; do ln -sfn ../../../$$file $(@D)/$$file; done

# Both, with delays at random between the steps of what they agree upon.
DELAY := -include tests/lib/delay.h
$B/tests/weak/DELAY/wedge: $(wildcard syscall-bridge/*.[chS] mm-emulation/*.[ch]) tests/lib/delay.h
	$(MAKE) -s -f syscall-bridge/bridge.mk B=$(@D) WEDGE_EXTRA="$(DELAY)"
$B/tests/weak/DELAY/lol: $(wildcard host/*.[ch] host/base/*.[ch] host/dev/*.[ch] mm-emulation/*.[ch] syscall-bridge/*.h) \
			 tests/lib/delay.h $B/tests/weak/DELAY/wedge
	$(MAKE) -s -f host/host.mk BUILD=$(@D) CC="$(CC)" HOST_CFLAGS="$(HOST_CFLAGS) $(DELAY) -DLOL_DELAY_RARE=2" $@
	for file in vmlinux initramfs.cpio; do ln -sfn ../../../$$file $(@D)/$$file; done

# A monitor that makes calls which it must not make.
$B/tests/weak/MONITOR/lol: tests/attack/monitor/misbehave.c $(HOST_OBJECTS) $B/wedge
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(HOST_FLAGS) -Wl,--wrap=epoll_wait,--wrap=confine,--wrap=confine_first -o $@ $< $(HOST_OBJECTS) $(HOST_LIBS)
	for file in wedge vmlinux initramfs.cpio; do ln -sfn ../../../$$file $(@D)/$$file; done

# A monitor that does not watch over page tables.
$B/tests/weak/COSTS/lol: tests/attack/costs/unlimited.c $(HOST_OBJECTS) $B/wedge
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(HOST_FLAGS) -Wl,--wrap=costs_start -o $@ $< $(HOST_OBJECTS) $(HOST_LIBS)
	for file in wedge vmlinux initramfs.cpio; do ln -sfn ../../../$$file $(@D)/$$file; done

$B/tests/lib/%: tests/lib/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -o $@ $< $(if $(findstring deny,$@),-lseccomp)

$B/tests/bench/%: tests/bench/%.c tests/probe/probe.h
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -I. -mno-red-zone -fcf-protection=none -o $@ $<
