// SPDX-License-Identifier: GPL-2.0-only
/* Structure offsets for assembly: none are needed, per-CPU symbols do. */
#include <linux/kbuild.h>

int main(void)
{
	return 0;
}
