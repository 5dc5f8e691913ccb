#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Checks the rules of the house: who may include whom, SPDX lines, sizes, symbols
# of the wedge.  Prints TAP.
cd "$(dirname "$0")/.." || exit 1
n=0
bad=0

result() # TEXT-OF-VIOLATIONS NAME
{
	n=$((n + 1))
	if [ -z "$1" ]; then
		echo "ok $n - $2"
	else
		bad=$((bad + 1))
		echo "not ok $n - $2"
		printf '%s\n' "$1" | head -n 20 | sed 's/^/# /'
	fi
}

sources() { find "$@" \( -name '*.c' -o -name '*.h' -o -name '*.S' \) -type f 2>/dev/null | sort; }
all='host mm-emulation syscall-bridge guest-arch tests scripts'

result "$(for f in $(sources $all) $(find $all \( -name '*.sh' -o -name '*.mk' -o -name '*.lds' -o -name '*.lds.S' \) -type f | sort) Makefile; do
	head -n 3 "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0-only\|SPDX-License-Identifier: GPL-2.0' || echo "$f"
done)" "every source begins with an SPDX line"

# The contract includes nothing of ours but itself.
result "$(grep -n '#include' guest-arch/arch/lol/abi/lol/*.h | grep -v '<linux/types.h>\|<lol/[a-z]*.h>')" \
	"the contract includes nothing else"

# includes FOLDER ALLOWED-REGEX: quoted includes of a folder's sources
includes()
{
	grep -n '#include "' $(sources "$1") /dev/null | grep -vE "#include \"($2)"
}

result "$(includes mm-emulation 'mm-emulation/|syscall-bridge/state\.h')" "mm-emulation includes only itself and the shared state"
result "$(includes syscall-bridge 'syscall-bridge/|mm-emulation/mm\.h')" "syscall-bridge sees of mm-emulation the public header"
result "$(includes host 'host/|mm-emulation/mm\.h|syscall-bridge/(handoff|state|insn|roles)\.h|guest-arch/afterburn/kinds\.h')" "host sees public headers only"
result "$(includes guest-arch/afterburn 'guest-arch/afterburn/|syscall-bridge/insn\.h')" "the afterburner sees only itself and the decoder"
result "$(grep -nE '#include .*(host|mm-emulation|syscall-bridge|tests)/' $(sources guest-arch/arch) /dev/null)" "the guest kernel sees nothing of the host's"
result "$(grep -n '#include <\(stdio\|stdlib\|string\|unistd\|sys/\|errno\|signal\|time\|fcntl\|pthread\)' $(sources mm-emulation) /dev/null)" "mm-emulation is freestanding"
result "$(grep -nE '#include "\.\./' $(sources host mm-emulation syscall-bridge tests guest-arch/arch guest-arch/afterburn) /dev/null)" "no include by ../"
result "$(sources $all | grep -v '/arch/lol/include/' | while read -r f; do
	case $f in *.h) head -n 4 "$f" | grep -q '#ifndef\|#pragma once' || grep -q 'no include guard' "$f" || echo "$f" ;; esac
done)" "headers have include guards"
result "$(grep -rnP '[ \t]+$' $(sources host mm-emulation syscall-bridge tests) 2>/dev/null | head -n 20)" "no white space at line ends"

sizes=$(sources host mm-emulation syscall-bridge guest-arch/arch guest-arch/afterburn | xargs wc -l | grep -v total | awk '{print $1}' | sort -n)
median=$(printf '%s\n' "$sizes" | awk '{a[NR] = $1} END {print a[int((NR + 1) / 2)]}')
result "$([ "${median:-0}" -lt 250 ] || echo "$median lines")" "median file is under 250 lines ($median)"
result "$(sources host mm-emulation syscall-bridge guest-arch/afterburn | while read -r f; do
	[ "$(wc -l < "$f")" -le 800 ] || echo "$f: $(wc -l < "$f") lines"; done)" "no file is over 800 lines"
result "$(for d in guest-arch host mm-emulation syscall-bridge scripts tests; do [ -f $d/README.md ] || echo "$d/README.md"; done)" "each folder has a README"
result "$(sed -n 's/^"  \(--[a-z-]*\) .*/\1/p' host/cli.c | while read -r o; do
	sed 's/\\//g' host/lol.1 | grep -q "^\.BI* $o\( \|\$\)" || echo "$o"
done)" "the manual page has each option of lol help"
if [ -e build/wedge ]; then
	result "$(nm -u build/wedge; readelf -rW build/wedge | grep -E 'R_X86_64_[^N]')" "the wedge has no undefined symbols or relocations"
	result "$(readelf -lW build/wedge | awk '$1 == "LOAD" && /RWE/')" "no segment of the wedge is writable and executable"
fi

# What the monitor and the wedge call of the host: by what they declare, by number, by libc.
calls()
{
	scripts/monitor-calls.sh $(find host -name '*.c') | grep -o 'SCMP_SYS([a-z0-9_]*'
	grep -ho 'SCMP_SYS([a-z0-9_]*' host/filters.c
	grep -hoE '\<(__NR|SYS)_[a-z0-9_]+' $(sources host syscall-bridge)
	[ ! -e build/lol ] || nm -D build/lol | sed -n 's/.* U \([a-z_0-9]*\).*/\1/p' | sed 's/^__//; s/_chk$//; s/64$//'
}
names=$(echo '#include <asm/unistd.h>' | ${CC:-gcc} -E -dM - | sed -n 's/^#define __NR_\([a-z0-9_]*\) .*/\1/p')
listed=$(sed -n 's/^[a-z]* \([a-z0-9_]*\).*/\1/p' tests/boot/poor-host/calls)
result "$(calls | sed 's/^__NR_//; s/^SYS_//; s/^SCMP_SYS(//' | sort -u | grep -Fx "$names" | grep -Fxv "$listed")" \
	"tests/boot/poor-host/calls knows each call to the host"
echo "1..$n"
exit $((bad != 0))
