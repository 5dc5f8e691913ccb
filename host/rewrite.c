// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rewriter: what a recorded site is replaced by.
 *
 * A replacement keeps all registers, and all flags unless the record says that
 * they are clobbered (LOL_SITE_CC), which includes the leave to use the stack.
 * It reaches the vCPU page relative to rip and knows no other address: code of
 * the wedge is entered through the slots there.
 *
 *   cli		movb $0,vif
 *   sti		movb $1,vif; cmpb $0,pending; je 1f; call *slot[INTERRUPT]; 1:
 *   pushf		pushfq; cmpb $0,vif; jne 1f; andb $~2,1(%rsp); 1:
 *   swapgs		movq %rax,scratch; rdgsbase %rax; xchgq %rax,kernel_gs;
 *			wrgsbase %rax; movq scratch,%rax
 *   iretq, sysretq	movl $index,site; jmp *slot[IRET], *slot[SYSRET]
 *   extended state, fs base	as they are: the registers are the guest's own
 *   all others		movl $index,site; jmp *slot[EMULATE]
 *
 * sti and pushf without LOL_SITE_CC, and returns of less than 64 bits, are among
 * "all others".  No replacement but sti's and pushf's touches the stack: behind
 * a system call's entry rsp is still the user's.
 *
 * Calls after start-up: none
 */
#include <stddef.h>
#include <string.h>
#include "host/rewrite.h"
#include "guest-arch/afterburn/kinds.h"
#include "syscall-bridge/insn.h"

#define FIELD(field)	(LOL_VCPU_PAGE + offsetof(struct lol_vcpu, field))
#define SLOT(number)	(FIELD(slot) + 8 * (number))

/* Code being written for a place. */
struct code {
	__u64 address;		/* guest-virtual of out[0] */
	__u8 *out;
	unsigned int length;
};

static void bytes(struct code *code, const char *data, unsigned int length)
{
	memcpy(code->out + code->length, data, length);
	code->length += length;
}

#define BYTES(code, text)	bytes(code, text, sizeof(text) - 1)

/* Opcode bytes, displacement to @target, and @tail more bytes of immediate. */
static void relative(struct code *code, const char *opcode, unsigned int length, __u64 target,
		     __u32 immediate, unsigned int tail)
{
	__u64 end = code->address + code->length + length + 4 + tail;
	__s32 displacement = (__s32)(target - end);

	bytes(code, opcode, length);
	bytes(code, (const char *)&displacement, 4);
	bytes(code, (const char *)&immediate, tail);
}

#define RELATIVE(code, text, target, immediate, tail) \
	relative(code, text, sizeof(text) - 1, target, immediate, tail)

static void pad(struct code *code, unsigned int length)
{
	static const char * const nops[] = {
		"\x90", "\x66\x90", "\x0f\x1f\x00", "\x0f\x1f\x40\x00", "\x0f\x1f\x44\x00\x00",
		"\x66\x0f\x1f\x44\x00\x00", "\x0f\x1f\x80\x00\x00\x00\x00",
		"\x0f\x1f\x84\x00\x00\x00\x00\x00", "\x66\x0f\x1f\x84\x00\x00\x00\x00\x00",
	};
	unsigned int some;

	while (code->length < length) {
		some = length - code->length;
		if (some > 9)
			some = 9;
		bytes(code, nops[some - 1], some);
	}
}

/* movl $index,site; jmp *slot */
static void jump(struct code *code, __u32 index, enum lol_slot slot)
{
	RELATIVE(code, "\xc7\x05", FIELD(site), index, 4);
	RELATIVE(code, "\xff\x25", SLOT(slot), 0, 0);
}

static void sti(struct code *code)
{
	RELATIVE(code, "\xc6\x05", FIELD(vif), 1, 1);
	RELATIVE(code, "\x80\x3d", FIELD(pending), 0, 1);
	BYTES(code, "\x74\x06");
	RELATIVE(code, "\xff\x15", SLOT(LOL_SLOT_INTERRUPT), 0, 0);
}

