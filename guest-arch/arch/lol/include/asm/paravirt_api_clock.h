/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the scheduler looks for paravirt_steal_clock(). */
#include <asm/paravirt.h>
