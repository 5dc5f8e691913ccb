#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# deps.sh [--install] [tests] [fuzz] [host]: what must be on this machine to build and run lol, and
# with names of sets for more than that, as Debian packages.  Says what is missing; with
# --install, names it and installs it, as root or with sudo.
# Exit status 0 when nothing is missing any more.
set -u

# package	what for
packages='
gcc			compiler of everything
make			builds
libc6-dev		C library, also static
binutils		assembler and linker
linux-source-6.12	source of the guest kernel
xz-utils		unpacks it
flex			kernel configuration
bison			kernel configuration
bc			kernel build
libelf-dev		kernel build, checker of the afterburner
libssl-dev		kernel build
kmod			depmod for the guest modules
cpio			makes the initramfs
python3			kernel build scripts
busybox-static		programs in the embedded initramfs
libseccomp-dev		system call filters of monitor and spaces
libcapstone-dev		disassembler: checker, unit tests
'
tests='
rsync			kernel headers for the selftests
libcmocka-dev		unit tests
libcap-dev		kernel selftests
gdb			goes into the test image
strace			goes into the test image
bash			goes into the test image
procps			pgrep, ps in the tests
util-linux		setpriv
bzip2			packs an initial file system in the tests
lzop			the same
lz4			the same
zstd			the same
'
fuzz='
clang			fuzzers
libclang-rt-14-dev	libFuzzer
'
host='
qemu-system-x86		another host kernel
'
optional='
ccache			faster rebuilds
'

install=
for argument; do
	case $argument in
	--install) install=1 ;;
	tests) packages=$packages$tests ;;
	fuzz) packages=$packages$fuzz ;;
	host) packages=$packages$host ;;
	*) echo "deps: unknown argument $argument" >&2; exit 2 ;;
	esac
done

missing()
{
	names=$(printf '%s\n' "$1" | awk 'NF {print $1}')
	# shellcheck disable=SC2086
	have=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $names 2>/dev/null)
	for name in $names; do
		printf '%s\n' "$have" | grep -qx "$name installed" || echo "$name"
	done
}

if ! command -v dpkg-query > /dev/null; then
	echo "deps: not a Debian system; needed are the equivalents of:$(printf '%s\n' "$packages" | awk 'NF {printf " %s", $1}')" >&2
	exit 0
fi
need=$(missing "$packages")
nice_to_have=$(missing "$optional")
[ -n "$need" ] || [ -n "$install" ] || exit 0
[ -n "$need$nice_to_have" ] || exit 0
if [ -n "$need" ] || [ -z "$install" ]; then
	echo "lol needs these Debian packages, which are not installed:"
	for name in $need; do
		printf '  %-20s %s\n' "$name" "$(printf '%s\n' "$packages" | awk -v n="$name" '$1 == n {$1 = ""; print substr($0, 2)}')"
	done
fi
[ -n "$install" ] || exit 1
[ -n "$need" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	as=
elif command -v sudo > /dev/null; then
	as=sudo
	echo "installing them with sudo apt-get; nothing else of lol needs root"
else
	echo "deps: install them as root:  apt-get install$(printf ' %s' $need)" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
install() { $as apt-get install -y --no-install-recommends "$@"; }
# shellcheck disable=SC2086
install $need $nice_to_have || { $as apt-get update && { install $need $nice_to_have || install $need; }; } || exit 1
need=$(missing "$packages")
[ -z "$need" ] || { echo "deps: still missing: $need" >&2; exit 1; }
