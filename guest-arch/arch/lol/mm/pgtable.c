// SPDX-License-Identifier: GPL-2.0-only
/*
 * Roots.  The user half of a new one is empty, the kernel half everybody's.  The
 * monitor hears of a root that goes away before the page can be used again.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <asm/pgalloc.h>
#include <asm/service.h>

pgd_t *pgd_alloc(struct mm_struct *mm)
{
	pgd_t *pgd = (pgd_t *)__get_free_page(GFP_PGTABLE_USER);

	if (pgd)
		memcpy(pgd + KERNEL_PGD_BOUNDARY, swapper_pg_dir + KERNEL_PGD_BOUNDARY,
		       KERNEL_PGD_PTRS * sizeof(pgd_t));
	return pgd;
}

void pgd_free(struct mm_struct *mm, pgd_t *pgd)
{
	lol_service1(LOL_SERVICE_ROOT_GONE, __pa(pgd));
	free_page((unsigned long)pgd);
}
