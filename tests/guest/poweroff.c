// SPDX-License-Identifier: GPL-2.0-only
/*
 * poweroff: as /init of an image of somebody else's: says so and powers off,
 * without anything of ours.  Started as an ordinary program it only passes.
 */
#include <sys/reboot.h>
#include "tap.h"

int main(void)
{
	if (getpid() == 1) {
		printf("own init speaking\n");
		fflush(stdout);
		reboot(RB_POWER_OFF);
	}
	ok(1, "nothing to do");
	return finish();
}
