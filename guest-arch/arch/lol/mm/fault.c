// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page faults that the virtual MMU passes on: the guest's own tables refuse the
 * access.
 *
 * From user mode: find the area, let generic code make the page, or send a signal.
 * From the kernel: it touches user memory only through its own mappings, so an
 * address of user space here is a wild pointer like any other; all that helps is
 * an entry in the exception table.
 */
#include <linux/extable.h>
#include <linux/hugetlb.h>
#include <linux/kdebug.h>
#include <linux/mm.h>
#include <linux/perf_event.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched/debug.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <linux/uaccess.h>
#include <asm/extable.h>
#include <asm/special_insns.h>
#include <asm/traps.h>
#include "mm_internal.h"

static void show_leaf(unsigned long address)
{
	pgd_t *pgd = (pgd_t *)__va(read_cr3() & PTE_PFN_MASK) + pgd_index(address);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (address >= LOL_KERNEL_END)
		return;
	p4d = p4d_offset(pgd, address);
	pr_alert("PGD %lx", pgd_val(*pgd));
	if (pgd_val(*pgd)) {
		pud = pud_offset(p4d, address);
		pr_cont(" PUD %lx", pud_val(*pud));
		if (pud_present(*pud)) {
			pmd = pmd_offset(pud, address);
			pr_cont(" PMD %lx", pmd_val(*pmd));
			if (pmd_present(*pmd) && !pmd_leaf(*pmd))
				pr_cont(" PTE %lx", pte_val(*pte_offset_kernel(pmd, address)));
		}
	}
	pr_cont("\n");
}

static void kernel_fault(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	if (fixup_exception(regs))
		return;

	bust_spinlocks(1);
	if (address < PAGE_SIZE)
		pr_alert("BUG: kernel NULL pointer dereference, address: %016lx\n", address);
	else
		pr_alert("BUG: unable to handle page fault for address: %016lx\n", address);
	pr_alert("#PF: %s in kernel mode (error code %#04lx: %s)\n",
		 error_code & X86_PF_INSTR ? "instruction fetch" :
		 error_code & X86_PF_WRITE ? "write access" : "read access", error_code,
		 error_code & X86_PF_PROT ? "permissions violation" : "not-present page");
	if (is_vmalloc_addr(current->stack) &&
	    address - ((unsigned long)current->stack - PAGE_SIZE) < PAGE_SIZE)
		pr_alert("BUG: task stack guard page was hit at %016lx (stack is %px..%px)\n",
			 address, current->stack, current->stack + THREAD_SIZE);
	show_leaf(address);
	bust_spinlocks(0);
	die("Oops", regs, error_code);
}

static void send_segv(struct pt_regs *regs, unsigned long error_code, unsigned long address,
		      int code)
{
	struct task_struct *task = current;

	/* What lies in the kernel half is nobody's business. */
	if (address >= TASK_SIZE_MAX)
		error_code |= X86_PF_PROT;
	task->thread.trap_nr = X86_TRAP_PF;
	task->thread.error_code = error_code | X86_PF_USER;
	task->thread.cr2 = address;

	if (show_unhandled_signals && unhandled_signal(task, SIGSEGV) && printk_ratelimit()) {
		pr_info("%s[%d]: segfault at %lx ip %px sp %px error %lx", task->comm,
			task_pid_nr(task), address, (void *)regs->ip, (void *)regs->sp, error_code);
		print_vma_addr(KERN_CONT " in ", regs->ip);
		pr_cont("\n");
	}
	force_sig_fault(SIGSEGV, code, (void __user *)address);
}

static void send_sigbus(struct pt_regs *regs, unsigned long error_code, unsigned long address,
			vm_fault_t fault)
{
	struct task_struct *task = current;

	task->thread.trap_nr = X86_TRAP_PF;
	task->thread.error_code = error_code | X86_PF_USER;
	task->thread.cr2 = address;

	if (fault & (VM_FAULT_HWPOISON | VM_FAULT_HWPOISON_LARGE)) {
		unsigned int lsb = PAGE_SHIFT;

		if (fault & VM_FAULT_HWPOISON_LARGE)
			lsb = hstate_index_to_shift(VM_FAULT_GET_HINDEX(fault));
		force_sig_mceerr(BUS_MCEERR_AR, (void __user *)address, lsb);
		return;
	}
	force_sig_fault(SIGBUS, BUS_ADRERR, (void __user *)address);
}

