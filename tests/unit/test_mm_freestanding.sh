#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# mm-emulation must be usable in the wedge: as it is compiled there, with each
# compiler, it needs nothing from outside and has no data of its own.
set -u
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
flags="-std=gnu11 -O2 -Wall -Wextra -Werror -ffreestanding -mgeneral-regs-only -mno-red-zone
	-fno-stack-protector -I. -Iguest-arch/arch/lol/abi"
n=0 failed=0
for cc in gcc clang; do
	for level in -O0 -O2; do
		n=$((n + 1))
		if ! command -v $cc >/dev/null; then
			echo "ok $n - $cc $level # SKIP not installed"
			continue
		fi
		ok=yes
		for f in mm-emulation/*.c; do
			# shellcheck disable=SC2086
			$cc $flags $level -c "$f" -o "$out/$(basename "$f" .c).o" || ok=no
		done
		ld -r -o "$out/all" "$out"/*.o || ok=no
		foreign=$(nm -u "$out/all" | grep -v _GLOBAL_OFFSET_TABLE_)
		data=$(nm "$out/all" | grep ' [dDbB] ')
		[ -z "$foreign$data" ] || { echo "# $foreign $data"; ok=no; }
		[ $ok = yes ] && echo "ok $n - $cc $level" || { echo "not ok $n - $cc $level"; failed=1; }
	done
done
echo "1..$n"
exit $failed
