// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile guest kernel, without Linux: one attack on monitor and host per run,
 * chosen by "attack=N" on the command line; "pid=N" names a process of the host
 * that must not come to harm.  What survives its attack says so and powers off.
 */
#include "syscall-bridge/handoff.h"
#include "tests/toy/guest.h"

static volatile u32 events, last_vector;
static u64 seed = 88172645463325252ULL, skip_to;

static u64 random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void (*on_system_call)(struct frame *f);

void event(struct frame *f)
{
	events++;
	last_vector = f->vector;
	if (f->vector == 0x100 && on_system_call)
		on_system_call(f);
	if (f->vector >= 32)
		return;
	if (!skip_to) {
		put("unexpected event ");
		number(f->vector);
		put(f->rip >= LOL_WEDGE_START ? " in the wedge\n" : "\n");
		service(LOL_SERVICE_SHUTDOWN, LOL_SHUTDOWN_PANIC, 0, 0, 0);
	}
	f->rip = skip_to;
}

/* Runs one instruction; a fault in it goes on behind it. */
#define GUARDED(text, a, c, d, S, D) do {					\
	u64 ra = (a), rc = (c), rd = (d), rs = (S), ri = (D);			\
	asm volatile("leaq .Lskip%=(%%rip), %%r13\nmovq %%r13, %0\n" text		\
		     "\n.Lskip%=:\nmovq $0, %0"					\
		     : "+m"(skip_to), "+a"(ra), "+c"(rc), "+d"(rd), "+S"(rs), "+D"(ri) \
		     : : "r11", "r13", "memory");				\
} while (0)

static u64 parameter(const char *line, const char *name)
{
	u64 value = 0;

	for (; *line; line++) {
		const char *a = line, *b = name;

		while (*b && *a == *b)
			a++, b++;
		if (*b)
			continue;
		for (; *a >= '0' && *a <= '9'; a++)
			value = value * 10 + (u64)(*a - '0');
		return value;
	}
	return 0;
}

static u64 *direct(u64 physical)
{
	return (u64 *)(LOL_DIRECT_MAP + physical);
}

/* Every host call from guest kernel code: each is #UD and nothing else. */
static void host_calls(void)
{
	static const char path[] = "/tmp/hostile-was-here";

	for (u64 nr = 0; nr < 2048; nr++) {
		u64 rax = nr < 1024 ? nr : nr - 1024 + 0x40000000;

		if (nr == 335 || nr == 336)
			continue;	/* see syscall-bridge/README.md */
		GUARDED("syscall", rax, 0, 0600, 0102, (u64)path);
	}
	put(events == 2046 ? "all refused\n" : "not all were refused\n");
}

/* The wedge's own syscall instruction: what the filter does not pass ends the guest. */
static void wedge_call(u64 nr)
{
	const u8 *text = (const u8 *)LOL_WEDGE_TEXT;
	u64 at = 0;

	for (u64 i = 0; i < 0x8000 && !at; i++)
		if (text[i] == 0x0f && text[i + 1] == 0x05)
			at = LOL_WEDGE_TEXT + i;
	asm volatile("xorl %%esi, %%esi\nxorl %%edx, %%edx\njmp *%1" : : "a"(nr), "r"(at), "D"(1L));
}

/* Page tables with entries to anywhere; then accesses, flushes and fills all over. */
static void tables_of_noise(void)
{
	u64 old, root = 0x900000, table = 0x901000;

	asm volatile("movq %%cr3, %0" : "=r"(old));
	for (int i = 0; i < 512; i++) {
		direct(root)[i] = i < 192 ? random() | 7 : direct(old)[i];
		direct(table)[i] = random() | 7;
	}
	for (int i = 0; i < 64; i++)
		direct(root)[i] = table | 7;	/* entries to itself, outside, large leaves */
	direct(root)[0x7c0000000000 >> 39 & 511] = table | 7;
	asm volatile("movq %0, %%cr3" : : "r"(root) : "memory");
	for (int i = 0; i < 3000; i++) {
		u64 va = random() & 0x7fffffffffff;

		service(LOL_SERVICE_FILL, root, va & ~0xfffULL, (va & ~0xfffULL) + (random() & 0xfffff), 0);
		service(LOL_SERVICE_FLUSH, random() & 0xffffff000, va, va + (random() & 0xffffffff), random());
		service(LOL_SERVICE_ROOT_GONE, random(), 0, 0, 0);
		service(LOL_SERVICE_SITES, random() & 3, va, random(), random());
		service(random() & 0xff0, random(), random(), random(), random());
	}
	asm volatile("movq %0, %%cr3" : : "r"(old) : "memory");
	put("survived\n");
}

