/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Own header: a register window is reached by exactly these moves, which are
 * recorded sites; any other access to it would have to be emulated after a fault.
 */
#ifndef _ASM_LOL_IO_H
#define _ASM_LOL_IO_H

#include <linux/types.h>
#include <linux/compiler.h>
#include <asm/page.h>
#include <asm/pgtable_types.h>

#define LOL_MMIO_READ(name, sfx, type, con)				\
static __always_inline type name(const volatile void __iomem *addr)	\
{									\
	type val;							\
									\
	asm volatile("mov" sfx " (%1), %0 #lol:mmio"			\
		     : con (val) : "r" (addr) : "memory");		\
	return val;							\
}
#define LOL_MMIO_WRITE(name, sfx, type, con)				\
static __always_inline void name(type val, volatile void __iomem *addr)	\
{									\
	asm volatile("mov" sfx " %0, (%1) #lol:mmio"			\
		     : : con (val), "r" (addr) : "memory");		\
}

LOL_MMIO_READ(__raw_readb, "b", u8, "=q")
LOL_MMIO_READ(__raw_readw, "w", u16, "=r")
LOL_MMIO_READ(__raw_readl, "l", u32, "=r")
LOL_MMIO_READ(__raw_readq, "q", u64, "=r")
LOL_MMIO_WRITE(__raw_writeb, "b", u8, "q")
LOL_MMIO_WRITE(__raw_writew, "w", u16, "r")
LOL_MMIO_WRITE(__raw_writel, "l", u32, "r")
LOL_MMIO_WRITE(__raw_writeq, "q", u64, "r")

#define __raw_readb __raw_readb
#define __raw_readw __raw_readw
#define __raw_readl __raw_readl
#define __raw_readq __raw_readq
#define __raw_writeb __raw_writeb
#define __raw_writew __raw_writew
#define __raw_writel __raw_writel
#define __raw_writeq __raw_writeq

/* The moves themselves order; only the compiler has to be told, and was. */
#define __io_br()	barrier()
#define __io_ar(v)	barrier()
#define __io_bw()	barrier()
#define __io_aw()	barrier()

#define page_to_phys(page)	PFN_PHYS(page_to_pfn(page))

/* Ports: only those of <lol/service.h> exist. */
static __always_inline void outb(u8 value, u16 port)
{
	asm volatile("outb %0, %1" : : "a" (value), "Nd" (port));
}

static __always_inline void outl(u32 value, u16 port)
{
	asm volatile("outl %0, %1" : : "a" (value), "Nd" (port));
}

static __always_inline u8 inb(u16 port)
{
	u8 value;

	asm volatile("inb %1, %0" : "=a" (value) : "Nd" (port));
	return value;
}

#define outb outb
#define outl outl
#define inb inb

#include <asm-generic/io.h>

#endif
