// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text transformation of the afterburner.
 *
 * A line is split into statements; comments are blanked in a copy, strings and
 * character constants stepped over.  A statement is labels, prefixes, mnemonic,
 * operands.  A sensitive one is bracketed on its line,
 *
 *	.set .Llol_site,.; <the instruction>; __lol_site <kind>,<length>,<flags>
 *
 * and nothing else changes: no line is added and no instruction moves into a
 * macro, so the assembler's messages and line tables stay right.  __lol_site is
 * a macro of the assembler, defined before the first line, that pads and
 * records.  The two marks are symbols set again and again, which the assembler
 * resolves at the place of their use: they stay right wherever the text is
 * repeated (.macro, .rept, .irp), and as they are not numeric labels, 1b and 1f
 * of the surrounding code keep their meaning.  Lengths are symbol differences:
 * nobody here knows how long an instruction is.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "guest-arch/afterburn/scan.h"
#include "guest-arch/afterburn/kinds.h"

const char scan_prelude[] =
	".macro __lol_site __lol_kind, __lol_length, __lol_flags\n"
	".set .Llol_pad,.\n"
	".nops \\__lol_length - (.Llol_pad - .Llol_site)\n"
	".pushsection .lol.sites,\"a\",@progbits\n"
	".balign 4\n"
	".long .Llol_site - .\n"
	".byte \\__lol_length, .Llol_pad - .Llol_site, \\__lol_kind, \\__lol_flags\n"
	".popsection\n"
	".endm\n";

/**
 * text_add() - append bytes to a text
 * @text: where to
 * @data: the bytes
 * @length: how many
 */
void text_add(struct text *text, const char *data, size_t length)
{
	if (text->room - text->length < length) {
		text->room = (text->room + length) * 2;
		text->data = realloc(text->data, text->room);
		if (!text->data) {
			fputs("as: out of memory\n", stderr);
			exit(1);
		}
	}
	memcpy(text->data + text->length, data, length);
	text->length += length;
}

static void complain(struct scan *scan, const char *what, const char *word, size_t length)
{
	fprintf(stderr, "%s:%lu: Error: %.*s: %s\n", scan->file, scan->line,
		(int)length, word, what);
	scan->errors++;
}

/* "# 12 "file" flags" sets what messages say of the next line. */
static int line_marker(struct scan *scan, const char *line, const char *end)
{
	const char *at = line + 1, *name;
	unsigned long number = 0;

	while (at < end && *at == ' ')
		at++;
	if (at == end || !isdigit((unsigned char)*at))
		return 0;
	while (at < end && isdigit((unsigned char)*at))
		number = number * 10 + (*at++ - '0');
	while (at < end && *at == ' ')
		at++;
	if (at < end && *at == '"') {
		name = ++at;
		while (at < end && *at != '"')
			at++;
		snprintf(scan->file, sizeof(scan->file), "%.*s", (int)(at - name), name);
	}
	scan->line = number;
	return 1;
}

static int is_word(char c)
{
	return isalnum((unsigned char)c) || strchr("_.$\\@", c);
}

/* A word, which may hold macro arguments: foo\bar, foo\(), foo\@. */
static const char *skip_word(const char *at, const char *end)
{
	while (at < end && *at && (is_word(*at) || (*at == '(' && at[-1] == '\\') ||
				   (*at == ')' && at[-1] == '(')))
		at++;
	return at;
}

static const char *skip_space(const char *at, const char *end)
{
	while (at < end && isspace((unsigned char)*at))
		at++;
	return at;
}

