// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which AT&T mnemonics are sensitive, and of which kind.
 *
 * One table, one suffix rule: a name matches as it stands, or with one of the
 * operand-size suffixes that its entry allows.  Only mov needs its operands
 * looked at: it is sensitive if it moves a control or debug register, or reads
 * cs or ss.
 */
#include <ctype.h>
#include <string.h>
#include "guest-arch/afterburn/scan.h"
#include "guest-arch/afterburn/kinds.h"

static const struct mnemonic {
	const char *name;
	const char *suffixes;
	int kind;
} mnemonics[] = {
	{ "clac", "", LOL_SITE_CLAC },
	{ "cli", "", LOL_SITE_CLI },
	{ "clts", "", LOL_SITE_CLTS },
	{ "cpuid", "", LOL_SITE_CPUID },
	{ "fxrstor", "", LOL_SITE_XRSTOR },
	{ "fxrstor64", "", LOL_SITE_XRSTOR },
	{ "fxrstorq", "", LOL_SITE_XRSTOR },
	{ "fxsave", "", LOL_SITE_XSAVE },
	{ "fxsave64", "", LOL_SITE_XSAVE },
	{ "fxsaveq", "", LOL_SITE_XSAVE },
	{ "hlt", "", LOL_SITE_HLT },
	{ "in", "bwl", LOL_SITE_IN },
	{ "ins", "bwl", MNEMONIC_STRING_IO },
	{ "invd", "", LOL_SITE_INVD },
	{ "invlpg", "", LOL_SITE_INVLPG },
	{ "invpcid", "", LOL_SITE_INVPCID },
	{ "iret", "wlq", LOL_SITE_IRET },
	{ "lar", "wlq", LOL_SITE_LAR },
	{ "lgdt", "wlq", LOL_SITE_LGDT },
	{ "lidt", "wlq", LOL_SITE_LIDT },
	{ "lldt", "wlq", LOL_SITE_LLDT },
	{ "lmsw", "wlq", LOL_SITE_LMSW },
	{ "lsl", "wlq", LOL_SITE_LSL },
	{ "ltr", "wlq", LOL_SITE_LTR },
	{ "out", "bwl", LOL_SITE_OUT },
	{ "outs", "bwl", MNEMONIC_STRING_IO },
	{ "popf", "wlq", LOL_SITE_POPF },
	{ "pushf", "wlq", LOL_SITE_PUSHF },
	{ "rdfsbase", "lq", LOL_SITE_RDFSBASE },
	{ "rdgsbase", "lq", LOL_SITE_RDGSBASE },
	{ "rdmsr", "", LOL_SITE_RDMSR },
	{ "rdpid", "q", LOL_SITE_RDPID },
	{ "rdtscp", "", LOL_SITE_RDTSCP },
	{ "sgdt", "wlq", LOL_SITE_SGDT },
	{ "sidt", "wlq", LOL_SITE_SIDT },
	{ "sldt", "wlq", LOL_SITE_SLDT },
	{ "smsw", "wlq", LOL_SITE_SMSW },
	{ "stac", "", LOL_SITE_STAC },
	{ "sti", "", LOL_SITE_STI },
	{ "str", "wlq", LOL_SITE_STR },
	{ "swapgs", "", LOL_SITE_SWAPGS },
	{ "sysret", "lq", LOL_SITE_SYSRET },
	{ "tdcall", "", LOL_SITE_VMCALL },
	{ "vmcall", "", LOL_SITE_VMCALL },
	{ "vmfunc", "", LOL_SITE_VMCALL },
	{ "vmgexit", "", LOL_SITE_VMCALL },
	{ "vmmcall", "", LOL_SITE_VMCALL },
	{ "wbinvd", "", LOL_SITE_INVD },
	{ "wbnoinvd", "", LOL_SITE_INVD },
	{ "wrfsbase", "lq", LOL_SITE_WRFSBASE },
	{ "wrgsbase", "lq", LOL_SITE_WRGSBASE },
	{ "wrmsr", "", LOL_SITE_WRMSR },
	{ "xrstor", "", LOL_SITE_XRSTOR },
	{ "xrstor64", "", LOL_SITE_XRSTOR },
	{ "xrstorq", "", LOL_SITE_XRSTOR },
	{ "xrstors", "", LOL_SITE_XRSTOR },
	{ "xrstors64", "", LOL_SITE_XRSTOR },
	{ "xsave", "", LOL_SITE_XSAVE },
	{ "xsave64", "", LOL_SITE_XSAVE },
	{ "xsavec", "", LOL_SITE_XSAVE },
	{ "xsavec64", "", LOL_SITE_XSAVE },
	{ "xsaveopt", "", LOL_SITE_XSAVE },
	{ "xsaveopt64", "", LOL_SITE_XSAVE },
	{ "xsaveq", "", LOL_SITE_XSAVE },
	{ "xsaves", "", LOL_SITE_XSAVE },
	{ "xsaves64", "", LOL_SITE_XSAVE },
	{ "xsetbv", "", LOL_SITE_XSETBV },
};

