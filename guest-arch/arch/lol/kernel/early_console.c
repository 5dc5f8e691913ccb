// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first console: characters written to port 0xe9, which the monitor copies
 * to its own output.  It needs no memory and no interrupt, so it is registered as
 * soon as the command line has said how much of the kernel's messages is wanted, and
 * shows what a kernel that does not boot has to say; the first real console takes its
 * place (CON_BOOT).  "earlyprintk=off" keeps it out.
 */
#include <linux/console.h>
#include <linux/init.h>
#include <linux/string.h>
#include <asm/platform.h>
#include <lol/service.h>

static void debug_write(struct console *con, const char *text, unsigned int length)
{
	while (length--)
		asm volatile("outb %0, %1"
			     : : "a" (*text++), "Nd" ((u16)LOL_PORT_DEBUG));
}

static struct console debug_console = {
	.name	= "debugcon",
	.write	= debug_write,
	.flags	= CON_PRINTBUFFER | CON_BOOT | CON_ANYTIME,
	.index	= -1,
};

static bool unwanted __initdata;

void __init lol_early_console_init(void)
{
	if (!unwanted)
		register_console(&debug_console);
}

static int __init param_earlyprintk(char *value)
{
	unwanted = value && !strcmp(value, "off");
	return 0;
}
early_param("earlyprintk", param_earlyprintk);
