// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a new process becomes a tracee.
 *
 *	tracer					process
 *	clone()
 *	serves others
 *					<-	may be traced from now on; WANTED, rings
 *	PTRACE_SEIZE; DONE, or -errno	->	may not be traced any more
 *						goes on, or ends
 *
 * The tracer never waits for it: a process that is killed or stopped meanwhile would
 * hold up the whole guest.
 *
 * The process must be dumpable meanwhile, and agree where Yama asks for that, since
 * the tracer is not its parent (the monitor is).  Nothing of a guest is in it yet.
 *
 * The words for this lie in memory that K does not have: who believes to be a
 * tracee, and is none, would run what K leaves on its signal stack.
 */
#include "syscall-bridge/handoff.h"
#include "syscall-bridge/tracer.h"

#define PTRACE_SEIZE		0x4206
#define PTRACE_O_TRACESYSGOOD	0x00000001
#define PTRACE_O_EXITKILL	0x00100000
#define PR_SET_DUMPABLE		4
#define PR_SET_PTRACER		0x59616d61

#define MAP_ANONYMOUS		0x20

enum {
	ATTACH_NONE,
	ATTACH_WANTED,		/* process: ready */
	ATTACH_DONE,		/* tracer: you are */
				/* -errno: the host says no */
};
static u32 *const attach = (u32 *)LOL_WEDGE_ATTACH;	/* futex words, one for each slot */
#define ATTACH_SIZE	(LOL_MAX_SPACES * sizeof(u32))

/** attach_setup - tracer: get the memory for the words; 0 or -errno */
long attach_setup(void)
{
	long ret = sys_mmap(LOL_WEDGE_ATTACH, ATTACH_SIZE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	return SYS_ERROR(ret) ? ret : 0;
}

/** tracer_expect - a process for a slot is about to be made */
void tracer_expect(u32 slot)
{
	tracee[slot] = (struct tracee){ 0 };
	attach[slot] = ATTACH_NONE;
}

/** tracer_born - it has been made, and its id is known from the host */
void tracer_born(u32 slot, u32 pid)
{
	tracee[slot].pid = pid;
}

/**
 * tracer_attach - attach to the process of a slot, if it is there and waits for that
 * @slot: its slot
 *
 * Return: whether it has just become a tracee.
 */
bool tracer_attach(u32 slot)
{
	struct tracee *t = &tracee[slot];
	long ret;

	if (!t->pid || t->attached || __atomic_load_n(&attach[slot], __ATOMIC_ACQUIRE) != ATTACH_WANTED)
		return false;
	ret = trace(PTRACE_SEIZE, t, 0, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
	if (SYS_ERROR(ret))
		t->pid = 0;
	else
		t->attached = true;
	__atomic_store_n(&attach[slot], SYS_ERROR(ret) ? (u32)ret : ATTACH_DONE, __ATOMIC_SEQ_CST);
	sys_futex_wake(&attach[slot]);
	return t->attached;
}

/** tracer_leave - a process that will run guest code lets go of what the tracer shares with it */
void tracer_leave(void)
{
	if (SYS_ERROR(sys_munmap(LOL_WEDGE_ATTACH, ATTACH_SIZE)))
		sys_exit(1);
}

/** tracee_attached - tracer_attach(), seen from that process; ends it if it cannot be traced */
void tracee_attached(u32 slot)
{
	u32 tries;

	/* where Yama wants that, by anybody: the tracer may be outside of our pid namespace */
	sys3(__NR_prctl, PR_SET_PTRACER, -1, 0);
	sys3(__NR_prctl, PR_SET_DUMPABLE, 1, 0);
	__atomic_store_n(&attach[slot], ATTACH_WANTED, __ATOMIC_SEQ_CST);
	wake_zygote();
	for (tries = 0; tries < 10 && READ_ONCE(attach[slot]) == ATTACH_WANTED; tries++)
		sys_futex_wait(&attach[slot], ATTACH_WANTED, (const s64[]){ 1, 0 });
	sys3(__NR_prctl, PR_SET_DUMPABLE, 0, 0);
	sys3(__NR_prctl, PR_SET_PTRACER, 0, 0);
	/* told here, not by the tracer: one that is being killed cannot be attached to either */
	if (SYS_ERROR((long)(s32)READ_ONCE(attach[slot])))
		give_up("ptrace", (s32)READ_ONCE(attach[slot]));
	if (READ_ONCE(attach[slot]) != ATTACH_DONE)
		sys_exit(1);
	tracer_leave();
}
