// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptor tables and the system call entry.
 *
 * Segments are facts of the host: the machine looks at the GDT only to find the
 * TSS, and at the TSS only for the stacks (rsp0, IST).  One IDT serves all CPUs.
 * Each CPU has its own GDT and TSS in its per-CPU area; the boot CPU starts on
 * the template's and moves when its area has been made.
 */
#include <linux/cpu.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <asm/desc.h>
#include <asm/fpu.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/traps.h>

#define LOL_EFER_SCE		(1UL << 0)

/* Cleared when a system call enters: what x86 clears. */
#define LOL_SYSCALL_MASK						\
	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
	 X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_IF | X86_EFLAGS_DF | \
	 X86_EFLAGS_OF | X86_EFLAGS_IOPL | X86_EFLAGS_NT | X86_EFLAGS_RF | \
	 X86_EFLAGS_AC | X86_EFLAGS_ID)

#define LOL_DF_STACK_SIZE	(2 * PAGE_SIZE)

static struct lol_gate idt[256] __page_aligned_bss;

static DEFINE_PER_CPU(struct lol_tss, cpu_tss);
static DEFINE_PER_CPU_ALIGNED(u64 [GDT_ENTRIES], cpu_gdt);
static DEFINE_PER_CPU_ALIGNED(u8 [LOL_DF_STACK_SIZE], cpu_df_stack);

void lol_set_sp0(unsigned long top)
{
	this_cpu_write(cpu_tss.sp0, top);
}

static void __init set_gate(unsigned int vector, const char *entry, u8 type, u8 ist)
{
	unsigned long offset = (unsigned long)entry;

	idt[vector] = (struct lol_gate) {
		.offset_low = offset,
		.offset_middle = offset >> 16,
		.offset_high = offset >> 32,
		.segment = __KERNEL_CS,
		.ist = ist,
		.type = type,
	};
}

static void __init lol_idt_fill(void)
{
	unsigned int vector;

	for (vector = 0; vector < LOL_NR_EXCEPTIONS; vector++) {
		u8 type = LOL_GATE_INTERRUPT;

		/* int3 and into are the two that user code may execute itself. */
		if (vector == X86_TRAP_BP || vector == X86_TRAP_OF)
			type |= LOL_GATE_DPL3;
		set_gate(vector, lol_exception_entries + vector * LOL_ENTRY_STRIDE, type,
			 vector == X86_TRAP_DF ? LOL_IST_DF : 0);
	}
	for (; vector < ARRAY_SIZE(idt); vector++)
		set_gate(vector, lol_irq_entries +
			 (vector - LOL_NR_EXCEPTIONS) * LOL_ENTRY_STRIDE,
			 LOL_GATE_INTERRUPT, 0);
}

static void gdt_setup(void)
{
	struct lol_tss *tss = this_cpu_ptr(&cpu_tss);
	u64 *gdt = (u64 *)this_cpu_ptr(&cpu_gdt);
	unsigned long base = (unsigned long)tss;
	unsigned long limit = sizeof(*tss) - 1;
	struct lol_desc_ptr ptr = {
		.limit = GDT_ENTRIES * sizeof(u64) - 1,
		.base = (unsigned long)gdt,
	};

	tss->sp0 = current_top_of_stack();
	tss->ist[LOL_IST_DF - 1] = (unsigned long)this_cpu_ptr(&cpu_df_stack) +
				   LOL_DF_STACK_SIZE;
	tss->io_bitmap_base = sizeof(*tss);

	/* Flat code and data, for whoever reads them; then the TSS, available. */
	gdt[__KERNEL_CS / 8] = 0x00af9b000000ffffULL;
	gdt[__KERNEL_DS / 8] = 0x00cf93000000ffffULL;
	gdt[__USER32_CS / 8] = 0x00cffb000000ffffULL;
	gdt[__USER_DS / 8] = 0x00cff3000000ffffULL;
	gdt[__USER_CS / 8] = 0x00affb000000ffffULL;
	gdt[GDT_ENTRY_TSS] = (limit & 0xffff) | (base & 0xffffff) << 16 |
			     0x89ULL << 40 | (limit & 0xf0000) << 32 |
			     (base & 0xff000000) << 32;
	gdt[GDT_ENTRY_TSS + 1] = base >> 32;

	load_gdt(&ptr);
	load_tr(LOL_TSS_SELECTOR);
}

static void syscall_setup(void)
{
	u64 efer;

	/* sysretq takes CS from here + 16 and SS from here + 8. */
	wrmsrl(MSR_STAR, (u64)__USER32_CS << 48 | (u64)__KERNEL_CS << 32);
	wrmsrl(MSR_LSTAR, (unsigned long)lol_syscall_entry);
	wrmsrl(MSR_SYSCALL_MASK, LOL_SYSCALL_MASK);
	rdmsrl(MSR_EFER, efer);
	wrmsrl(MSR_EFER, efer | LOL_EFER_SCE);
}

void cpu_init(void)
{
	static const struct lol_desc_ptr idt_ptr = {
		.limit = sizeof(idt) - 1,
		.base = (unsigned long)idt,
	};

	gdt_setup();
	load_idt(&idt_ptr);
	syscall_setup();
}

/**
 * lol_early_traps() - make exceptions work
 *
 * Context: boot CPU, first thing in C, GS base 0, current and stack as
 * init_task's.  Before this an exception ends the guest without a word.
 */
void __init lol_early_traps(void)
{
	this_cpu_write(cpu_stack_top, task_top_of_stack(&init_task));
	lol_idt_fill();
	cpu_init();
}

void __init trap_init(void)
{
	lol_fpu_init();
	cpu_init();
}