static const char * const prefixes[] = {
	"addr16", "addr32", "bnd", "cs", "data16", "data32", "ds", "es", "fs",
	"gs", "lock", "notrack", "rep", "repe", "repne", "repnz", "repz", "rex",
	"rex64", "rex64x", "rex64xyz", "rex64y", "rex64z", "ss", "xacquire",
	"xrelease",
};

static int same(const char *name, size_t length, const char *with)
{
	return strlen(with) == length && !strncasecmp(name, with, length);
}

/**
 * mnemonic_is_prefix() - is this word an instruction prefix?
 * @name: the word; not terminated
 * @length: its length
 */
int mnemonic_is_prefix(const char *name, size_t length)
{
	size_t i;

	if (length > 4 && !strncasecmp(name, "rex.", 4))
		return 1;
	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (same(name, length, prefixes[i]))
			return 1;
	return 0;
}

/* A register name at @at, ended by something that cannot belong to it. */
static int is_register(const char *at, const char *end, const char *name)
{
	size_t length = strlen(name);

	if ((size_t)(end - at) < length || strncasecmp(at, name, length))
		return 0;
	return at + length == end || !isalnum((unsigned char)at[length]);
}

static int is_special(const char *at, const char *end, const char *name)
{
	return end - at > 3 && !strncasecmp(at, name, 3) &&
	       (isdigit((unsigned char)at[3]) || at[3] == '\\');
}

/* mov: AT&T order, the source is first. */
static int mov_kind(const char *operands, size_t length)
{
	const char *end = operands + length, *at;
	int source = 1;

	for (at = operands; at < end; at++) {
		if (*at == ',')
			source = 0;
		if (*at != '%')
			continue;
		if (is_special(at, end, "%cr"))
			return source ? LOL_SITE_READ_CR : LOL_SITE_WRITE_CR;
		if (is_special(at, end, "%db") || is_special(at, end, "%dr"))
			return source ? LOL_SITE_READ_DR : LOL_SITE_WRITE_DR;
		if (source && (is_register(at, end, "%cs") || is_register(at, end, "%ss"))) {
			const char *next = at + 3;

			while (next < end && isspace((unsigned char)*next))
				next++;
			if (next < end && *next == ',')
				return LOL_SITE_READ_SEG;
		}
	}
	return MNEMONIC_PLAIN;
}

/**
 * mnemonic_kind() - the kind of site that an instruction makes
 * @name: mnemonic; not terminated
 * @length: its length
 * @operands: what follows it
 * @operands_length: length of that
 * @mmio: the instruction carries the mark lol:mmio
 *
 * Return: enum lol_site_kind or one of MNEMONIC_*.
 */
int mnemonic_kind(const char *name, size_t length, const char *operands,
		  size_t operands_length, int mmio)
{
	size_t low = 0, high = sizeof(mnemonics) / sizeof(mnemonics[0]);
	char word[16];
	size_t i;

	if (length >= 3 && !strncasecmp(name, "mov", 3)) {
		int kind = MNEMONIC_PLAIN;

		if (length == 3 || (length == 4 && strchr("wlqWLQ", name[3])))
			kind = mov_kind(operands, operands_length);
		if (kind == MNEMONIC_PLAIN && mmio)
			kind = LOL_SITE_MMIO;
		return kind;
	}
	if (mmio)
		return MNEMONIC_NOT_A_MOV;
	if (length < 2 || length >= sizeof(word))
		return MNEMONIC_PLAIN;
	for (i = 0; i < length; i++)
		word[i] = tolower((unsigned char)name[i]);
	word[length] = 0;

	/* The last entry that is not greater: the name itself, or it without suffix. */
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(mnemonics[middle].name, word) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (i = low; i-- && mnemonics[i].name[0] == word[0]; ) {
		const struct mnemonic *m = &mnemonics[i];
		size_t stem = strlen(m->name);

		if (!strcmp(m->name, word))
			return m->kind;
		if (length == stem + 1 && !strncmp(m->name, word, stem) &&
		    strchr(m->suffixes, word[stem]))
			return m->kind;
	}
	return MNEMONIC_PLAIN;
}
