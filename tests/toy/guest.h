/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TOY_GUEST_H
#define TOY_GUEST_H

/* What the toy guests share: output, services, descriptor tables. */
#include <lol/boot.h>
#include <lol/layout.h>
#include <lol/service.h>
#include <lol/site.h>
#include <lol/version.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

struct frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
	u64 vector, error, rip, cs, rflags, rsp, ss;
};

extern char syscall_entry[], vectors[], event_stack_top[];
void event(struct frame *frame);

static struct { u16 low, selector; u8 ist, type; u16 middle; u32 high, zero; } idt[256];
static u64 gdt[8];
static struct { u32 zero; u64 rsp[3]; u64 zero2; u64 ist[7]; u32 zero3[3]; } __attribute__((packed)) tss;
static u64 percpu[3];

static inline void put(const char *text)
{
	for (; *text; text++)
		asm volatile("outb %b0, %1" : : "a"(*text), "N"(LOL_PORT_DEBUG));
}

static inline void number(u64 value)
{
	char digits[20];
	int n = 0;

	do {
		digits[n++] = '0' + value % 10;
		value /= 10;
	} while (value);
	while (n) {
		char one[2] = { digits[--n], 0 };

		put(one);
	}
}

static inline long service(u64 nr, u64 a, u64 b, u64 c, u64 d)
{
	register u64 r10 asm("r10") = d;

	asm volatile("outl %%eax, %1" : "+a"(nr) : "N"(LOL_PORT_SERVICE), "D"(a), "S"(b), "d"(c), "r"(r10)
		     : "memory");
	return nr;
}

static inline void wrmsr(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)));
}

static inline void tables(void)
{
	struct { u16 limit; u64 base; } __attribute__((packed)) table;
	u64 base = (u64)&tss;

	for (int i = 0; i < 256; i++) {
		u64 at = (u64)vectors + i * 16;

		idt[i].low = at;
		idt[i].middle = at >> 16;
		idt[i].high = at >> 32;
		idt[i].selector = LOL_KERNEL_CS;
		idt[i].type = 0x8e;
	}
	tss.rsp[0] = (u64)event_stack_top;
	gdt[4] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 | 0x89ULL << 40 | (base >> 24 & 0xff) << 56;
	gdt[5] = base >> 32;
	table.limit = sizeof(gdt) - 1;
	table.base = (u64)gdt;
	asm volatile("lgdt %0" : : "m"(table));
	table.limit = sizeof(idt) - 1;
	table.base = (u64)idt;
	asm volatile("lidt %0" : : "m"(table));
	asm volatile("ltr %w0" : : "r"(0x20));
	percpu[1] = (u64)event_stack_top;
	wrmsr(0xc0000101, (u64)percpu);
	wrmsr(0xc0000102, 0);
	wrmsr(0xc0000082, (u64)syscall_entry);
	wrmsr(0xc0000084, 0x200);
}

#endif
