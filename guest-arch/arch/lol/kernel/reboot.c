// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ends of the machine: off, reset, panic.  All are one service, which does
 * not return.
 *
 * A panic ends the guest as soon as panic() has said everything, whatever
 * panic_timeout says: there is nobody at the keyboard to read the screen, and the
 * monitor's exit code is what the user waits for.  The notifier only remembers
 * the message and makes panic() restart at once; the restart then knows.
 *
 * reboot(LINUX_REBOOT_CMD_RESTART2, "exit=N") powers off with exit code N: how an
 * init that runs tests reports their result.
 */
#include <linux/cpu.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/notifier.h>
#include <linux/panic.h>
#include <linux/panic_notifier.h>
#include <linux/pm.h>
#include <linux/reboot.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/service.h>
#include <lol/service.h>

/* Message of the panic that is under way. */
static char panic_text[256];
static bool panicked;

static void __noreturn end(unsigned int kind, unsigned int code, const char *text)
{
	local_irq_disable();
	for (;;) {
		lol_service3(LOL_SERVICE_SHUTDOWN, kind, code, (u64)text);
		native_halt();
	}
}

static void power_off(void)
{
	end(LOL_SHUTDOWN_OFF, 0, NULL);
}

/* Not NULL: otherwise the generic code turns a power-off into a halt. */
void (*pm_power_off)(void) = power_off;
EXPORT_SYMBOL(pm_power_off);

void machine_power_off(void)
{
	smp_send_stop();
	if (pm_power_off)
		pm_power_off();
	power_off();
}

/* A halted machine would sit there with nobody to press the button. */
void machine_halt(void)
{
	smp_send_stop();
	power_off();
}

void machine_restart(char *cmd)
{
	unsigned int code;

	smp_send_stop();
	if (cmd && strstarts(cmd, "exit=") && !kstrtouint(cmd + 5, 0, &code))
		end(LOL_SHUTDOWN_OFF, code, NULL);
	do_kernel_restart(cmd);
	end(LOL_SHUTDOWN_RESET, 0, NULL);
}

void machine_emergency_restart(void)
{
	if (panicked)
		end(LOL_SHUTDOWN_PANIC, 1, panic_text);
	end(LOL_SHUTDOWN_RESET, 0, NULL);
}

static int remember_panic(struct notifier_block *self, unsigned long event, void *text)
{
	strscpy(panic_text, text ?: "", sizeof(panic_text));
	panicked = true;
	panic_timeout = -1;	/* restart at once */
	return NOTIFY_DONE;
}

/* Last, so that other notifiers may still speak. */
static struct notifier_block panic_block = {
	.notifier_call	= remember_panic,
	.priority	= INT_MIN,
};

static int __init reboot_init(void)
{
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	return 0;
}
early_initcall(reboot_init);
