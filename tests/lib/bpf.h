/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_TEST_BPF_H
#define LOL_TEST_BPF_H

/* Classic BPF, as much of it as libseccomp makes: a role's filter asked about a call. */
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "syscall-bridge/roles.h"

/* What the host's kernel answers.  BPF_CHECK(claim) is the includer's. */
static uint32_t bpf_run(const struct lol_filter *filter, const struct seccomp_data *data)
{
	uint32_t a = 0, pc;

	for (pc = 0; pc < filter->length; pc++) {
		const struct sock_filter *i = &filter->insn[pc];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			BPF_CHECK(i->k <= sizeof(*data) - 4 && !(i->k & 3));
			/* no filter looks where a call comes from */
			BPF_CHECK(i->k < offsetof(struct seccomp_data, instruction_pointer) ||
				  i->k >= offsetof(struct seccomp_data, args));
			memcpy(&a, (const char *)data + i->k, 4);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			pc += a > i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			BPF_CHECK(!"an instruction that libseccomp makes");
			return SECCOMP_RET_KILL_PROCESS;
		}
	}
	BPF_CHECK(!"it ran off the end");
	return SECCOMP_RET_KILL_PROCESS;
}

#endif
