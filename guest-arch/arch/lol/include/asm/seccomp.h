/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: filters see the numbers and the architecture of x86-64. */
#ifndef _ASM_LOL_SECCOMP_H
#define _ASM_LOL_SECCOMP_H

#include <asm/unistd.h>
#include <uapi/linux/audit.h>

#include <asm-generic/seccomp.h>

#define SECCOMP_ARCH_NATIVE		AUDIT_ARCH_X86_64
#define SECCOMP_ARCH_NATIVE_NR		NR_syscalls
#define SECCOMP_ARCH_NATIVE_NAME	"x86_64"

#endif
