/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_CONFINE_H
#define HOST_CONFINE_H

/** confine_first - what children shall inherit: no new privileges, signals only among us */
void confine_first(void);

/**
 * confine - from here on this process makes no system calls but those that the
 * files of the monitor declare, and reaches no file that is not open
 *
 * Where the host has no Landlock it does without.
 * Return: 0, or -errno: system calls are not confined.
 */
int confine(void);

/**
 * confine_calls - the system calls' part of confine()
 *
 * Return: 0, or -errno.
 */
int confine_calls(void);

#endif
