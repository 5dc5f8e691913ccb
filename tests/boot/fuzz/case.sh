# SPDX-License-Identifier: GPL-2.0-only
# Expects: a corrupted vmlinux gives an error line, a message of the guest or runs
# in vain, but never a crash of the monitor (status 128 + signal, sanitizer) and
# never a process left behind.
kernel=
for k in "$BUILD/vmlinux" "$BUILD/vmlinux-6.12" "$BUILD/kernel-6.12/vmlinux"; do [ -e "$k" ] && kernel=$k && break; done
rounds=25
[ "$LONG" = 1 ] && rounds=400
bad=0
RANDOM=4711
size=$(stat -c %s "$kernel")
cp "$kernel" fuzzed
chmod u+w fuzzed
for round in $(seq $rounds); do
	# mostly headers, notes and section tables, sometimes anywhere
	for k in 1 2 3 4 5 6; do
		case $((RANDOM % 4)) in
		0) at=$((RANDOM % 64)) ;;
		1) at=$((64 + RANDOM % 600)) ;;
		2) at=$((size - 1 - RANDOM % 4096)) ;;
		*) at=$(((RANDOM * 32768 + RANDOM) % size)) ;;
		esac
		printf "\\x$(printf %02x $((RANDOM % 256)))" | dd of=fuzzed bs=1 seek=$at conv=notrunc 2>/dev/null
		places[k]=$at
	done
	timeout -s KILL 6 "$LOL" run --memory 64M --kernel fuzzed -- true < /dev/null > out 2> err
	status=$?
	case $status in
	0|1|2|120|121|122) ;;
	137) ;;		# our time limit: the guest ran on in vain
	*) bad=$((bad + 1)); echo "# round $round at ${places[*]}: status $status: $(tail -n 1 err)" ;;
	esac
	for k in 1 2 3 4 5 6; do
		dd if="$kernel" of=fuzzed bs=1 count=1 skip=${places[k]} seek=${places[k]} conv=notrunc 2>/dev/null
	done
done
rm -f fuzzed
is $bad 0 "$rounds corrupted kernels"
nothing_left "nothing is left"
