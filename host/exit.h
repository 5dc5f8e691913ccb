/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_EXIT_H
#define HOST_EXIT_H

/*
 * Exit statuses of lol.  A COMMAND's own status is passed through, so 0..125
 * may also come from there; a signal that ends lol gives 128 + its number.
 */
enum exit_status {
	EXIT_OFF = 0,		/* clean power-off */
	EXIT_SETUP = 1,		/* an error before the guest ran */
	EXIT_USAGE = 2,		/* a wrong command line */
	EXIT_GUEST_PANIC = 120,	/* the guest kernel panicked */
	EXIT_GUEST_BROKEN = 121,	/* the guest kernel broke the contract (triple fault, ...) */
	EXIT_HOST = 122,	/* the host failed us: memory, a killed process, a call */
};

#endif
