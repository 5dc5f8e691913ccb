/* SPDX-License-Identifier: GPL-2.0-only */
/* Own header: each vCPU is a core of its own in one package, which lscpu wants to know. */
#ifndef _ASM_LOL_TOPOLOGY_H
#define _ASM_LOL_TOPOLOGY_H

#define topology_physical_package_id(cpu)	((void)(cpu), 0)
#define topology_core_id(cpu)			(cpu)

#include <asm-generic/topology.h>

#endif
