// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changing kernel text.
 *
 * Text is read-only where it is executed and writable in the direct map, so a
 * patch goes through the latter.  The writer has text_mutex and all other CPUs
 * stand still with interrupts off, so nobody executes half an instruction.  What
 * remains is that a CPU may have fetched old bytes: the manuals ask for a
 * serialising instruction when code was written through another address, and
 * cpuid is one.
 */
#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/stop_machine.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <asm/processor.h>
#include <asm/special_insns.h>
#include <asm/text-patching.h>
#include <lol/layout.h>

/* The byte at a text address, as the direct map shows it. */
static void *text_alias(void *address)
{
	unsigned long text = (unsigned long)address;

	if (text - LOL_KERNEL_MAP < LOL_KERNEL_MAP_SIZE)
		return (void *)(LOL_DIRECT_MAP + (text - LOL_KERNEL_MAP));
	return page_address(vmalloc_to_page(address)) + offset_in_page(text);
}

static void write_text(const struct lol_patch *patch)
{
	size_t first = min_t(size_t, patch->length, PAGE_SIZE - offset_in_page(patch->address));

	memcpy(text_alias(patch->address), patch->insn, first);
	if (first < patch->length)
		memcpy(text_alias(patch->address + first), patch->insn + first,
		       patch->length - first);
}

static void serialise(void)
{
	u32 unused[4];

	native_cpuid(0, 0, &unused[0], &unused[1], &unused[2], &unused[3]);
}

struct patch_work {
	const struct lol_patch *patches;
	unsigned int nr;
	unsigned int writer;
	bool written;
};

static void write_all(const struct patch_work *work)
{
	unsigned int i;

	for (i = 0; i < work->nr; i++)
		write_text(&work->patches[i]);
}

/* Runs on every CPU at once, interrupts off. */
static int patch_stopped(void *data)
{
	struct patch_work *work = data;

	if (smp_processor_id() == work->writer) {
		write_all(work);
		smp_store_release(&work->written, true);
	} else {
		while (!smp_load_acquire(&work->written))
			cpu_relax();
	}
	serialise();
	return 0;
}

void lol_patch_text(const struct lol_patch *patches, unsigned int nr)
{
	struct patch_work work = { .patches = patches, .nr = nr };
	unsigned long flags;

	if (num_online_cpus() > 1) {
		work.writer = cpumask_first(cpu_online_mask);
		stop_machine_cpuslocked(patch_stopped, &work, cpu_online_mask);
		return;
	}
	local_irq_save(flags);
	write_all(&work);
	serialise();
	local_irq_restore(flags);
}
