// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free memory goes back to the host.
 *
 * The generic kernel takes blocks of 2 MiB and more off its free lists some
 * seconds after they were freed, hands them here, and puts them back marked as
 * reported: one that stays free is not handed over again.  What the host does
 * with them is not seen here: the next access to such a block finds zeros.
 *
 * Little at a time, because the vCPU stands still while the host frees.
 */
#include <linux/init.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/page_reporting.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <asm/sections.h>
#include <asm/service.h>
#include <lol/boot.h>

#define SLICE	8		/* blocks in a call */

static int give_back(struct page_reporting_dev_info *info, struct scatterlist *list,
		     unsigned int count)
{
	struct lol_range range[SLICE];
	struct scatterlist *block;
	unsigned int i, n = 0;
	long ret = 0;

	for_each_sg(list, block, count, i) {
		/* what was init text is free, but the image is not to be had */
		if (page_to_phys(sg_page(block)) >= __pa_symbol(_end))
			range[n++] = (struct lol_range){ page_to_phys(sg_page(block)), block->length };
		if (n < SLICE && i + 1 < count)
			continue;
		if (n)
			ret = lol_give_back(range, n);
		if (ret)
			break;
		n = 0;
		cond_resched();
	}
	return ret;
}

static struct page_reporting_dev_info reporting = {
	.report	= give_back,
	.order	= ilog2(LOL_GIVE_BACK_UNIT) - PAGE_SHIFT,
};

static int __init start_reporting(void)
{
	/* zeros are not what the checker of free pages has left in them */
	if (page_poisoning_enabled_static() && !want_init_on_free())
		return 0;
	return page_reporting_register(&reporting);
}
device_initcall(start_reporting);
