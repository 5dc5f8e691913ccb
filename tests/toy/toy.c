// SPDX-License-Identifier: GPL-2.0-only
/*
 * The toy guest: everything a lol machine offers, without Linux.  Prints TAP on
 * the debug port and powers off.  It is what the wedge was brought up with.
 */
#include "tests/toy/guest.h"

#define USER_CODE	0x400000ULL
#define USER_DATA	0x7770000ULL
#define TIMER		0xec

extern char user_code[], user_code_end[];

static u32 tests, failures, ticks;
static u64 next_page = 0x800000, kernel_root, user_root;
static volatile u64 seen_vector;

static void check(int good, const char *what)
{
	put(good ? "ok " : "not ok ");
	number(++tests);
	put(" - ");
	put(what);
	put("\n");
	failures += !good;
}

static u64 rdtsc(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return low | (u64)high << 32;
}

static void load_root(u64 root)
{
	asm volatile("movq %0, %%cr3" : : "r"(root) : "memory");
}

static u64 *direct(u64 physical)
{
	return (u64 *)(LOL_DIRECT_MAP + physical);
}

static u64 page(void)
{
	u64 at = next_page;

	next_page += 0x1000;
	for (int i = 0; i < 512; i++)
		direct(at)[i] = 0;
	return at;
}

static u64 *entry(u64 root, u64 va)
{
	u64 *table = direct(root);

	for (int shift = 39; shift > 12; shift -= 9) {
		u64 *e = &table[va >> shift & 511];

		if (!*e)
			*e = page() | 7;
		table = direct(*e & ~0xfffULL);
	}
	return &table[va >> 12 & 511];
}

static u64 new_root(void)
{
	u64 root = page();

	for (int i = 192; i < 256; i++)
		direct(root)[i] = direct(kernel_root)[i];
	return root;
}

/* System calls of the user code; every other event. */
static void system_call(struct frame *f)
{
	u64 other;

	switch (f->rax) {
	case 1:
		check(f->rdi == 0x1111 && f->rip > USER_CODE && f->rip < USER_CODE + 64 &&
		      f->cs == LOL_USER_CS && (f->rflags & 0x200), "system call from user code");
		break;
	case 2:
		check(f->rdi == 0x2222, "user page mapped on fault keeps what was written");
		break;
	case 3:
		check(seen_vector == 6, "invalid opcode in user code");
		other = new_root();
		*entry(other, USER_DATA) = page() | 7;
		load_root(other);
		check(*(volatile u32 *)(LOL_KERNEL_MAP + 0x200000) != 0, "another root: kernel half is there");
		load_root(user_root);
		check(service(LOL_SERVICE_ROOT_GONE, other, 0, 0, 0) == 0, "root_gone");
		check(service(LOL_SERVICE_FLUSH, user_root, USER_DATA, USER_DATA + 0x1000, 0) == 0, "flush");
		check(service(99, 0, 0, 0, 0) == -38, "unknown service");
		wrmsr(0x6e0, rdtsc() + 3000000);
		break;
	case 4:
		check(ticks == 1, "timer interrupts a user loop");
		asm volatile("cli");
		wrmsr(0x6e0, rdtsc() + 3000000);
		asm volatile("sti; hlt");
		check(ticks == 2, "hlt is woken by the timer");
		asm volatile("cli");
		put("1..");
		number(tests);
		put("\n");
		service(LOL_SERVICE_SHUTDOWN, failures ? LOL_SHUTDOWN_PANIC : LOL_SHUTDOWN_OFF, 0, 0, 0);
	}
}

void event(struct frame *f)
{
	u64 cr2;

	if (f->vector != 0x100)
		seen_vector = f->vector;
	switch (f->vector) {
	case 0x100:
		system_call(f);
		return;
	case TIMER:
		ticks++;
		f->r15 = 1;
		return;
	case 14:
		asm volatile("movq %%cr2, %0" : "=r"(cr2));
		if (cr2 == USER_DATA && (f->cs & 3) == 3 && (f->error & 6) == 6) {
			*entry(user_root, USER_DATA) = page() | 7;
			return;
		}
		break;
	case 6:
		f->rip += 2;
		return;
	case 3:
		return;
	}
	put("not ok - unexpected event ");
	number(f->vector);
	put(" at ");
	number(f->rip);
	put("\n");
	service(LOL_SERVICE_SHUTDOWN, LOL_SHUTDOWN_PANIC, 0, 0, 0);
}

void main(u64 boot_page)
{
	struct lol_boot *boot = (struct lol_boot *)(LOL_DIRECT_MAP + boot_page);
	u64 flags, code;
	u32 a = 0x40000000, b, c, d;

	check(boot->magic == LOL_BOOT_MAGIC && boot->version == LOL_ABI_VERSION, "boot page");
	asm volatile("movq %%cr3, %0" : "=r"(kernel_root));
	tables();
	asm volatile("int3");
	check(seen_vector == 3, "breakpoint exception");
	asm volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
	check(b == 0x756e694c, "cpuid says LinuxOnLinux");
	asm volatile("sti #lol:cc\n\tpushfq #lol:cc\n\tpopq %0" : "=r"(flags));
	check(flags & 0x200, "sti, pushfq");
	asm volatile("cli\n\tpushfq #lol:cc\n\tpopq %0" : "=r"(flags));
	check(!(flags & 0x200), "cli, pushfq");

	user_root = new_root();
	code = page();
	*entry(user_root, USER_CODE) = code | 7;
	for (u64 i = 0; i < (u64)(user_code_end - user_code); i++)
		((u8 *)direct(code))[i] = user_code[i];
	load_root(user_root);
	asm volatile("swapgs\n\tpushq %0\n\tpushq $0\n\tpushq $0x202\n\tpushq %1\n\tpushq %2\n\t"
		     "xorl %%r15d, %%r15d\n\tiretq"
		     : : "i"(LOL_USER_DS), "i"(LOL_USER_CS), "r"(USER_CODE));
	__builtin_unreachable();
}
