#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# other-host.sh COMMAND [ARG...]: runs a command as the same user on the same files, but
# on the kernel that Debian has for this release, in QEMU without KVM.  What it writes
# is lost.  Ends with the command's status.
#
# An iretq in user mode reads the stack as the kernel would in the emulation of QEMU 7.2,
# which SMAP forbids.  So the CPU has no SMAP.
set -u
export LC_ALL=C
top=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$top/build}
dir=$build/other-host
image=$dir/image		# what the kernel starts with, as files
path=$PATH
PATH=$PATH:/usr/sbin:/sbin	# depmod, modprobe

fail() { echo "other-host: $*" >&2; exit 1; }

# --- once: the kernel, and the modules which make the files of this machine visible
package=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
[ -n "$package" ] || fail "linux-image-amd64 is not known to apt"
if [ ! -e "$dir/$package" ]; then
	version=${package#linux-image-}
	rm -rf "$dir"
	mkdir -p "$image"/{bin,proc,sys,dev,host,write,new} || fail "$image cannot be made"
	echo "other-host: $package" >&2
	(cd "$dir" && apt-get download "$package") > "$dir/log" 2>&1 || fail "no $package: $(tail -n 1 "$dir/log")"
	dpkg-deb -x "$dir"/*.deb "$dir/package" && depmod -b "$dir/package" "$version" || fail "$package cannot be unpacked"
	cd "$dir/package" || exit
	for module in virtio_pci 9pnet_virtio 9p overlay; do
		modprobe -d . -S "$version" --show-depends $module
	done | sed -n "s|^insmod .*/\(lib/modules/[^ ]*\).*|\1|p" | sort -u | xargs cp --parents -t "$image" || fail "modules"
	cp --parents lib/modules/"$version"/modules.{order,builtin,builtin.modinfo} "$image"
	cd "$OLDPWD" || exit
	depmod -b "$image" "$version" || fail "depmod"
	cp /bin/busybox "$image/bin/busybox"
	mv "$dir/package/boot/vmlinuz-$version" "$dir/kernel"
	rm -rf "$dir/package" "$dir"/*.deb
	touch "$dir/$package"
fi

# --- each time: the command
{
	printf '#!/bin/bash\ncd %q\n' "$PWD"
	printf 'export PATH=%q HOME=%q BUILD=%q USER=%q\n' "$path" "${HOME:-/}" "$build" "$(id -un)"
	printf 'exec setpriv --reuid=%d --regid=%d --clear-groups' "$(id -u)" "$(id -g)"
	printf ' %q' "$@"
	echo
} > "$image/command"
cat > "$image/end" <<'EOF'
bash /run/other-host/command < /dev/null
echo "other-host: status $?"
echo o > /proc/sysrq-trigger
read -r -t 60 < /dev/console
EOF
cat > "$image/init" <<'EOF'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t devtmpfs dev /dev
for m in virtio_pci 9pnet_virtio 9p overlay; do $b modprobe $m; done
$b mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=loose,ro host /host
$b mount -t tmpfs -o size=90% write /write
$b mkdir /write/upper /write/work
$b mount -t overlay -o lowerdir=/host,upperdir=/write/upper,workdir=/write/work new /new
for d in proc sys dev tmp run; do $b mkdir -p /new/$d; done
$b mount -t proc proc /new/proc
$b mount -t sysfs sys /new/sys
$b mount -t devtmpfs dev /new/dev
$b mkdir -p /new/dev/pts /new/dev/shm
$b mount -t devpts pts /new/dev/pts
$b ln -s /proc/self/fd /new/dev/fd
$b mount -t tmpfs shm /new/dev/shm
$b mount -t tmpfs -o size=90%,mode=1777 tmp /new/tmp
$b mount -t cgroup2 cgroup /new/sys/fs/cgroup
$b ifconfig lo 127.0.0.1
$b mkdir /new/run/other-host
$b cp /command /end /new/run/other-host/
exec $b switch_root -c /dev/console /new /bin/bash /run/other-host/end
EOF
chmod 755 "$image/init" "$image/bin/busybox"
(cd "$image" && find . | cpio -o -H newc --quiet) > "$dir/initrd"

qemu-system-x86_64 -machine q35 -accel tcg,thread=multi -smp 2 -cpu max,smap=off -m "${OTHER_HOST_MEMORY:-6144}" \
	-nodefaults -display none -no-reboot -serial stdio -kernel "$dir/kernel" -initrd "$dir/initrd" \
	-append "console=ttyS0 quiet rdinit=/init panic=-1 clocksource=tsc tsc=reliable" \
	-virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap < /dev/null |
	{
		while IFS= read -r line; do
			line=${line%$'\r'}
			case $line in
			"other-host: status "*) exit "${line##* }" ;;
			*) printf '%s\n' "$line" ;;
			esac
		done
		exit 1		# it has not come to its end
	}
exit "${PIPESTATUS[1]}"
