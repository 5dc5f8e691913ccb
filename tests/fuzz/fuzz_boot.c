// SPDX-License-Identifier: GPL-2.0-only
/*
 * The boot page and the first page tables, for machines of all shapes.  What the
 * guest finds: each address of RAM at its place in the direct map, the image in its
 * window, nothing else; a boot page whose ranges lie in RAM and do not overlap.
 */
#include <lol/boot.h>
#include "host/boot.h"
#include "host/vcpu.h"
#include "host/vm.h"
#include "mm-emulation/mm.h"
#include "tests/fuzz/fuzz.h"

#define MOST	(1UL << 30)
#define HUGE	(2ULL << 20)

static struct vm vm;

/* Called by vcpu.c, by nothing that is tested here. */
pid_t spaces_pid(struct vm *v, uint32_t slot)
{
	(void)v;
	(void)slot;
	return -1;
}

void vm_end(struct vm *v, enum vm_end end, const char *format, ...)
{
	(void)v;
	(void)end;
	(void)format;
	abort();
}

static uint64_t translate(uint64_t va)
{
	struct mm_ram ram = { vm.ram.base, vm.ram.size };
	uint32_t code;
	gpa_t at;

	if (mm_translate(&ram, gpa(vm_vcpu(&vm)->cr3), gva(va), MM_WRITE, &at, &code) != MM_MAP)
		return ~0ULL;
	return at.v;
}

static bool apart(struct lol_range a, struct lol_range b)
{
	return !a.size || !b.size || a.start + a.size <= b.start || b.start + b.size <= a.start;
}

static void check_boot(const char *line, struct input *in)
{
	const struct lol_boot *boot = (void *)(vm.ram.base + LOL_GPA_BOOT);
	uint64_t span = (vm.image.end + HUGE - 1) & -HUGE, x;
	unsigned int i;

	check(boot->magic == LOL_BOOT_MAGIC && boot->size == sizeof(*boot));
	check(boot->nr_ram == 1 && !boot->ram[0].start && boot->ram[0].size == vm.ram.size);
	check(boot->kernel.start == vm.image.start && boot->kernel.size == vm.image.end - vm.image.start);
	check(boot->tables.start + boot->tables.size <= vm.ram.size && boot->tables.size);
	check(apart(boot->tables, boot->kernel) && boot->tables.start >= LOL_GPA_RESERVED_END);
	check(!strcmp(boot->command_line, line));
	check(boot->nr_devices == vm.nr_devices);
	for (i = 0; i < vm.nr_devices; i++)
		check(boot->devices[i].window.start == vm.device[i]->address &&
		      boot->devices[i].window.start >= vm.ram.size);
	for (i = 0; i < 16; i++) {
		x = TAKE(in, uint64_t) % (2 * MOST);
		check(translate(LOL_DIRECT_MAP + x) == (x < vm.ram.size ? x : ~0ULL));
		check(translate(LOL_KERNEL_MAP + x) == (x < span && x < vm.ram.size ? x : ~0ULL));
		x = TAKE(in, uint64_t) >> 16;
		if (x < LOL_DIRECT_MAP)
			check(translate(x) == ~0ULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct device device[VM_MAX_DEVICES];
	static char line[LOL_BOOT_COMMAND_LINE * 2];
	struct input in = { data, size };
	struct error error = { "" };
	unsigned int i, length;

	if (!vm.state)
		vm.state = (void *)guarded(LOL_STATE_SIZE);
	vm.state->nr_vcpus = 1;
	vm.state->xsave_mask = vcpu_xsave_mask();
	vm.ram.size = (TAKE(&in, uint16_t) % (MOST / HUGE) + 1) * HUGE;
	vm.ram.base = guarded(vm.ram.size);
	vm.image.start = LOL_GPA_KERNEL + TAKE(&in, uint32_t) % vm.ram.size;
	vm.image.end = vm.image.start + 1 + TAKE(&in, uint32_t) % vm.ram.size;
	vm.nr_devices = TAKE(&in, uint8_t) % (VM_MAX_DEVICES + 1);
	for (i = 0; i < vm.nr_devices; i++) {
		device[i].address = LOL_GPA_DEVICES + i * 0x1000;
		device[i].vector = VM_VECTOR_DEVICE + i;
		vm.device[i] = &device[i];
	}
	length = TAKE(&in, uint16_t) % sizeof(line);
	memset(line, 'x', length);
	line[length] = 0;
	if (vm.image.end > vm.ram.size) {
		/* the loader has refused that: elf_parse() */
	} else if (boot_tables(&vm, &error) || boot_page(&vm, line, &error)) {
		check(*error.text && !strchr(error.text, '\n'));
	} else {
		check_boot(line, &in);
	}
	munmap(vm.ram.base - 4096, vm.ram.size + 8192);
	return 0;
}
