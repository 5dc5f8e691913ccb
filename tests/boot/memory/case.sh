# SPDX-License-Identifier: GPL-2.0-only
# Expects: the guest has the memory that was asked for, from 64 MiB to 8 GiB, and
# can use it; more than the host has is announced with a warning.
for size in 64M 65M 100M 256M 1G 4G 8G; do
	case $size in *G) want=$((${size%G} * 1024)) ;; *) want=${size%M} ;; esac
	lol run --quiet --memory $size -- sh -c 'awk "/MemTotal/ {print \$2}" /proc/meminfo; dd if=/dev/zero of=/tmp/f bs=1M count=16 2>/dev/null; md5sum < /tmp/f'
	got=$(($(head -n 1 out 2>/dev/null || echo 0) / 1024))
	if [ "$got" -ge $((want * 75 / 100)) ] 2>/dev/null || { [ $want -lt 128 ] && [ "$got" -ge $((want - 36)) ]; }; then
		pass "$size: MemTotal $got MiB"
	else
		fail "$size: MemTotal $got MiB" "$(said)"
	fi
	like "$(cat out)" 2c7ab85a893283e98c931e9511add182 "$size: 16 MiB in a file"
done
lol run --memory 512G -- true
like "$(cat err)" '[Mm]emory' "more memory than the host has is warned of (or refused)"
lol run --quiet --memory 3G -- sh -c 'mount -o remount,size=2G /tmp; dd if=/dev/zero of=/tmp/f bs=1M count=1500 2>/dev/null; tr "\0" x < /tmp/f | head -c 1500M | md5sum; rm /tmp/f; awk "/MemFree/ {print \$2 > 2500000}" /proc/meminfo; grep MemFree /proc/meminfo'
like "$(cat out)" '[0-9a-f]{32}' "1.5 GB in a file"
nothing_left "nothing is left"
