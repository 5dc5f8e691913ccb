/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_BRIDGES_H
#define HOST_BRIDGES_H

#include <stdbool.h>
#include <stdint.h>

#include "host/base/error.h"

/**
 * bridge_missing - what the host lacks for a bridge
 * @bridge: enum lol_bridge
 *
 * Return: NULL if it can be used, or a few words.
 */
const char *bridge_missing(uint32_t bridge);

/**
 * bridge_choose - settle on a bridge
 * @wanted: enum lol_bridge, or CONFIG_BRIDGE_AUTO
 * @bridge: gets enum lol_bridge
 * @error: gets the reason of failure
 *
 * Return: 0, or -1 if the host cannot do what is wanted.
 */
int bridge_choose(uint32_t wanted, uint32_t *bridge, struct error *error);

/** host_has_filters - can processes of the guest be confined by seccomp filters? */
bool host_has_filters(void);

/** host_is_stuck - does it not get done with loading a filter?  Then no process must try */
bool host_is_stuck(void);

#endif
