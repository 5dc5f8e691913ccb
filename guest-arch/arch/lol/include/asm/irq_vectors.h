/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_LOL_IRQ_VECTORS_H
#define _ASM_LOL_IRQ_VECTORS_H

/*
 * Use of the 256 interrupt vectors.
 *
 *   0x00..0x1f  exceptions
 *   0x20..0x2f  free for the monitor (the timer vector may be here)
 *   0x30..0xdf  devices; the boot page says which
 *   0xe0..0xef  free for the monitor (the timer vector may be here)
 *   0xf0..0xff  the kernel's own: between CPUs
 *
 * The timer's vector is the monitor's choice, read from the boot page.
 */
#define NR_VECTORS			256
#define FIRST_EXTERNAL_VECTOR		0x20

#define LOL_DEVICE_VECTOR_FIRST		0x30
#define LOL_DEVICE_VECTOR_LAST		0xdf
#define LOL_NR_DEVICE_VECTORS		(LOL_DEVICE_VECTOR_LAST - LOL_DEVICE_VECTOR_FIRST + 1)

#define LOL_IPI_VECTOR_FIRST		0xf0
#define LOL_RESCHEDULE_VECTOR		0xf0
#define LOL_CALL_FUNCTION_VECTOR	0xf1
#define LOL_CALL_FUNCTION_SINGLE_VECTOR	0xf2
#define LOL_IRQ_WORK_VECTOR		0xf3
#define LOL_STOP_VECTOR			0xf4

#define NR_IRQS_LEGACY			0
#define NR_IRQS				NR_VECTORS

#endif
