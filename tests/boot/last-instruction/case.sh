# SPDX-License-Identifier: GPL-2.0-only
# Expects: a kick at the very instruction by which the wedge goes to guest code costs the
# guest nothing: all its registers are loaded by then but rip.  Only root may stop a space.
kicked() # SYMBOL PID: that process, there
{
	local address=$(nm "$BUILD/wedge" | awk -v s="$1" '$3 == s { print $1 }')
	hits=$(timeout 60 "$BUILD/tests/lib/kickat" "${address:-0}" 500 "$2")
	is "$hits" 500 "$1: kicks there"
}

# Sets $busy: which of K and the spaces, with so many threads, computes most.
find_busy() # THREADS
{
	local p ticks most=-1
	for p in $(spaces_of "$lol"); do
		[ "$(ls "/proc/$p/task" | wc -l)" = "$1" ] || continue
		ticks=$(sed 's/.*) //' "/proc/$p/stat" | awk '{ print $12 + $13 }')
		[ "${ticks:-0}" -le $most ] || most=$ticks busy=$p
	done 2>/dev/null
}

for symbol in leave_last $([ "${BRIDGE-split}" = in-place ] || echo user_leave_last); do
	if [ "$(id -u)" != 0 ]; then
		skip "$symbol" "only root may stop a space"
		continue
	fi
	begin --memory 128M --initrd "$(image keeps)" -- sh -c 'echo up; read x; /t/keeps 2000000'
	lol=$(pgrep -P $guard -n)
	tell
	sleep 1
	find_busy $([ $symbol = leave_last ] && echo 1 || echo 2)
	kicked $symbol "$busy"
	await
	is "$status $(cat err)" "0 " "$symbol: status, and no message"
	is "$(grep -c '^ok' out)" 1 "$symbol: registers and vector state are as they should be"
done
nothing_left "nothing is left"
