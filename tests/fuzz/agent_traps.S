/* SPDX-License-Identifier: GPL-2.0-only */
/* The agent as it is, but for one instruction: fuzz_agent.c answers its calls. */
#define syscall ud2
#include "syscall-bridge/agent.S"
