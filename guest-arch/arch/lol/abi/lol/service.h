/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOL_SERVICE_H
#define LOL_SERVICE_H

/*
 * Services and ports.  A service is  outl %eax, $LOL_PORT_SERVICE  with the
 * number in eax and arguments in rdi, rsi, rdx, r10, r8; the result comes in
 * rax as -errno or a value.  All other registers and the flags are kept.
 * Unknown number: -ENOSYS.  Bad arguments: -EINVAL.
 */
#define LOL_PORT_SERVICE	0xf8
#define LOL_PORT_DEBUG		0xe9	/* outb: one character of output; inb answers 0xe9 */
#define LOL_PORT_EXIT		0xf4	/* outb/outl: power off with exit code (value << 1) | 1 */

/*
 * sites(op, text, length, records, count): count struct lol_site at guest-virtual
 * records describe sites within [text, text + length).  Called when a module is
 * finalised, before its text is executed, and when text is freed (records are
 * ignored: all sites in the range go).  -ENOEXEC: a record or its instruction is
 * not acceptable; nothing was changed.
 */
#define LOL_SERVICE_SITES	1
#define LOL_SITES_ADD		0
#define LOL_SITES_REMOVE	1

/*
 * flush(root, start, end, level): no space of the page-table root `root`
 * (guest-physical) uses a translation of [start, end) of before the call once it
 * returns.  start must be below end; end may be LOL_KERNEL_END.  A range in the
 * kernel half concerns every root, and `root` is then ignored.
 */
#define LOL_SERVICE_FLUSH	2
#define LOL_FLUSH_ALL		0	/* leaves, permissions or tables may have changed */
#define LOL_FLUSH_WRITE		1	/* only write permission was taken away */

/* root_gone(root): the root page is about to be freed; reused, it starts flushed. */
#define LOL_SERVICE_ROOT_GONE	3

/* start_vcpu(n, entry, argument): -EINVAL where vCPU n does not exist. */
#define LOL_SERVICE_START_VCPU	4

/* shutdown(kind, code, text): does not return.  text: guest-virtual, NUL terminated, or 0. */
#define LOL_SERVICE_SHUTDOWN	5
#define LOL_SHUTDOWN_OFF	0
#define LOL_SHUTDOWN_RESET	1
#define LOL_SHUTDOWN_PANIC	2

/*
 * Hint, may be ignored.  fill(root, start, end, address): translations in the
 * range were just made, and code is about to use the one of address.
 */
#define LOL_SERVICE_FILL	6

/*
 * Hint, may be ignored.  give_back(ranges, count): what is in RAM there is of no
 * use any more, and the host may have the memory; the next access finds zeros.
 * ranges: guest-virtual, array of count struct lol_range, each of whole blocks of
 * LOL_GIVE_BACK_UNIT.  -EINVAL, and nothing was done: outside RAM, or over the
 * monitor's own pages or the kernel image.
 */
#define LOL_SERVICE_GIVE_BACK	7
#define LOL_GIVE_BACK_UNIT	0x200000
#define LOL_GIVE_BACK_MAX	32		/* ranges in a call */

#endif
