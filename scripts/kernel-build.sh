#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# From a Debian kernel source package to build/vmlinux-VERSION and
# build/modules-VERSION:
#
#   kernel-build.sh [source|config|build|check]   (default: all of them in turn)
#
# source  unpacks the pinned tarball below build/src and puts a link to
#         guest-arch/arch/lol where the kernel looks for architectures
# config  makes a configuration of guest-arch/versions/VERSION/config
# build   compiles, installs modules
# check   looks for sensitive instructions without a site record
#
# Every step does nothing when its result is newer than what it is made of; "build",
# asked for by itself, leaves that to kbuild, which knows of changes in the kernel's tree.
# build/src/linux-VERSION may be a tree of your own, or a link to one.
# Environment: VERSION (6.12), JOBS, LOL_AFTERBURN (folder of the assembler stage),
# LOL_KERNEL_TARBALL (in place of the package's), V=1 for kbuild's own output.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
VERSION=${VERSION:-6.12}
pin=$here/guest-arch/versions/$VERSION
build=$here/build
image=$build/vmlinux-$VERSION
afterburn=${LOL_AFTERBURN:-$build/afterburn}
jobs=${JOBS:-$(nproc)}

say() { printf '%s\n' "kernel $VERSION: $*" >&2; }
die() { say "$*"; exit 1; }

# kbuild refuses paths with blanks and colons: work elsewhere then, and link.
work=$build
case $build in *[[:space:]:]*)
	work=/var/tmp/lol-kernel-$(id -u)-$(printf %s "$build" | cksum | cut -d' ' -f1)
	mkdir -p -m 700 "$work/src" "$build"
	[ -O "$work" ] || die "$work belongs to somebody else"
	if [ -x "$afterburn/as" ]; then
		mkdir -p "$work/afterburn"
		for f in "$afterburn"/*; do
			cmp -s "$f" "$work/afterburn/${f##*/}" || cp -p "$f" "$work/afterburn/"
		done
	fi
	afterburn=$work/afterburn
	for f in src "kernel-$VERSION" "modules-$VERSION"; do
		[ -e "$build/$f" ] || ln -sfn "$work/$f" "$build/$f"
	done ;;
esac
src=$work/src/linux-$VERSION
obj=$work/kernel-$VERSION
modules=$work/modules-$VERSION

pinned() { sed -n "s/^$1=//p" "$pin/pin"; }

kmake() {
	compiler=gcc
	if command -v ccache >/dev/null 2>&1; then
		[ -w "${HOME:-/nonexistent}" ] || export CCACHE_DIR="$work/ccache"
		compiler="ccache gcc"
	fi
	make -s -C "$src" ARCH=lol O="$obj" CC="$compiler" LOL_AFTERBURN="$afterburn" \
		KBUILD_BUILD_USER=lol KBUILD_BUILD_HOST=lol KBUILD_BUILD_TIMESTAMP="$(stamp)" \
		-j"$jobs" "$@"
}

# The same tree gives the same image: the date is that of the source.
stamp() { date -u -r "$src/Makefile" '+%Y-%m-%d %H:%M:%S'; }

find_tarball() {
	name=$(pinned tarball)
	for f in "${LOL_KERNEL_TARBALL:-}" "/usr/src/$name"; do
		[ -n "$f" ] && [ -r "$f" ] && echo "$f" && return
	done
	die "no /usr/src/$name: install the package $(pinned package), or set LOL_KERNEL_TARBALL"
}

step_source() {
	if [ ! -e "$src/.unpacked" ]; then
		[ ! -e "$src/Makefile" ] || { touch "$src/.unpacked"; link_arch; return; }
		tarball=$(find_tarball)
		say "unpacking $tarball"
		rm -rf "$src.new"
		mkdir -p "$src.new"
		LC_ALL=C tar -xf "$tarball" -C "$src.new" --strip-components=1 \
			--checkpoint=20000 --checkpoint-action=echo='%u records' \
			--exclude='*/Documentation/[a-jl-z]*' --exclude='*/drivers/gpu/drm/amd/include'
		touch "$src.new/.unpacked"
		rm -rf "$src"
		mv "$src.new" "$src"
	fi
	link_arch
}

link_arch() {
	target=../../../../guest-arch/arch/lol
	[ "$work" = "$build" ] && [ ! -L "$src" ] || target=$here/guest-arch/arch/lol
	[ "$(readlink "$src/arch/lol" 2>/dev/null)" = "$target" ] ||
		ln -sfn "$target" "$src/arch/lol"
}

step_config() {
	[ -e "$src/Makefile" ] || die "no source; run: $0 source"
	set -- "$pin/config"
	[ ! -e "$pin/kunit.config" ] || set -- "$@" "$pin/kunit.config"
	mkdir -p "$obj"
	cat "$@" >"$obj/wanted.new"
	if [ -e "$obj/.config" ] && cmp -s "$obj/wanted.new" "$obj/wanted" &&
	   [ "$obj/.config" -nt "$here/guest-arch/arch/lol/Kconfig" ]; then
		rm "$obj/wanted.new"
		return
	fi
	say "configuring"
	KCONFIG_ALLCONFIG=$obj/wanted.new kmake alldefconfig >/dev/null
	touch "$obj/.config"
	mv "$obj/wanted.new" "$obj/wanted"
}

# kbuild needs seconds to find out that there is nothing to do.
up_to_date() {
	[ -e "$image" ] && [ "$modules/.installed" -nt "$obj/.config" ] &&
		[ -z "$(find "$here/guest-arch/arch/lol/" "$afterburn/as" "$obj/.config" \
			-newer "$modules/.installed" -print -quit)" ]
}

step_build() {
	[ -e "$obj/.config" ] || die "no configuration; run: $0 config"
	if [ "$step" = all ] && [ -z "${V:-}" ] && up_to_date; then
		return
	fi
	[ -x "$afterburn/as" ] || say "no afterburner at $afterburn: sites will not be recorded"
	say "building (jobs: $jobs)"
	touch "$obj/.begun"		# what is edited from now on is for the next time
	kmake vmlinux modules
	if ! [ "$image" -nt "$obj/vmlinux" ]; then
		objcopy --strip-debug "$obj/vmlinux" "$image.new"
		mv "$image.new" "$image"
	fi
	rm -rf "$modules"
	kmake INSTALL_MOD_PATH="$modules" modules_install
	touch -r "$obj/.begun" "$modules/.installed"
	say "$(du -h "$image" | cut -f1) $image, $(grep -c . "$obj/modules.order") modules"
}

step_check() {
	[ -x "$afterburn/check" ] || { say "no checker at $afterburn: not checked"; return; }
	checked=$obj/.checked
	[ ! "$checked" -nt "$image" ] || return 0
	say "checking site records"
	find "$modules" -name '*.ko' -print0 | xargs -0 "$afterburn/check" "$obj/vmlinux"
	touch "$checked"
}

step=${1:-all}
case $step in
source | config | build | check) "step_$step" ;;
all)
	step_source
	step_config
	step_build
	step_check
	;;
*) die "usage: $0 [source|config|build|check]" ;;
esac