static void registers_of_noise(void)
{
	for (int i = 0; i < 3000; i++) {
		u32 msr = random() & 1 ? 0xc0000080 + (random() & 255) : random();

		if (msr == 0xc0000101 || msr == 0xc0000102)
			continue;
		GUARDED("wrmsr", (u32)random(), msr, (u32)random(), 0, 0);
		GUARDED("rdmsr", 0, msr, 0, 0, 0);
		GUARDED("vmmcall", random(), random(), random(), random(), random());
		GUARDED("movq %%rax, %%cr4", random(), 0, 0, 0, 0);
		GUARDED("movq %%rax, %%cr0", random() & 0xffff, 0, 0, 0, 0);
		GUARDED("outl %%eax, %%dx", (u32)random(), 0, (u16)(random() | 0x100), 0, 0);
	}
	put("survived\n");
}

#include "tests/attack/hostile-kernel/monitor.h"
#include "tests/attack/hostile-kernel/costs.h"
#include "tests/attack/hostile-kernel/tables.h"
#include "tests/attack/hostile-kernel/aims.h"
#include "tests/attack/hostile-kernel/cpu.h"

void main(u64 boot_page)
{
	const struct lol_boot *boot = (const struct lol_boot *)(LOL_DIRECT_MAP + boot_page);
	u64 attack = parameter(boot->command_line, "attack="), pid = parameter(boot->command_line, "pid=");
	static const u16 numbers[] = { 2, 41, 57, 59, 62, 101, 105, 157, 234, 257, 310, 311, 317, 321, 425, 434 };

	tables();
	stranger = pid;
	switch (attack) {
	case 0:
		host_calls();
		break;
	case 1:
		tables_of_noise();
		break;
	case 2:
		registers_of_noise();
		break;
	case 3:
		shared_noise(pid);
		break;
	case 4:		/* no usable IDT: triple fault */
		for (u32 i = 0; i < sizeof(idt) / 8; i++)
			((u64 *)idt)[i] = random();
		asm volatile("ud2");
		break;
	case 5:		/* a root outside of RAM */
		asm volatile("movq %0, %%cr3" : : "r"(0x7ffffffff000));
		break;
	case 6:		/* a stack that faults in every handler */
		tss.rsp[0] = tss.ist[0] = 0x123;
		asm volatile("movq $0x123, %rsp\nud2");
		break;
	case 7:
		mislead_zygote();
		break;
	case 8:
		many_processes();
		break;
	case 9:
		restless_timer();
		break;
	case 10:	/* random numbers */
		endless_ring(4, 0);
		break;
	case 11:	/* console, output */
		endless_ring(3, 1);
		break;
	case 12:
		shifting_rings(4, 0);
		break;
	case 13:
		shifting_rings(3, 1);
		break;
	case 14:
		tables_outside(boot->ram[0].size);
		break;
	case 15:
		random_roots();
		break;
	case 16:
		tables_nowhere();
		break;
	case 17:
		page_tables_far_apart(parameter(boot->command_line, "hold="));
		break;
	case 18:
		give_back_all_sorts(boot);
		break;
	case 19:
		too_many_processes();
		break;
	case 20:
		kick_stranger();
		break;
	case 21:
		kill_stranger();
		break;
	case 22:
		output_from_outside(boot->ram[0].size);
		break;
	case 23:
		change_what_was_checked();
		break;
	case 24:
		walk_outside(boot->ram[0].size);
		break;
	case 25:
		map_in_wedge();
		break;
	case 26:
		host_call_alone(boot->command_line);
		break;
	case 27:
		agents_far_apart(parameter(boot->command_line, "hold="));
		break;
	case 28:
		impossible_register(parameter(boot->command_line, "what="));
		break;
	case 29:
		read_window();
		break;
	case 30:
		read_window_as_user();
		break;
	case 31:
		lose_event();
		break;
	case 32:
		fault_for_ever();
		break;
	default:
		if (attack - 100 < sizeof(numbers) / sizeof(numbers[0]))
			wedge_call(numbers[attack - 100]);
	}
	service(LOL_SERVICE_SHUTDOWN, LOL_SHUTDOWN_OFF, 0, 0, 0);
	for (;;)
		;
}
