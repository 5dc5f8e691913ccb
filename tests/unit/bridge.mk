# SPDX-License-Identifier: GPL-2.0-only
UNIT_SRC_test_kspace := syscall-bridge/kspace.c syscall-bridge/kuser.c syscall-bridge/lib.c
UNIT_SRC_test_space := syscall-bridge/space.c syscall-bridge/lib.c
