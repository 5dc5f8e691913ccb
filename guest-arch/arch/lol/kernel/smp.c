// SPDX-License-Identifier: GPL-2.0-only
/*
 * More than one CPU.
 *
 * The boot page says how many vCPUs there are; their numbers are x2APIC ids and
 * Linux CPU numbers alike.  A CPU is started by a service that is given an entry
 * address.  It begins in the address space of the CPU that asked, interrupts off,
 * no stack; everything else it finds in one structure, since CPUs are brought up
 * one at a time.  There is no unplugging.
 *
 * CPUs talk by interrupts, one vector per kind of message.
 */
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/hotplug.h>
#include <linux/sched/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/smp.h>
#include <asm/hw_irq.h>
#include <asm/irq.h>
#include <asm/processor.h>
#include <asm/service.h>
#include <asm/special_insns.h>
#include <asm/time.h>

/* What a CPU needs before it can run C: read by smp_entry.S at fixed offsets. */
struct lol_secondary {
	unsigned long stack;	/* top of the idle task's stack */
	unsigned long gs_base;	/* per-CPU offset */
	unsigned long cr4;
	unsigned long efer;
} lol_secondary;

void secondary_startup(void);
void lol_secondary_start(void);

static DECLARE_COMPLETION(cpu_running);

void lol_send_ipi(unsigned int cpu, unsigned int vector)
{
	/* The write is not ordered against earlier stores by the manuals. */
	mb();
	wrmsrl(MSR_X2APIC_ICR, (u64)cpu << X2APIC_ICR_DEST_SHIFT | X2APIC_ICR_ASSERT | vector);
}

void arch_smp_send_reschedule(int cpu)
{
	lol_send_ipi(cpu, LOL_RESCHEDULE_VECTOR);
}

void arch_send_call_function_single_ipi(int cpu)
{
	lol_send_ipi(cpu, LOL_CALL_FUNCTION_SINGLE_VECTOR);
}

void arch_send_call_function_ipi_mask(const struct cpumask *mask)
{
	unsigned int cpu;

	for_each_cpu(cpu, mask)
		lol_send_ipi(cpu, LOL_CALL_FUNCTION_VECTOR);
}

void lol_stop_this_cpu(void)
{
	local_irq_disable();
	set_cpu_online(smp_processor_id(), false);
	for (;;)
		native_halt();
}

void smp_send_stop(void)
{
	unsigned int cpu, this_cpu = raw_smp_processor_id();
	unsigned int patience = USEC_PER_SEC;

	if (num_online_cpus() <= 1)
		return;
	for_each_online_cpu(cpu)
		if (cpu != this_cpu)
			lol_send_ipi(cpu, LOL_STOP_VECTOR);
	while (num_online_cpus() > 1 && --patience)
		udelay(1);
	if (!patience)
		pr_warn("CPUs %*pbl do not stop\n", cpumask_pr_args(cpu_online_mask));
}

void __init lol_smp_setup(unsigned int nr_vcpus)
{
	unsigned int cpu;

	for (cpu = 0; cpu < min_t(unsigned int, nr_vcpus, NR_CPUS); cpu++)
		set_cpu_possible(cpu, true);
}

void __init smp_prepare_boot_cpu(void)
{
}

void __init smp_prepare_cpus(unsigned int max_cpus)
{
	unsigned int cpu;

	if (!max_cpus)
		return;
	for_each_possible_cpu(cpu)
		set_cpu_present(cpu, true);
}

void __init smp_cpus_done(unsigned int max_cpus)
{
}

int __cpu_up(unsigned int cpu, struct task_struct *idle)
{
	long err;

	lol_secondary.stack = (unsigned long)task_pt_regs(idle);
	lol_secondary.gs_base = per_cpu_offset(cpu);
	lol_secondary.cr4 = native_read_cr4();
	rdmsrl(MSR_EFER, lol_secondary.efer);
	task_thread_info(idle)->cpu = cpu;
	lol_prepare_cpu_task(cpu, idle);

	err = lol_service3(LOL_SERVICE_START_VCPU, cpu, (u64)secondary_startup, cpu);
	if (err) {
		pr_err("CPU%u: does not start: %ld\n", cpu, err);
		return err;
	}
	if (!wait_for_completion_timeout(&cpu_running, 10 * HZ)) {
		pr_err("CPU%u: does not answer\n", cpu);
		return -EIO;
	}
	return 0;
}

/* First C code of another CPU, on its idle task's stack, interrupts off. */
void __noreturn lol_secondary_start(void)
{
	unsigned int cpu = smp_processor_id();

	mmgrab_lazy_tlb(&init_mm);
	current->active_mm = &init_mm;
	cpumask_set_cpu(cpu, mm_cpumask(&init_mm));
	native_write_cr3(__pa_symbol(swapper_pg_dir));
	cpu_init();

	notify_cpu_starting(cpu);
	lol_clockevent_init();
	set_cpu_online(cpu, true);
	complete(&cpu_running);
	local_irq_enable();
	cpu_startup_entry(CPUHP_AP_ONLINE_IDLE);
	unreachable();
}
