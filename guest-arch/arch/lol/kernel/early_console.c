// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first console: characters written to port 0xe9, which the monitor copies
 * to its own output.  It needs no memory and no interrupt, so it is registered
 * before anything else and shows what a kernel that does not boot has to say; the
 * first real console takes its place (CON_BOOT).  "earlyprintk=off" keeps it out.
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

void __init lol_early_console_init(void)
{
	register_console(&debug_console);
}

static int __init param_earlyprintk(char *value)
{
	if (value && !strcmp(value, "off") && console_is_registered(&debug_console))
		unregister_console(&debug_console);
	return 0;
}
early_param("earlyprintk", param_earlyprintk);
