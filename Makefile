# SPDX-License-Identifier: GPL-2.0-only
#
#	make run	installs what is missing, builds, boots a guest with a shell
#	make check	all that, then the tests; ends with 'N passed, N failed'
#
#	make		builds only (packages must be there: scripts/deps.sh)
#	make module M=folder	a kernel module of yours
#	make unit	unit tests only
#	make check-long	longer tests, and more of them
#	make check-host	some tests on the host kernel that Debian has, in QEMU
#	make fuzz	fuzzers, a minute each (FUZZ_SECONDS=n)
#	make bench	lol against native and User-Mode Linux
#	make clean	removes what was built, but the unpacked kernel source
#	make distclean	removes build/
#
# V=1 shows commands, JOBS=n limits parallel kernel builds, ARGS='...' are
# arguments of 'lol run' for 'make run'.

.DEFAULT_GOAL := all
B := build
BUILD := $B
VERSION := 6.12
JOBS ?= $(shell nproc)
HOST_CASES ?= hello exit-codes streams kill sandbox
SHELL := /bin/bash

ifeq ($(origin CC),default)
CC := $(if $(shell command -v ccache 2>/dev/null),ccache gcc,gcc)
endif
# Homes that cannot be written are common for build users.
ifeq ($(shell test -w "$$HOME" || echo no),no)
export CCACHE_DIR := $(CURDIR)/$B/ccache
endif
ifneq ($(V),1)
.SILENT:
endif

include host/host.mk
include syscall-bridge/bridge.mk
include guest-arch/afterburn/afterburn.mk
include tests/unit/unit.mk
include tests/tests.mk
include tests/fuzz/fuzz.mk
-include $(wildcard tests/toy/*.mk tests/probe/*.mk)

.PHONY: all deps module run check check-long check-host bench clean distclean selftests help
all: $B/lol $B/wedge $B/vmlinux $B/initramfs.cpio

# --- guest kernel ----------------------------------------------------------
KERNEL_SOURCES := $(shell find guest-arch/arch/lol guest-arch/versions/$(VERSION) scripts/kernel-build.sh \
	-type f ! -name '*.md' 2>/dev/null)

$B/vmlinux: $(KERNEL_SOURCES) $B/afterburn/as $B/afterburn/check
	echo "building the guest kernel: minutes the first time (log: $B/kernel.log)"
	VERSION=$(VERSION) JOBS=$(JOBS) scripts/progress.sh $B/kernel.log scripts/kernel-build.sh
	ln -sfn vmlinux-$(VERSION) $@
	touch -h $@
	touch $B/vmlinux-$(VERSION)

module: $B/vmlinux
	test -n "$(M)" || { echo "make module M=folder: which folder?"; exit 2; }
	$(MAKE) -C $B/kernel-$(VERSION) ARCH=lol LOL_AFTERBURN=$(CURDIR)/$B/afterburn M=$(abspath $(M)) modules
	find $(abspath $(M)) -name '*.ko' -exec $B/afterburn/check {} +

# --- initramfs -------------------------------------------------------------
$B/init: scripts/initramfs/init.c
	mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g0 -Wall -Wextra -Werror -static -s -o $@ $<

$B/initramfs.cpio: $B/init scripts/initramfs.sh scripts/initramfs/profile
	scripts/initramfs.sh default $@ $B/init

$B/debug-initramfs.cpio: $B/initramfs.cpio scripts/debug-image.sh scripts/initramfs.sh
	scripts/debug-image.sh $@ $B/initramfs.cpio

# --- running ---------------------------------------------------------------
deps:
	scripts/deps.sh --install $(SETS)

run: deps
	$(MAKE) --no-print-directory all
	$B/lol run $(ARGS)

# --- tests -----------------------------------------------------------------
selftests: $B/selftests/.built
$B/selftests/.built: scripts/build-selftests.sh $B/vmlinux
	mkdir -p $(@D)
	scripts/build-selftests.sh > $B/selftests.log 2>&1 || { tail -n 5 $B/selftests.log; echo "some selftests do not build, see $B/selftests.log"; }
	touch $@

check check-long: SETS := tests
check check-long: deps
	$(MAKE) --no-print-directory all tests-build $(TOYS) $B/debug-initramfs.cpio selftests
	tests/run $(if $(filter check-long,$@),--long)

check-host: SETS := tests host
check-host: deps
	$(MAKE) --no-print-directory all tests-build
	scripts/other-host.sh env LOL_TEST_AS_ROOT=1 tests/run $(HOST_CASES)

# --- comparison ------------------------------------------------------------
$B/uml/linux: scripts/build-uml.sh | $B/vmlinux
	CC="$(CC)" JOBS=$(JOBS) scripts/build-uml.sh $B/src/linux-$(VERSION) $B/uml

bench: deps
	$(MAKE) --no-print-directory all $B/tests/bench/bench $B/tests/bench/floor $B/uml/linux
	scripts/bench.sh

clean:
	find $B -mindepth 1 -maxdepth 1 ! -name src -exec rm -rf {} + 2>/dev/null || true

distclean:
	rm -rf $B

help:
	sed -n '2,/^$$/s/^#\t*/  /p' Makefile
