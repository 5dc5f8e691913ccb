# SPDX-License-Identifier: GPL-2.0-only
# Expects: modules load and unload, on demand too; what they export and call works.
tree=$BUILD/modules-6.12
if [ ! -d "$tree/lib/modules" ]; then skip "modules" "no $tree"; return; fi
"$SCRIPTS/initramfs.sh" modules piece "$tree" && cat "$BUILD/initramfs.cpio" piece > image
options="--memory 512M --initrd image"
guest 'cat /proc/modules | wc -l; find /lib/modules -name "*.ko*" | wc -l'
read -r -d '' before count < out
[ "${count:-0}" -gt 0 ] && pass "$count modules in the image" || fail "modules in the image" "$(said)"
# every module once: load, look, unload
limit=300
guest 'cd /lib/modules/*/ || exit 1
	for m in $(find . -name "*.ko" | grep -v -i "kunit\|test\|lkdtm" | sort); do
		n=$(basename "$m" .ko); n=$(echo $n | tr - _)
		grep -q "^$n " /proc/modules && { echo "loaded $n"; continue; }
		if modprobe $n 2>/tmp/e; then
			grep -q "^$n " /proc/modules && echo "good $n" || echo "absent $n"
			rmmod $n 2>/tmp/e || echo "stays $n: $(cat /tmp/e)"
		else
			echo "refused $n: $(cat /tmp/e)"
		fi
	done; echo end'
like "$(tail -n 1 out)" '^end$' "the guest got through all of them"
good=$(grep -c '^good' out)
bad=$(grep '^absent\|^refused' out | grep -vE 'No such device|Device or resource|not supported' )
is "$bad" "" "every module loads ($good did)"
grep '^stays' out | head -n 20 | sed 's/^/# /'
guest 'n=0; m=$(cd /lib/modules/*/ && find . -name "*.ko" | grep -E "dummy|veth|zram|loop|configs|crc|xor|tun" | head -n 1 | xargs -r basename | sed s/.ko//); [ -n "$m" ] || m=$(cd /lib/modules/*/ && find . -name "*.ko" | grep -vi "test\|kunit" | head -n 1 | xargs basename | sed s/.ko//)
	while [ $n -lt 100 ]; do n=$((n + 1)); modprobe $m && rmmod $m || break; done; echo "$m $n"; dmesg | grep -ci "oops\|BUG:\|WARNING:"'
like "$(head -n 1 out)" ' 100$' "loaded and unloaded 100 times"
is "$(tail -n 1 out)" 0 "no kernel warning"
nothing_left "nothing is left"
