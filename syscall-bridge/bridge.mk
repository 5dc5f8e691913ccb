# SPDX-License-Identifier: GPL-2.0-only
# The wedge: freestanding, at its own address, no library.
B ?= build

WEDGE_SOURCES := start.S lib.c signal.c event.c emulate.c control.c site.c insn.c msr.c port.c cpuid.c memory.c space.c \
		 zygote.c place.c request.c filter.c inplace.c kspace.c kagent.c kuser.c \
		 split.c spread.c ptrace.c tracer.c attach.c userspace.c user.c agent.S
WEDGE_MM := walk.c run.c flush.c section.c tlb.c tlb_note.c tlb_region.c tlb_large.c budget.c
WEDGE_OBJECTS := $(addprefix $B/wedge.d/,$(addsuffix .o,$(basename $(WEDGE_SOURCES)))) \
		 $(addprefix $B/wedge.d/mm-,$(addsuffix .o,$(basename $(WEDGE_MM))))

WEDGE_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -I. -Iguest-arch/arch/lol/abi \
		-ffreestanding -fno-builtin -fPIE -mcmodel=small -fvisibility=hidden -mgeneral-regs-only \
		-mno-red-zone -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
		-fno-omit-frame-pointer -fno-jump-tables -fno-strict-aliasing -MMD $(WEDGE_EXTRA)

$B/wedge: $(WEDGE_OBJECTS) syscall-bridge/wedge.lds
	$(CC) -nostdlib -static -no-pie -Wl,-T,syscall-bridge/wedge.lds -Wl,--build-id=none -Wl,-z,noexecstack \
		-Wl,--no-warn-rwx-segments -o $@.tmp $(WEDGE_OBJECTS)
	@if nm -u $@.tmp | grep -q .; then nm -u $@.tmp; echo "wedge: undefined symbols" >&2; exit 1; fi
	mv $@.tmp $@

$B/wedge.d/%.o: syscall-bridge/%.c
	@mkdir -p $(@D)
	$(CC) $(WEDGE_CFLAGS) -c -o $@ $<

$B/wedge.d/%.o: syscall-bridge/%.S
	@mkdir -p $(@D)
	$(CC) $(WEDGE_CFLAGS) -c -o $@ $<

$B/wedge.d/mm-%.o: mm-emulation/%.c
	@mkdir -p $(@D)
	$(CC) $(WEDGE_CFLAGS) -c -o $@ $<

-include $(wildcard $B/wedge.d/*.d)
