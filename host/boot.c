// SPDX-License-Identifier: GPL-2.0-only
/*
 * The entry state: page tables and boot page.
 *
 * Tables are x86-64 four-level with 2 MiB leaves, everything writable,
 * executable and the supervisor's: the image's span at LOL_KERNEL_MAP, all RAM
 * at LOL_DIRECT_MAP.  They lie at the top of RAM, root first; the guest kernel
 * builds its own and takes their memory back.
 *
 * Calls after start-up: none
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <lol/boot.h>
#include <lol/version.h>

#include "host/boot.h"
#include "host/vcpu.h"

#define PAGE		0x1000ULL
#define HUGE		(2ULL << 20)
#define PTE_PRESENT	0x01ULL
#define PTE_WRITE	0x02ULL
#define PTE_ACCESSED	0x20ULL
#define PTE_DIRTY	0x40ULL
#define PTE_LARGE	0x80ULL
#define TABLE		(PTE_PRESENT | PTE_WRITE | PTE_ACCESSED)
#define LEAF		(TABLE | PTE_DIRTY | PTE_LARGE)

struct builder {
	struct vm *vm;
	uint64_t next, end;	/* guest-physical: pages still free for tables */
};

static uint64_t *table_at(struct builder *b, uint64_t at)
{
	return ram_at(&b->vm->ram, at, PAGE);
}

static uint64_t *next_level(struct builder *b, uint64_t *table, unsigned int index)
{
	if (!table[index]) {
		if (b->next == b->end)
			return NULL;
		table[index] = b->next | TABLE;
		b->next += PAGE;
	}
	return table_at(b, table[index] & 0x000ffffffffff000ULL);
}

/* Maps guest-physical [0, size) at @va, both multiples of 2 MiB. */
static int map(struct builder *b, uint64_t root, uint64_t va, uint64_t size)
{
	uint64_t at;

	for (at = 0; at < size; at += HUGE, va += HUGE) {
		uint64_t *pud = next_level(b, table_at(b, root), va >> 39 & 511);
		uint64_t *pmd = pud ? next_level(b, pud, va >> 30 & 511) : NULL;

		if (!pmd)
			return -1;
		pmd[va >> 21 & 511] = at | LEAF;
	}
	return 0;
}

int boot_tables(struct vm *vm, struct error *error)
{
	uint64_t gigabytes = (vm->ram.size + (1ULL << 30) - 1) >> 30;
	uint64_t span = (vm->image.end + HUGE - 1) & -HUGE;
	/* root; direct map: one upper table per 512 GiB, one per GiB; image: two */
	uint64_t pages = 1 + (gigabytes + 511) / 512 + gigabytes + 2;
	struct builder b = { .vm = vm };

	b.end = vm->ram.size;
	if (pages * PAGE > vm->ram.size || vm->ram.size - pages * PAGE < vm->image.end)
		return error_set(error, "no room for page tables in guest memory (more --memory?)");
	vm->tables = (struct lol_range){ vm->ram.size - pages * PAGE, pages * PAGE };
	b.next = vm->tables.start + PAGE;
	if (map(&b, vm->tables.start, LOL_DIRECT_MAP, vm->ram.size) ||
	    map(&b, vm->tables.start, LOL_KERNEL_MAP, span < vm->ram.size ? span : vm->ram.size))
		return error_set(error, "page tables do not fit");
	return 0;
}

int boot_page(struct vm *vm, const char *command_line, struct error *error)
{
	struct lol_boot *boot = ram_at(&vm->ram, LOL_GPA_BOOT, sizeof(*boot));
	unsigned int i;

	_Static_assert(LOL_GPA_BOOT + sizeof(struct lol_boot) <= LOL_GPA_CLOCK, "boot page");
	if (strlen(command_line) >= sizeof(boot->command_line))
		return error_set(error, "the guest's command line is longer than %d bytes",
				 LOL_BOOT_COMMAND_LINE - 1);
	boot->magic = LOL_BOOT_MAGIC;
	boot->version = LOL_ABI_VERSION;
	boot->size = sizeof(*boot);
	boot->nr_ram = 1;
	boot->ram[0] = (struct lol_range){ 0, vm->ram.size };
	boot->nr_vcpus = vm->state->nr_vcpus;
	boot->kernel = (struct lol_range){ vm->image.start, vm->image.end - vm->image.start };
	boot->initrd = vm->initrd;
	boot->tables = vm->tables;
	boot->clock = LOL_GPA_CLOCK;
	boot->xsave_mask = vm->state->xsave_mask;
	boot->xsave_size = vcpu_xsave_size(boot->xsave_mask);
	boot->timer_vector = VM_VECTOR_TIMER;
	if (getrandom(boot->entropy, sizeof(boot->entropy), 0) != (ssize_t)sizeof(boot->entropy))
		return error_errno(error, "getrandom");
	boot->nr_devices = vm->nr_devices;
	for (i = 0; i < vm->nr_devices; i++)
		boot->devices[i] = (struct lol_boot_device){
			.kind = LOL_DEVICE_VIRTIO_MMIO,
			.vector = vm->device[i]->vector,
			.window = { vm->device[i]->address, PAGE },
		};
	strcpy(boot->command_line, command_line);
	vcpu_reset(vm_vcpu(vm), vm->image.entry, vm->tables.start, LOL_GPA_BOOT);
	return 0;
}
