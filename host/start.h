/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_START_H
#define HOST_START_H

#include "host/config.h"

/**
 * start_guest - everything of "lol run"
 * @config: what was asked for
 * @argv: of main(), to start over when the guest resets the machine
 *
 * Return: exit status of lol.
 */
int start_guest(const struct config *config, char **argv);

#endif
