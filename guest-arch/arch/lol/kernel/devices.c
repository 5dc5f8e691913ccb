// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the boot page describes besides memory: clock, randomness, CPUs, devices.
 *
 * Devices are virtio over registers in memory: each becomes a platform device
 * that the generic virtio-mmio driver binds to by name.
 */
#include <linux/init.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/platform_device.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/string.h>
#include <asm/boot.h>
#include <asm/irq.h>
#include <asm/page.h>
#include <asm/platform.h>
#include <asm/smp.h>
#include <asm/time.h>

void __init lol_platform_setup(struct lol_boot *boot)
{
	lol_time_early_init(__va(boot->clock));
	lol_smp_setup(boot->nr_vcpus);

	/* Used once: what is left in RAM must not tell what was drawn from it. */
	add_bootloader_randomness(boot->entropy, sizeof(boot->entropy));
	memzero_explicit(boot->entropy, sizeof(boot->entropy));
}

static int __init add_virtio(int number, const struct lol_boot_device *device)
{
	struct resource resources[2] = {
		{
			.start	= device->window.start,
			.end	= device->window.start + device->window.size - 1,
			.flags	= IORESOURCE_MEM,
		},
		{
			.flags	= IORESOURCE_IRQ,
		},
	};
	struct platform_device *made;
	unsigned int irq = lol_map_vector(device->vector);

	if (!irq) {
		pr_err("lol: device %d: vector %#x is not usable\n", number, device->vector);
		return -EINVAL;
	}
	resources[1].start = irq;
	resources[1].end = irq;
	made = platform_device_register_simple("virtio-mmio", number, resources,
					       ARRAY_SIZE(resources));
	return PTR_ERR_OR_ZERO(made);
}

static int __init add_devices(void)
{
	unsigned int i, nr = min_t(unsigned int, lol_boot->nr_devices, LOL_BOOT_MAX_DEVICES);
	int err;

	for (i = 0; i < nr; i++) {
		const struct lol_boot_device *device = &lol_boot->devices[i];

		if (device->kind != LOL_DEVICE_VIRTIO_MMIO)
			continue;
		err = add_virtio(i, device);
		if (err)
			pr_err("lol: device %u at %#llx: %d\n", i, device->window.start, err);
	}
	return 0;
}
subsys_initcall(add_devices);
