// SPDX-License-Identifier: GPL-2.0-only
/*
 * The in-place bridge: guest user code runs in the process that runs the guest
 * kernel, and every address space of the guest has its own such process.
 *
 * Entering user code is leave().  Loading another root hands the baton to that
 * root's process (space.c).  The user's vector registers and FS base are this
 * CPU's own, or in the host's frame when a signal brought us here.
 */
#include "syscall-bridge/bridge.h"
#include "syscall-bridge/frame.h"

static struct place *place(u64 root)
{
	return root == vcpu->cr3 ? &own_place : NULL;
}

static void settle(struct place *place)
{
	(void)place;		/* done by munmap and mprotect */
}

static void retire(struct lol_space *space)
{
	(void)space;		/* nobody runs in it: what is mapped there dies with it */
}

static int user_fp(void *area, u64 mask, u32 operation, void **fp)
{
	if (*fp && guarded_fp(*fp, *(const u64 *)((const u8 *)*fp + FRAME_XFEATURES), FP_XRSTOR))
		broken("the host's own frame cannot be restored at", (u64)*fp);
	*fp = NULL;		/* the state goes back to the registers and stays there */
	return guarded_fp(area, mask, operation);
}

static u64 read_fs(void)
{
	u64 base;

	asm volatile("rdfsbase %0" : "=r"(base));
	return base;
}

static void write_fs(u64 base)
{
	asm volatile("wrfsbase %0" : : "r"(base));
}

const struct bridge bridge_in_place = {
	.reuse = true,
	.load_root = switch_root,
	.place = place,
	.settle = settle,
	.retire = retire,
	.user_fp = user_fp,
	.read_fs = read_fs,
	.write_fs = write_fs,
};
