// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vDSO: a shared object of the kernel's in every program, which tells the
 * time without entering the kernel.  In front of its text lie the pages it
 * reads: time keeping data, the same of the time namespace, and the monitor's
 * clock page (layout in asm/vdso.h).
 */
#include <linux/binfmts.h>
#include <linux/elf.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/time_namespace.h>
#include <linux/timekeeper_internal.h>
#include <asm/boot.h>
#include <asm/page.h>
#include <asm/vdso.h>
#include <vdso/datapage.h>
#include <vdso/vsyscall.h>

static union vdso_data_store vdso_data_store __page_aligned_data;
struct vdso_data *vdso_data = vdso_data_store.data;

#ifdef CONFIG_TIME_NS
struct vdso_data *arch_get_vdso_data(void *vvar_page)
{
	return vvar_page;
}
#endif

static unsigned long data_pfn(void)
{
	return PFN_DOWN(__pa_symbol(&vdso_data_store));
}

static vm_fault_t vvar_fault(const struct vm_special_mapping *sm,
			     struct vm_area_struct *vma, struct vm_fault *vmf)
{
	struct page *timens_page = find_timens_vvar_page(vma);
	unsigned long pfn;

	switch (vmf->pgoff) {
	case VVAR_DATA_PAGE:
		pfn = timens_page ? page_to_pfn(timens_page) : data_pfn();
		break;
	case VVAR_TIMENS_PAGE:
		if (!timens_page)
			return VM_FAULT_SIGBUS;
		pfn = data_pfn();
		break;
	case VVAR_CLOCK_PAGE:
		pfn = PFN_DOWN(lol_boot->clock);
		break;
	default:
		return VM_FAULT_SIGBUS;
	}
	return vmf_insert_pfn(vma, vmf->address, pfn);
}

static int vdso_mremap(const struct vm_special_mapping *sm, struct vm_area_struct *vma)
{
	current->mm->context.vdso = (void *)vma->vm_start;
	return 0;
}

static const struct vm_special_mapping vvar_mapping = {
	.name = "[vvar]",
	.fault = vvar_fault,
};

static struct vm_special_mapping vdso_mapping __ro_after_init = {
	.name = "[vdso]",
	.mremap = vdso_mremap,
};

static unsigned long vdso_size __ro_after_init;

#ifdef CONFIG_TIME_NS
/* The data page of the old namespace goes; the new one's comes by a fault. */
int vdso_join_timens(struct task_struct *task, struct time_namespace *ns)
{
	struct mm_struct *mm = task->mm;
	struct vm_area_struct *vma;
	VMA_ITERATOR(vmi, mm, 0);

	mmap_read_lock(mm);
	for_each_vma(vmi, vma)
		if (vma_is_special_mapping(vma, &vvar_mapping))
			zap_vma_pages(vma);
	mmap_read_unlock(mm);
	return 0;
}
#endif

static int __init vdso_init(void)
{
	unsigned long i, pages = PFN_UP(vdso_end - vdso_start);
	struct page **list;

	if (memcmp(vdso_start, ELFMAG, SELFMAG) || !PAGE_ALIGNED(vdso_start))
		panic("the vDSO is no ELF object");
	list = kcalloc(pages + 1, sizeof(*list), GFP_KERNEL);
	if (!list)
		panic("no memory for the vDSO");
	for (i = 0; i < pages; i++)
		list[i] = pfn_to_page(PFN_DOWN(__pa_symbol(vdso_start)) + i);
	vdso_mapping.pages = list;
	vdso_size = pages * PAGE_SIZE;
	return 0;
}
arch_initcall(vdso_init);

/**
 * arch_setup_additional_pages() - map the vDSO into a new program
 * @bprm: of the program
 * @uses_interp: not of interest
 */
int arch_setup_additional_pages(struct linux_binprm *bprm, int uses_interp)
{
	const unsigned long vvar_size = VVAR_NR_PAGES * PAGE_SIZE;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned long addr;
	int ret = 0;

	if (mmap_write_lock_killable(mm))
		return -EINTR;

	addr = get_unmapped_area(NULL, 0, vvar_size + vdso_size, 0, 0);
	if (IS_ERR_VALUE(addr)) {
		ret = addr;
		goto out;
	}
	vma = _install_special_mapping(mm, addr, vvar_size,
				       VM_READ | VM_MAYREAD | VM_IO | VM_DONTDUMP | VM_PFNMAP,
				       &vvar_mapping);
	if (IS_ERR(vma)) {
		ret = PTR_ERR(vma);
		goto out;
	}
	vma = _install_special_mapping(mm, addr + vvar_size, vdso_size,
				       VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC,
				       &vdso_mapping);
	if (IS_ERR(vma)) {
		ret = PTR_ERR(vma);
		do_munmap(mm, addr, vvar_size, NULL);
		goto out;
	}
	mm->context.vdso = (void *)(addr + vvar_size);
out:
	mmap_write_unlock(mm);
	return ret;
}
