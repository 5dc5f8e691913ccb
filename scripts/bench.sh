#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench.sh [ROUNDS]: the same static program natively, in lol and in UML by turns,
# and a table of medians and of ratios to native; then boot time and memory. In
# nanoseconds. Each run is pinned to one CPU, but split also as it comes, since it
# can use two; its ratio is then to a native run that is not pinned either.
set -u
export LC_ALL=C
top=$(cd "$(dirname "$0")/.." && pwd)
B=${BUILD:-$top/build}
rounds=${1:-${ROUNDS:-5}}
lol=$B/lol
uml=$B/uml/linux
bench=$B/tests/bench/bench
work=$(mktemp -d "${TMPDIR:-/tmp}/lol-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
cpu=$(($(nproc) - 1))
pin="taskset -c $cpu"

"$top/scripts/initramfs.sh" files "$work/piece" "$bench=/bench"
cat "$B/initramfs.cpio" "$work/piece" > "$work/lol.cpio"
if [ -x "$uml" ]; then
	printf '#!/bin/sh\nmount -t proc proc /proc\nmount -t sysfs sysfs /sys\nmount -t devtmpfs dev /dev\nmount -t tmpfs tmp /tmp\necho BENCH-BEGIN\n/bench 1 guest\necho BENCH-END\npoweroff -f\n' > "$work/init"
	chmod 755 "$work/init"
	"$top/scripts/initramfs.sh" files "$work/piece" "$bench=/bench" "$work/init=/init"
	cat "$B/initramfs.cpio" "$work/piece" > "$work/uml.cpio"
	printf '#!/bin/sh\npoweroff -f\n' > "$work/init"
	"$top/scripts/initramfs.sh" files "$work/piece" "$work/init=/init"
	cat "$B/initramfs.cpio" "$work/piece" > "$work/uml-off.cpio"
fi

run_uml() # IMAGE [PREFIX...]
{
	local image=$1
	shift
	timeout 600 "$@" "$uml" mem=256M initrd="$image" root=/dev/ram0 con0=null,fd:1 con=null quiet < /dev/null 2>/dev/null | tr -d '\r'
}

run_lol() # IMAGE BRIDGE [PREFIX...]
{
	local image=$1 bridge=$2
	shift 2
	"$@" "$lol" run --quiet --memory 512M --bridge "$bridge" --initrd "$image" -- /bench 1 guest < /dev/null
}

# UML cannot run programs on every CPU: with AMX it fails to set their registers.
if [ -x "$uml" ] && ! run_uml "$work/uml.cpio" | grep -q BENCH-END; then
	echo "User-Mode Linux does not run programs on this CPU: left out" >&2
	uml=/nonexistent
fi

ms() { echo $((($(date +%s%N) - $1) / 1000000)); }

for round in $(seq "$rounds"); do
	echo "round $round of $rounds" >&2
	$pin "$bench" 1 | sed 's/^/native /' >> "$work/all"
	"$bench" 1 | sed 's/^/native-2 /' >> "$work/all"
	run_lol "$work/lol.cpio" in-place $pin | sed 's/^/in-place /' >> "$work/all"
	run_lol "$work/lol.cpio" split | sed 's/^/split /' >> "$work/all"
	# the least that "null" of split can be with two CPUs: as a row of its own
	[ "$(nproc)" -lt 2 ] || "$B/tests/bench/floor" | sed -n 's/^native /native-2 null-floor /p; s/^floor /split null-floor /p' >> "$work/all"
	run_lol "$work/lol.cpio" split $pin | sed 's/^/split-1 /' >> "$work/all"
	run_lol "$work/lol.cpio" ptrace $pin | sed 's/^/ptrace /' >> "$work/all"
	if [ -x "$uml" ]; then
		run_uml "$work/uml.cpio" $pin | sed -n '/BENCH-BEGIN/,/BENCH-END/s/^\([a-z0-9_]*\) \([0-9.]*\)$/uml \1 \2/p' >> "$work/all"
	fi
done
for round in $(seq 10); do
	for kind in in-place split split-1 ptrace uml; do
		start=$(date +%s%N)
		case $kind in
		split) "$lol" run --quiet --bridge split -- true < /dev/null > /dev/null 2>&1 || continue ;;
		in-place | split-1 | ptrace)
			$pin "$lol" run --quiet --bridge "${kind%-1}" -- true < /dev/null > /dev/null 2>&1 || continue ;;
		uml) [ -x "$uml" ] || continue; run_uml "$work/uml-off.cpio" $pin > /dev/null ;;
		esac
		echo "$kind boot-ms $(ms "$start")" >> "$work/all"
	done
done

awk '
	{ key = $1 " " $2; v[key] = v[key] " " $3; if (!($2 in seen)) { seen[$2] = ++n; names[n] = $2 } }
	function median(key,   a, k, i, j, t) {
		k = split(v[key], a, " ")
		if (!k) return -1
		for (i = 2; i <= k; i++) for (j = i; j > 1 && a[j - 1] + 0 > a[j] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
		return a[int((k + 1) / 2)]
	}
	function cell(m, base) {
		if (m < 0) return sprintf("%12s %8s", "-", "")
		return sprintf("%12.0f %8s", m, base > 0 ? sprintf("%.1fx", m / base) : "")
	}
	END {
		printf "%-14s %12s %21s %21s %21s %21s %12s %21s\n", "one CPU:", "native", "in-place", "split", "ptrace", "UML",
			"any: native", "split"
		for (i = 1; i <= n; i++) {
			base = median("native " names[i])
			any = median("native-2 " names[i])
			if (names[i] == "fault16") {
				base = median("native fault1")
				any = median("native-2 fault1")
			}
			printf "%-14s %12s %s %s %s %s %12s %s\n", names[i], base < 0 ? "-" : sprintf("%.0f", base),
				cell(median("in-place " names[i]), base), cell(median("split-1 " names[i]), base),
				cell(median("ptrace " names[i]), base), cell(median("uml " names[i]), base),
				any < 0 ? "-" : sprintf("%.0f", any), cell(median("split " names[i]), any)
		}
	}' "$work/all" | tee "$B/bench.txt"

"$lol" run --quiet --memory 256M -- sleep 12 < /dev/null &
monitor=$!
sleep 4
total=0
below=$(pgrep -P "$monitor" | tr '\n' ,)
for p in $monitor $(pgrep -P "$monitor") $(pgrep -P "${below%,}"); do
	pss=$(awk '/^Pss:/ {print $2}' "/proc/$p/smaps_rollup" 2>/dev/null)
	total=$((total + ${pss:-0}))
done
echo "memory of an idle 256 MiB guest, all processes, shared pages counted once: $((total / 1024)) MiB" | tee -a "$B/bench.txt"
kill "$monitor"
wait "$monitor" 2>/dev/null
exit 0