static void directive(struct scan *scan, const char *word, size_t length)
{
	static const struct {
		const char *name;
		int foreign;
	} modes[] = {
		{ ".code16", 1 }, { ".code16gcc", 1 }, { ".code32", 1 }, { ".code64", 0 },
		{ ".intel_syntax", 1 }, { ".att_syntax", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strlen(modes[i].name) == length && !strncasecmp(word, modes[i].name, length))
			scan->foreign = modes[i].foreign;
}

/* Emits one statement, [at, end) of the blanked line. */
static void statement(struct scan *scan, const char *at, const char *end, int cc, int mmio)
{
	static const char open[] = ".set .Llol_site,.;";
	const char *start = at, *insn = NULL, *word, *after;
	char call[64];
	int kind;

	for (;;) {
		word = skip_space(at, end);
		after = skip_word(word, end);
		if (word < end && *word == '"') {	/* "label": or nothing of ours */
			after = memchr(word + 1, '"', end - word - 1);
			after = after ? after + 1 : end;
		}
		at = skip_space(after, end);
		if (at < end && *at == ':' && !insn) {
			at++;
			continue;
		}
		if (after == word || (at < end && *at == '='))
			goto plain;
		if (!insn)
			insn = word;
		if (!mnemonic_is_prefix(word, after - word))
			break;
	}
	if (*word == '.') {
		directive(scan, word, after - word);
		goto plain;
	}
	kind = mnemonic_kind(word, after - word, after, end - after, mmio);
	if (kind == MNEMONIC_PLAIN)
		goto plain;
	if (kind == MNEMONIC_STRING_IO)
		complain(scan, "string port instructions are not part of the lol machine",
			 word, after - word);
	else if (kind == MNEMONIC_NOT_A_MOV)
		complain(scan, "only a mov can be marked lol:mmio", word, after - word);
	else if (scan->foreign)
		complain(scan, "sensitive instruction in 16- or 32-bit code or Intel syntax",
			 word, after - word);
	scan->sites++;
	text_add(&scan->out, start, insn - start);
	text_add(&scan->out, open, sizeof(open) - 1);
	text_add(&scan->out, insn, end - insn);
	text_add(&scan->out, call,
		 snprintf(call, sizeof(call), ";__lol_site %d,%u,%d", kind,
			  site_kind_length(kind), cc ? LOL_SITE_CC : 0));
	return;
plain:
	text_add(&scan->out, start, end - start);
}

/* Past the string or character constant that begins at @at. */
static const char *skip_quoted(const char *at, const char *end)
{
	if (*at == '\'') {
		at++;
		if (at < end && *at == '\\')
			at++;
		if (at < end)
			at++;
		return at < end && *at == '\'' ? at + 1 : at;
	}
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\' && at + 1 < end)
			at++;
	return at < end ? at + 1 : end;
}

static int contains(const char *at, const char *end, const char *mark)
{
	return memmem(at, end - at, mark, strlen(mark)) != NULL;
}

/*
 * Blanks the comments of a line in @copy and notes the marks they carry.
 * Return: whether anything of it belongs to a comment of the bracketed kind.
 */
static int blank_comments(struct scan *scan, char *copy, char *end, int *cc, int *mmio)
{
	int bracketed = scan->in_comment;
	char *at = copy, *close;

	while (at < end) {
		if (scan->in_comment || (*at == '/' && at + 1 < end && at[1] == '*')) {
			close = memmem(scan->in_comment ? at : at + 2,
				       end - (scan->in_comment ? at : at + 2), "*/", 2);
			bracketed = 1;
			scan->in_comment = !close;
			close = close ? close + 2 : end;
		} else if (*at == '#') {
			close = end;
		} else if (*at == '"' || *at == '\'') {
			at = (char *)skip_quoted(at, end);
			continue;
		} else {
			at++;
			continue;
		}
		*cc |= contains(at, close, "lol:cc");
		*mmio |= contains(at, close, "lol:mmio");
		memset(at, ' ', close - at);
		at = close;
	}
	return bracketed;
}

static void scan_line(struct scan *scan, const char *line, const char *end, struct text *copy)
{
	unsigned long sites = scan->sites;
	size_t mark = scan->out.length;
	int cc = 0, mmio = 0, bracketed;
	const char *at, *start;

	if (!scan->in_comment && line < end && *line == '#' && line_marker(scan, line, end)) {
		text_add(&scan->out, line, end - line);
		return;
	}
	copy->length = 0;
	text_add(copy, line, end - line);
	text_add(copy, "", 1);
	start = at = copy->data;
	end = at + copy->length - 1;
	bracketed = blank_comments(scan, copy->data, copy->data + copy->length - 1, &cc, &mmio);
	while (end > start && end[-1] == ' ')	/* where a comment was */
		end--;
	for (; at < end; at++) {
		if (*at == '"' || *at == '\'') {
			at = skip_quoted(at, end) - 1;
		} else if (*at == ';') {
			statement(scan, start, at, cc, 0);
			text_add(&scan->out, ";", 1);
			start = at + 1;
		}
	}
	statement(scan, start, end, cc, mmio);
	if (sites == scan->sites && !bracketed) {
		scan->out.length = mark;	/* nothing of ours: as it was */
		text_add(&scan->out, line, strcspn(line, "\n"));
	}
	scan->line++;
}

/**
 * scan_text() - transform one input
 * @scan: output and counters; one scan may take several inputs in turn
 * @name: of the input, for messages
 * @data: assembly text, NUL terminated
 * @length: bytes in front of that NUL
 */
void scan_text(struct scan *scan, const char *name, const char *data, size_t length)
{
	const char *end = data + length, *line, *newline;
	struct text copy = { 0 };

	snprintf(scan->file, sizeof(scan->file), "%s", name);
	scan->line = 1;
	scan->in_comment = 0;
	scan->foreign = 0;
	for (line = data; line < end; line = newline + 1) {
		newline = memchr(line, '\n', end - line);
		if (!newline)
			newline = end;
		scan_line(scan, line, newline, &copy);
		text_add(&scan->out, "\n", 1);
	}
	free(copy.data);
}
