// SPDX-License-Identifier: GPL-2.0-only
/*
 * Split bridge: does it pay to have user threads on a host CPU of their own?
 *
 * With K and the user on one CPU a hand-over is a switch of the host; on two it is a
 * few cache lines that travel, as long as each side looks for the other's word and does
 * not sleep.  Waking one that does costs more than the switch that is saved, and to
 * look costs a CPU that others may want.  What is cheaper depends on what the guest
 * does and on the host, so it is tried.  While runs of the user are short and follow
 * each other closely, K asks the monitor for a second CPU; the monitor gives one if it is
 * spare (host/affinity.c).  K compares what a run costs with what it has cost before and
 * gives the CPU back if that is not less.  A trial that fails is repeated after a while
 * that doubles each time, and one that succeeds ends after AGAIN, to compare anew.
 */
#include "syscall-bridge/k.h"
#include "syscall-bridge/sys.h"

/* All in microseconds. */
#define WINDOW		10000		/* that is judged at once */
#define LONG		400		/* what counts from run to run: the rest is work or idleness */
#define BUSY		10		/* from run to run: with more the gain is small */
#define AGAIN		2000000
#define HOLD_MIN	100000		/* until the next trial */
#define HOLD_MAX	10000000

static struct {
	u64 start;		/* of the window */
	u64 last;		/* beginning of the last run */
	u64 ticks;		/* of all runs of this window */
	u32 runs;
	bool spread;		/* in the windows before */
	u32 windows;		/* whole ones since that changed */
	u64 cost;		/* ticks of a run on one CPU */
	u64 end, retry, hold;	/* of a trial; when there may be another; how long after it */
} count;

static u64 at_most(u64 value, u64 limit)
{
	return value < limit ? value : limit;
}

static void want(bool wanted)
{
	if (!wanted && !state->spread_wanted[vcpu->number % LOL_MAX_VCPUS])
		return;
	state->spread_wanted[vcpu->number % LOL_MAX_VCPUS] = wanted;
	sys_ring(LOL_FD_EVENT);
}

static void review(u64 now, u64 us, u64 cost, bool busy)
{
	/* a window with a change in it tells of neither side */
	if (spinning() != count.spread) {
		count.spread = spinning();
		count.windows = 0;
		count.end = now + AGAIN * us;
		return;
	}
	count.windows++;
	if (!count.spread) {
		count.cost = cost;
		if (!busy)
			count.windows = 0;
		if (count.windows < 2 || now < count.retry)
			return;
		count.hold = count.hold ? at_most(2 * count.hold, HOLD_MAX * us) : HOLD_MIN * us;
		count.retry = now + count.hold;
		want(true);
	} else if (!busy || now > count.end) {
		count.retry = now;
		want(false);
	} else if (cost * 10 > count.cost * (count.windows > 1 ? 9 : 11)) {
		want(false);
	} else {
		count.hold = 0;
	}
}

/** spread_count - a run of the user has begun, and K has nothing to do */
void spread_count(void)
{
	u64 now = rdtsc(), us = tsc_us();

	count.ticks += at_most(now - count.last, LONG * us);
	count.runs++;
	count.last = now;
	if (now - count.start < WINDOW * us)
		return;
	review(now, us, count.ticks / count.runs, count.runs * BUSY * us > now - count.start);
	count.start = now;
	count.ticks = count.runs = 0;
}
