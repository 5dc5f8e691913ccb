# SPDX-License-Identifier: GPL-2.0-only
# Expects: the kernel's own interfaces are there: symbols, sysrq, configuration,
# file systems, cgroups, namespaces, network, and no warning was logged.
guest 'grep -c . /proc/kallsyms; grep -w start_kernel /proc/kallsyms; grep -E " [tT] (schedule|do_exit|vfs_read)$" /proc/kallsyms | wc -l'
like "$(head -n 1 out)" '^[0-9]{4,}$' "kallsyms"
like "$(cat out)" '^0000[0-9a-f]{12} [tT] start_kernel' "kallsyms has addresses"
is "$(tail -n 1 out)" 3 "kallsyms has the usual names"
guest 'echo h > /proc/sysrq-trigger; echo t > /proc/sysrq-trigger; echo m > /proc/sysrq-trigger; dmesg'
like "$(cat out)" 'sysrq: HELP' "sysrq h"
like "$(cat out)" 'sysrq: Show State' "sysrq t"
like "$(cat out)" 'do_syscall|__schedule|schedule\+' "sysrq t shows stacks with names"
guest 'zcat /proc/config.gz'
for option in SMP VIRTIO_BLK VIRTIO_NET EXT4_FS OVERLAY_FS TMPFS NET_9P INET UNIX CGROUPS PID_NS NET_NS USER_NS SECCOMP_FILTER BPF_SYSCALL MODULES IKCONFIG_PROC; do
	like "$(cat out)" "^CONFIG_$option=[ym]" "CONFIG_$option"
done
guest 'set -e; mkdir -p /tmp/l /tmp/u /tmp/w /tmp/m; echo low > /tmp/l/f; mount -t overlay -o lowerdir=/tmp/l,upperdir=/tmp/u,workdir=/tmp/w none /tmp/m; echo new >> /tmp/m/f; cat /tmp/m/f /tmp/l/f | tr "\n" " "'
is "$(cat out)" "low new low " "overlayfs"
if [ -d "$BUILD/modules-6.12/lib/modules" ]; then
	"$SCRIPTS/initramfs.sh" modules piece "$BUILD/modules-6.12" && cat "$BUILD/initramfs.cpio" piece > image
	options="--memory 384M --initrd image"
fi
guest 'modprobe loop 2>/dev/null; dd if=/dev/zero of=/tmp/disk bs=1M count=24 2>/dev/null; mkdir -p /tmp/mnt; mke2fs -F /tmp/disk >/dev/null 2>&1; mount -o loop -t ext4 /tmp/disk /tmp/mnt || mount -o loop -t ext2 /tmp/disk /tmp/mnt || exit 4; echo kept > /tmp/mnt/file; umount /tmp/mnt; mount -o loop -t ext4 /tmp/disk /tmp/mnt && cat /tmp/mnt/file'
like "$(cat out)" '^kept$' "ext4 on a loop device"
options=
guest 'ip addr add 10.1.2.3/24 dev lo; ping -c 2 -i 0.2 10.1.2.3 | grep received; (echo hi | nc -l -p 999 > /dev/null &) ; sleep 0.3; nc 127.0.0.1 999 < /dev/null'
like "$(cat out)" '2 packets received' "ping"
like "$(cat out)" '^hi$' "TCP with nc"
guest 'mkdir /sys/fs/cgroup/t && echo $$ > /sys/fs/cgroup/t/cgroup.procs && cat /proc/self/cgroup; unshare -p -f -m sh -c "echo pid \$\$"; unshare -n ip link | grep -c lo'
like "$(cat out)" '0::/t' "cgroup 2"
like "$(cat out)" '^pid 1$' "pid namespace"
guest 'cat /proc/cpuinfo /proc/interrupts /proc/meminfo /proc/vmstat /proc/self/smaps /proc/self/auxv > /dev/null && nproc && grep -c ^processor /proc/cpuinfo'
is "$(tr '\n' ' ' < out)" "1 1 " "files of /proc"
guest 'find /proc /sys -type f -readable 2>/dev/null | grep -v "/proc/[0-9]*/\|kmsg\|/trace_pipe\|/proc/kcore\|sysrq" | head -n 6000 | while read -r f; do timeout 2 head -c 5000 "$f" > /dev/null 2>&1; done; echo read; dmesg | grep -E "Oops|BUG:|WARNING:|Call Trace" | head'
is "$(cat out)" read "every file of /proc and /sys can be read without a kernel warning"
lol run -- dmesg
unlike "$(cat out err)" 'BUG:|WARNING:|Oops|Call Trace' "no warning at boot"
nothing_left "nothing is left"
