#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# debug-image.sh OUT BASE: an image with Debian's strace, gdb and bash and what
# they need at run time, behind the image BASE.  gdb does not start without the
# core of Python's library.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=$1
base=$2
set -- strace bash stty /usr/share/gdb
if command -v gdb > /dev/null; then
	python=$(ldd "$(command -v gdb)" | sed -n 's/.*libpython\(3\.[0-9]*\).*/\1/p' | head -n 1)
	set -- "$@" gdb
	if [ -n "$python" ]; then
		lib=/usr/lib/python$python
		for name in encodings importlib collections re json lib-dynload; do
			[ -d "$lib/$name" ] && set -- "$@" "$lib/$name"
		done
		for name in "$lib"/*.py; do
			set -- "$@" "$name"
		done
	fi
fi
"$here/initramfs.sh" debian "$out.piece" "$@"
cat "$base" "$out.piece" > "$out.new"
rm -f "$out.piece"
mv "$out.new" "$out"
