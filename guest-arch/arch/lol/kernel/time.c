// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time.
 *
 * The machine has one counter, the TSC, and one page in which the monitor says
 * what a tick is worth (struct lol_clock).  Together they give nanoseconds since
 * the guest's time zero; that number is clocksource, sched_clock() and, through
 * the same inline function in the vDSO, user time, so none of them traps.
 *
 * Each CPU has one timer: the TSC deadline MSR.  It takes an absolute TSC value,
 * so a request in nanoseconds is converted with the inverse of the page's factor.
 * The factor is read each time, because the monitor may adjust it.
 *
 * The page also says for how long each CPU could not run although it had something
 * to run.  The scheduler takes that for steal time; "no-steal-acc", the kernel's
 * general parameter, has it charged to tasks as before, but still shown.
 */
#include <linux/clockchips.h>
#include <linux/clocksource.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/jump_label.h>
#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/sched/clock.h>
#include <linux/timekeeping.h>
#include <asm/irq.h>
#include <asm/paravirt.h>
#include <asm/special_insns.h>
#include <asm/time.h>
#include <asm/tsc.h>
#include <asm/vclock.h>

const struct lol_clock *lol_clock_page __ro_after_init;

static u64 notrace clocksource_read(struct clocksource *cs)
{
	return lol_clock_read(lol_clock_page);
}

static struct clocksource lol_clocksource = {
	.name		= "lol",
	.rating		= 450,
	.read		= clocksource_read,
	.mask		= CLOCKSOURCE_MASK(64),
	.flags		= CLOCK_SOURCE_IS_CONTINUOUS | CLOCK_SOURCE_VALID_FOR_HRES,
	.vdso_clock_mode = VDSO_CLOCKMODE_LOL,
};

/* Messages of the time before the page is known carry the stamp zero. */
unsigned long long notrace sched_clock(void)
{
	if (unlikely(!lol_clock_page))
		return 0;
	return lol_clock_read(lol_clock_page);
}

void read_persistent_clock64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(READ_ONCE(lol_clock_page->wall_offset_ns) +
			       lol_clock_read(lol_clock_page));
}

/* The guest began at time zero: what has passed since is its boot time. */
void __init read_persistent_wall_and_boot_offset(struct timespec64 *wall_time,
						 struct timespec64 *boot_offset)
{
	read_persistent_clock64(wall_time);
	*boot_offset = ns_to_timespec64(lol_clock_read(lol_clock_page));
}

static int clockevent_next(unsigned long delta_ns, struct clock_event_device *dev)
{
	u64 ticks_per_ns = div64_u64(U64_MAX, READ_ONCE(lol_clock_page->mult));
	u64 ticks = ((unsigned __int128)delta_ns * ticks_per_ns) >> 32;

	wrmsrl(MSR_IA32_TSC_DEADLINE, rdtsc() + ticks);
	return 0;
}

static int clockevent_shutdown(struct clock_event_device *dev)
{
	wrmsrl(MSR_IA32_TSC_DEADLINE, 0);
	return 0;
}

static DEFINE_PER_CPU(struct clock_event_device, clockevent) = {
	.name			= "lol-deadline",
	.features		= CLOCK_EVT_FEAT_ONESHOT,
	.rating			= 450,
	.set_next_event		= clockevent_next,
	.set_state_shutdown	= clockevent_shutdown,
	.set_state_oneshot_stopped = clockevent_shutdown,
};

void lol_clockevent_init(void)
{
	struct clock_event_device *dev = this_cpu_ptr(&clockevent);

	dev->cpumask = cpumask_of(smp_processor_id());
	/*
	 * Unit: nanoseconds.  Nothing below a microsecond is worth a trip to the
	 * host; a day is more than any sleep needs.
	 */
	clockevents_config_and_register(dev, NSEC_PER_SEC, NSEC_PER_USEC,
					24UL * 3600 * NSEC_PER_SEC);
}

void lol_timer_interrupt(void)
{
	struct clock_event_device *dev = this_cpu_ptr(&clockevent);

	/* A late message of a deadline that was withdrawn: nobody listens. */
	if (likely(dev->event_handler))
		dev->event_handler(dev);
}

/* Called while other CPUs do not exist, before the first delay. */
void __init lol_time_early_init(const struct lol_clock *clock)
{
	lol_clock_page = clock;
	if (!clock->mult)
		return;		/* time_init() complains, where it can be seen */
	/* Ticks of the TSC, from the same factor as all other time. */
	lpj_fine = div64_u64((u64)(NSEC_PER_SEC / HZ) << 32, clock->mult);
	loops_per_jiffy = lpj_fine;
}

/* Every CPU has the same TSC: nothing is measured, here or on the others. */
unsigned long calibrate_delay_is_known(void)
{
	return lpj_fine;
}

struct static_key paravirt_steal_enabled;
struct static_key paravirt_steal_rq_enabled;

static bool charge_steal __initdata;

static int __init parse_no_steal_acc(char *arg)
{
	charge_steal = true;
	return 0;
}
early_param("no-steal-acc", parse_no_steal_acc);

static void __init steal_init(void)
{
	BUILD_BUG_ON(NR_CPUS > LOL_MAX_VCPUS);
	BUILD_BUG_ON(sizeof(struct lol_clock) > PAGE_SIZE);
	static_key_slow_inc(&paravirt_steal_enabled);
	if (!charge_steal)
		static_key_slow_inc(&paravirt_steal_rq_enabled);
}

void __init time_init(void)
{
	if (!lol_clock_page->mult)
		panic("lol: the monitor's clock page is empty\n");
	clocksource_register_hz(&lol_clocksource, NSEC_PER_SEC);
	lol_clockevent_init();
	steal_init();
}
