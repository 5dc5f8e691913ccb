/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* Own header because x86's is empty inside the kernel. */
#include <asm/posix_types_64.h>
