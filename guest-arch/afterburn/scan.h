/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef AFTERBURN_SCAN_H
#define AFTERBURN_SCAN_H

#include <stddef.h>

/* A growing string. */
struct text {
	char *data;
	size_t length, room;
};

void text_add(struct text *text, const char *data, size_t length);

/* Where a scan is, and what it found. */
struct scan {
	struct text out;	/* the transformed text */
	unsigned long sites;	/* instructions recorded so far */
	unsigned long errors;	/* complaints printed so far */
	int in_comment;		/* inside a comment that began on an earlier line */
	int foreign;		/* 16- or 32-bit code or Intel syntax is in force */
	char file[4096];	/* for messages, as line markers say */
	unsigned long line;
};

/* The definition that transformed text needs before its first line. */
extern const char scan_prelude[];

void scan_text(struct scan *scan, const char *name, const char *data, size_t length);

/* Answers of mnemonic_kind() that are not an enum lol_site_kind. */
#define MNEMONIC_PLAIN		0	/* not sensitive */
#define MNEMONIC_STRING_IO	(-1)	/* ins, outs: not part of the machine */
#define MNEMONIC_NOT_A_MOV	(-2)	/* marked lol:mmio, and cannot be */

int mnemonic_kind(const char *name, size_t length, const char *operands,
		  size_t operands_length, int mmio);
int mnemonic_is_prefix(const char *name, size_t length);

#endif