static bool access_allowed(struct vm_area_struct *vma, unsigned int flags)
{
	if (flags & FAULT_FLAG_WRITE)
		return vma->vm_flags & VM_WRITE;
	if (flags & FAULT_FLAG_INSTRUCTION)
		return vma->vm_flags & VM_EXEC;
	return vma_is_accessible(vma);
}

static void fault_failed(struct pt_regs *regs, unsigned long error_code, unsigned long address,
			 vm_fault_t fault)
{
	if (fault & VM_FAULT_OOM)
		pagefault_out_of_memory();
	else if (fault & (VM_FAULT_SIGBUS | VM_FAULT_HWPOISON | VM_FAULT_HWPOISON_LARGE))
		send_sigbus(regs, error_code, address, fault);
	else if (fault & VM_FAULT_SIGSEGV)
		send_segv(regs, error_code, address, SEGV_MAPERR);
	else
		BUG();
}

static void user_fault(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	struct mm_struct *mm = current->mm;
	unsigned int flags = FAULT_FLAG_DEFAULT | FAULT_FLAG_USER;
	struct vm_area_struct *vma;
	vm_fault_t fault;

	if (address >= TASK_SIZE_MAX || address < LOL_USER_START) {
		send_segv(regs, error_code, address, SEGV_MAPERR);
		return;
	}
	perf_sw_event(PERF_COUNT_SW_PAGE_FAULTS, 1, regs, address);
	if (error_code & X86_PF_WRITE)
		flags |= FAULT_FLAG_WRITE;
	if (error_code & X86_PF_INSTR)
		flags |= FAULT_FLAG_INSTRUCTION;

	/* Most faults need the lock of one area only. */
	vma = lock_vma_under_rcu(mm, address);
	if (!vma)
		goto lock_mmap;
	if (unlikely(!access_allowed(vma, flags))) {
		vma_end_read(vma);
		send_segv(regs, error_code, address, SEGV_ACCERR);
		return;
	}
	fault = handle_mm_fault(vma, address, flags | FAULT_FLAG_VMA_LOCK, regs);
	if (!(fault & (VM_FAULT_RETRY | VM_FAULT_COMPLETED)))
		vma_end_read(vma);
	if (!(fault & VM_FAULT_RETRY)) {
		count_vm_vma_lock_event(VMA_LOCK_SUCCESS);
		goto done;
	}
	count_vm_vma_lock_event(VMA_LOCK_RETRY);
	if (fault & VM_FAULT_MAJOR)
		flags |= FAULT_FLAG_TRIED;
	if (fault_signal_pending(fault, regs))
		return;

lock_mmap:
	vma = lock_mm_and_find_vma(mm, address, regs);
	if (unlikely(!vma)) {
		send_segv(regs, error_code, address, SEGV_MAPERR);
		return;
	}
	if (unlikely(!access_allowed(vma, flags))) {
		mmap_read_unlock(mm);
		send_segv(regs, error_code, address, SEGV_ACCERR);
		return;
	}
	fault = handle_mm_fault(vma, address, flags, regs);
	if (fault_signal_pending(fault, regs))
		return;
	if (fault & VM_FAULT_COMPLETED)
		return;
	if (unlikely(fault & VM_FAULT_RETRY)) {
		flags |= FAULT_FLAG_TRIED;
		goto lock_mmap;
	}
	mmap_read_unlock(mm);
done:
	if (unlikely(fault & VM_FAULT_ERROR))
		fault_failed(regs, error_code, address, fault);
	else
		lol_announce(mm, address);
}

/**
 * do_page_fault() - act on #PF
 * @regs: of the access
 * @error_code: X86_PF_*
 * @address: CR2, read before anything could fault again
 *
 * Context: interrupts off, behind irqentry_enter(); on for user faults while they
 * are handled.
 */
void do_page_fault(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	if (!user_mode(regs)) {
		kernel_fault(regs, error_code, address);
		return;
	}
	local_irq_enable();
	user_fault(regs, error_code, address);
	local_irq_disable();
}
