/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_SUPERVISOR_H
#define HOST_SUPERVISOR_H

#include "host/base/error.h"

/**
 * supervise - go on as the monitor, a child of the process that was started
 * @argv: of main(), for starting over
 * @error: filled in if there is no process to be had
 *
 * Signals of run_signals() are blocked.
 *
 * Return: 0 in the monitor, -1 with @error.  The
 * process that was started does not return: it ends as the monitor does.
 */
int supervise(char **argv, struct error *error);

/** supervisor_start_over - when this process ends, lol shall start over */
void supervisor_start_over(void);

#endif
