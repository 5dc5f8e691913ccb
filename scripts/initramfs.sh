#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Makes initramfs images, without root: newc archives owned by root.
#
#   initramfs.sh default OUT INIT        the embedded image: busybox and our init
#   initramfs.sh files OUT FILE[=PATH]...  a piece with these files, to be appended
#                                        to another image (archives concatenate)
#   initramfs.sh debian OUT COMMAND...   a piece with host programs and the shared
#                                        libraries that they need
#   initramfs.sh modules OUT DIR         a piece with the module tree DIR/lib/modules
#
# The default image is not compressed: unpacking 3 MB costs a millisecond,
# decompressing it thirty.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
kind=$1
out=$2
shift 2
mkdir -p "$(dirname "$out")"
root=$(mktemp -d "${TMPDIR:-/tmp}/lol-initramfs.XXXXXX")
trap 'rm -rf "$root"' EXIT
trap 'exit 1' HUP INT TERM
umask 022

pack()
{
	find "$root" -depth -exec touch -h -d @0 {} + 2>/dev/null || true
	(cd "$root" && find . -mindepth 1 | LC_ALL=C sort |
		cpio -o -H newc -R 0:0 --reproducible --quiet) > "$out.new"
	mv "$out.new" "$out"
}

# Copies a file to the same path in the image, following links.
put()
{
	mkdir -p "$root$(dirname "$1")"
	[ -e "$root$1" ] || cp -L --preserve=mode "$1" "$root$1"
}

# A host program with its interpreter and libraries.
put_program()
{
	path=$(PATH=$PATH:/usr/sbin:/sbin command -v "$1") || { echo "$0: no program $1" >&2; exit 1; }
	case $path in
	/bin/*|/sbin/*|/lib*) path=/usr$path ;;	# merged /usr
	esac
	put "$path"
	put_libraries "$path"
}

put_libraries()
{
	for library in $(ldd "$1" 2>/dev/null | grep -o '/[^ ]*'); do
		put "$library"
	done
}

default_image()
{
	busybox=
	for b in /bin/busybox /usr/bin/busybox; do
		if [ -x "$b" ] && ! ldd "$b" >/dev/null 2>&1; then
			busybox=$b
			break
		fi
	done
	[ -n "$busybox" ] || { echo "$0: no static busybox: install the package busybox-static" >&2; exit 1; }
	for d in bin sbin usr/bin usr/sbin etc proc sys dev tmp run root var/log mnt lib/modules; do
		mkdir -p "$root/$d"
	done
	ln -s ../run "$root/var/run"
	ln -s ../tmp "$root/var/tmp"
	chmod 1777 "$root/tmp"
	chmod 700 "$root/root"
	cp "$busybox" "$root/bin/busybox"
	chmod 755 "$root/bin/busybox"
	"$busybox" --list-full | while read -r applet; do
		[ "$applet" = bin/busybox ] && continue
		mkdir -p "$root/$(dirname "$applet")"
		ln -sf /bin/busybox "$root/$applet"
	done
	# wherever Debian's busybox puts it, the kernel looks for this one
	[ -e "$root/sbin/modprobe" ] || ln -sf /bin/busybox "$root/sbin/modprobe"
	cp "$1" "$root/init"
	chmod 755 "$root/init"
	cp "$here/initramfs/profile" "$root/etc/profile"
	printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n' > "$root/etc/passwd"
	printf 'root:x:0:\ntty:x:5:\nnogroup:x:65534:\n' > "$root/etc/group"
	printf '127.0.0.1\tlocalhost lol\n' > "$root/etc/hosts"
	printf 'lol\n' > "$root/etc/hostname"
	printf '/bin/sh\n/bin/ash\n' > "$root/etc/shells"
	ln -s /proc/self/mounts "$root/etc/mtab"
}

case $kind in
default)
	default_image "$1"
	;;
files)
	for file; do
		from=${file%%=*}
		to=${file#*=}
		[ "$from" != "$file" ] || to=/$(basename "$from")
		mkdir -p "$root/$(dirname "$to")"
		cp -R "$from" "$root/$to"
	done
	;;
debian)
	# merged /usr, as on Debian, but without disturbing busybox in /bin
	mkdir -p "$root/usr/lib" "$root/lib64"
	for command; do
		case $command in
		/*.so*) put "$command"; put_libraries "$command" ;;
		/*) mkdir -p "$root$(dirname "$command")"; [ -e "$root$command" ] || cp -R "$command" "$root$command" ;;
		*) put_program "$command" ;;
		esac
	done
	;;
modules)
	mkdir -p "$root/lib"
	cp -R "$1/lib/modules" "$root/lib/modules"
	rm -f "$root"/lib/modules/*/build "$root"/lib/modules/*/source
	;;
*)
	echo "$0: unknown kind of image: $kind" >&2
	exit 2
	;;
esac
pack
