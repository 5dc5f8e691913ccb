/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: the end of a panic is not an ordinary restart, see reboot.c. */
#ifndef _ASM_LOL_EMERGENCY_RESTART_H
#define _ASM_LOL_EMERGENCY_RESTART_H

void machine_emergency_restart(void);

#endif
