# SPDX-License-Identifier: GPL-2.0-only
# Toy guests: through the afterburner, without Linux.
B ?= build

TOY_CFLAGS := -std=gnu11 -O2 -Wall -Wextra -Werror -Wno-main -I. -Iguest-arch/arch/lol/abi -ffreestanding -fPIE \
	      -mcmodel=small -fvisibility=hidden -mgeneral-regs-only -mno-red-zone -fno-stack-protector \
	      -fcf-protection=none -fno-asynchronous-unwind-tables -fno-toplevel-reorder -B$B/afterburn/
TOYS := $B/toy $B/toy-sites $B/hostile

$B/toy: tests/toy/toy.c
$B/toy-sites: tests/toy/sites.c
$B/hostile: tests/attack/hostile-kernel/hostile.c $(wildcard tests/attack/hostile-kernel/*.h)

$(TOYS): tests/toy/entry.S tests/toy/guest.h tests/toy/toy.lds $B/afterburn/as $(SHARED_HEADERS)
	$(CC) $(TOY_CFLAGS) -nostdlib -static -no-pie -Wl,-T,tests/toy/toy.lds -Wl,--build-id=none \
		-Wl,--no-warn-rwx-segments -Wl,-z,noexecstack -o $@ $(filter %.c %.S,$^)