static void pushf(struct code *code)
{
	BYTES(code, "\x9c");
	RELATIVE(code, "\x80\x3d", FIELD(vif), 0, 1);
	BYTES(code, "\x75\x05\x80\x64\x24\x01\xfd");
}

static void swapgs(struct code *code)
{
	RELATIVE(code, "\x48\x89\x05", FIELD(scratch), 0, 0);
	BYTES(code, "\xf3\x48\x0f\xae\xc8");
	RELATIVE(code, "\x48\x87\x05", FIELD(kernel_gs), 0, 0);
	BYTES(code, "\xf3\x48\x0f\xae\xd8");
	RELATIVE(code, "\x48\x8b\x05", FIELD(scratch), 0, 0);
}

/* The form with 64-bit operands, for which a return has its slot and pushf its code. */
static bool wide(const struct lol_site_entry *site)
{
	struct lol_insn insn;

	return !lol_insn_decode(site->insn, site->insn_length, &insn) && insn.operand_size == 8;
}

void rewrite_site(const struct lol_site_entry *site, __u32 index, enum rewrite_mode mode,
		  __u8 out[LOL_SITE_MAX])
{
	struct code code = { .address = site->address, .out = out };
	bool cc = site->flags & LOL_SITE_CC;

	if (mode == REWRITE_TRAP) {
		memset(out, 0xcc, site->length);
		BYTES(&code, "\x0f\x0b");
		return;
	}
	switch (site->kind) {
	case LOL_SITE_CLI:
		RELATIVE(&code, "\xc6\x05", FIELD(vif), 0, 1);
		break;
	case LOL_SITE_STI:
		if (cc)
			sti(&code);
		else
			jump(&code, index, LOL_SLOT_EMULATE);
		break;
	case LOL_SITE_PUSHF:
		if (cc && wide(site))
			pushf(&code);
		else
			jump(&code, index, LOL_SLOT_EMULATE);
		break;
	case LOL_SITE_SWAPGS:
		swapgs(&code);
		break;
	case LOL_SITE_IRET:
		jump(&code, index, wide(site) ? LOL_SLOT_IRET : LOL_SLOT_EMULATE);
		break;
	case LOL_SITE_SYSRET:
		jump(&code, index, wide(site) ? LOL_SLOT_SYSRET : LOL_SLOT_EMULATE);
		break;
	case LOL_SITE_RDFSBASE:
	case LOL_SITE_WRFSBASE:
	case LOL_SITE_XSAVE:
	case LOL_SITE_XRSTOR:
		if (mode == REWRITE_SPLIT) {
			jump(&code, index, LOL_SLOT_EMULATE);
			break;
		}
		bytes(&code, (const char *)site->insn, site->insn_length);
		break;
	default:
		jump(&code, index, LOL_SLOT_EMULATE);
	}
	pad(&code, site->length);
}

const char *site_validate(const struct lol_site_entry *site)
{
	struct lol_insn insn;

	if (site->kind == LOL_SITE_NONE || site->kind >= LOL_SITE_KINDS)
		return "unknown kind of site";
	if (site->flags & ~LOL_SITE_CC)
		return "unknown flags";
	if (site->length != site_kind_length(site->kind))
		return "wrong length of the site";
	if (!site->insn_length || site->insn_length > LOL_INSN_MAX)
		return "impossible length of the instruction";
	if (site->address < REWRITE_START || site->address > REWRITE_END - LOL_SITE_MAX)
		return "outside of kernel image and modules";
	if (lol_insn_decode(site->insn, site->insn_length, &insn))
		return "the instruction is not a sensitive one";
	if (insn.kind != site->kind)
		return "the instruction is of another kind";
	if (insn.length != site->insn_length)
		return "the instruction has another length";
	return NULL;
}

_Static_assert(REWRITE_START > LOL_VCPU_PAGE, "the vCPU page is below all sites");
_Static_assert(REWRITE_END - LOL_VCPU_PAGE <= 0x7fffffff, "sites reach the vCPU page");
_Static_assert(LOL_INSN_MAX <= sizeof(((struct lol_site_entry *)0)->insn), "room for an instruction");
