#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# build-uml.sh TREE OUT: User-Mode Linux from the same source, to compare with
# (make bench): ARCH=um defconfig with initrd and what the initramfs needs.
# The program is OUT/linux.
#
# On a CPU with AMX its buffer for a process's vector state, a constant, is too small
# for what ptrace gives, and it runs no program: it is enlarged, in a tree of links, and
# the kernel stacks that the buffers lie on with it.
set -eu
tree=$(cd "$1" && pwd)
out=$2
mkdir -p "$out"
out=$(cd "$out" && pwd)
config=$tree/scripts/config
offsets=arch/x86/um/user-offsets.c

if [ ! -e "$out/.config" ] || [ ! -e "$out/tree/$offsets" ]; then
	rm -rf "$out/tree"
	cp -as "$tree" "$out/tree"
	rm "$out/tree/$offsets"
	sed 's/DEFINE_LONGS(HOST_FP_SIZE, 2696)/DEFINE_LONGS(HOST_FP_SIZE, 12288)/' "$tree/$offsets" > "$out/tree/$offsets"
	make -s -C "$out/tree" ARCH=um O="$out" defconfig
	"$config" --file "$out/.config" -e BLK_DEV_INITRD -e RD_GZIP -e DEVTMPFS -e DEVTMPFS_MOUNT -e TMPFS \
		-e HIGH_RES_TIMERS -e NO_HZ_IDLE -d DEBUG_INFO -d DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT \
		-e DEBUG_INFO_NONE -d DEBUG_KERNEL -d PROVE_LOCKING --set-val KERNEL_STACK_ORDER 4
	make -s -C "$out/tree" ARCH=um O="$out" olddefconfig
fi
echo "building User-Mode Linux to compare with (some minutes, once) ..."
make -C "$out/tree" ARCH=um O="$out" CC="${CC:-gcc}" -j"${JOBS:-2}" linux > "$out/build.log" 2>&1 || {
	tail -n 20 "$out/build.log" >&2
	exit 1
}
