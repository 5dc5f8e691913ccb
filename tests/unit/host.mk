# SPDX-License-Identifier: GPL-2.0-only
UNIT_SRC_test_elf	:= host/elf.c host/base/error.c
UNIT_SRC_test_cli	:= host/cli.c host/base/error.c
UNIT_SRC_test_cpio	:= host/cpio.c
UNIT_SRC_test_virtqueue	:= host/dev/virtqueue.c host/dev/virtio_mmio.c
UNIT_SRC_test_console	:= $(wildcard host/dev/console*.c) host/dev/virtqueue.c host/dev/virtio_mmio.c host/stream.c \
			   host/loop.c host/history.c host/terminal.c host/base/error.c host/base/log.c
UNIT_SRC_test_stream	:= host/stream.c host/loop.c host/base/error.c
UNIT_SRC_test_clock	:= host/clock.c
UNIT_SRC_test_filters	:= host/filters.c host/bridges.c host/ram.c host/base/error.c
UNIT_LIBS_test_filters	:= -lseccomp
UNIT_SRC_test_lines	:= host/base/lines.c
UNIT_SRC_test_ends	:= host/ends.c
UNIT_LIBS_test_ends	:= -Wl,--wrap=kill
