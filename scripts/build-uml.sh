#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# build-uml.sh TREE OUT: User-Mode Linux from the same source, to compare with
# (make bench): ARCH=um defconfig with initrd and what the initramfs needs.
# The program is OUT/linux.
set -eu
tree=$(cd "$1" && pwd)
out=$2
mkdir -p "$out"
out=$(cd "$out" && pwd)
config=$tree/scripts/config

if [ ! -e "$out/.config" ]; then
	make -s -C "$tree" ARCH=um O="$out" defconfig
	"$config" --file "$out/.config" -e BLK_DEV_INITRD -e RD_GZIP -e DEVTMPFS -e DEVTMPFS_MOUNT -e TMPFS \
		-e HIGH_RES_TIMERS -e NO_HZ_IDLE -d DEBUG_INFO -d DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT \
		-e DEBUG_INFO_NONE -d DEBUG_KERNEL -d PROVE_LOCKING
	make -s -C "$tree" ARCH=um O="$out" olddefconfig
fi
echo "building User-Mode Linux to compare with (some minutes, once) ..."
make -C "$tree" ARCH=um O="$out" CC="${CC:-gcc}" -j"${JOBS:-2}" linux > "$out/build.log" 2>&1 || {
	tail -n 20 "$out/build.log" >&2
	exit 1
}
