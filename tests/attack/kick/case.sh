# SPDX-License-Identifier: GPL-2.0-only
# Expects: whatever a program does not to be preempted, others go on.  Without the
# bound on waiting, or with calls that the filter refuses, the guest stands still
# (ptrace: where a tracee gets no kick).
. "$TESTS/lib/watch.sh"

at() { nm "$1" | awk -v name="$2" '$3 == name { print $1 }'; }

initrd=$(image "$BUILD/tests/attack/kick")

attack() # WEDGE [KIND]
{
	lol run --quiet --memory 128M ${kernel:+--kernel "$kernel"} --initrd "$initrd" -- /t/kick \
		"$(at "$1" user_entry)" "$(at "$1" user_exchange)" "$(at "$1" agent_loop)" $2
}

# The attack has begun, and seconds later nobody else has got on.  Several at a time.
stands_still() # DEFENCE KIND...
{
	local defence=$1 kind seconds
	shift
	weak "$defence"
	for kind; do
		mkdir -p "$defence-$kind"
		(cd "$defence-$kind" && limit=600 && attack ../weak/wedge "$kind") > /dev/null &
	done
	for kind; do
		for seconds in $(seq 300); do
			grep -q '^# begins' "$defence-$kind/out" 2>/dev/null && break
			sleep 0.2
		done
	done
	sleep 3
	for kind; do
		is "$(grep -ac '^# begins' "$defence-$kind/out") $(grep -ac '^ok' "$defence-$kind/out")" "1 0" \
			"without $defence: attack $kind works"
	done
	# each is a shell, timeout, lol
	kill -KILL $(pgrep -x lol -P "$(pgrep -d, -x timeout -P "$(jobs -pr | tr '\n' ,)0")")
	wait $(jobs -p)
}

kernel=
limit=600
watch_start
attack "$BUILD/wedge"
forward "kick" out
is "$status" 0 "exit status"
watch_end "host"

# Kicks that are late, since others want the host's CPUs as well.
limit=300
for round in 1 2 3 4; do
	for i in 1 2 3; do
		mkdir -p "$i"
		(cd "$i" && attack "$BUILD/wedge" 507 && echo "$status" > status) &
	done
	wait
	is "$(cat [123]/status | tr '\n' ' ')" "0 0 0 " "several guests at a time, round $round"
	rm -f [123]/status
done
limit=600
if [ "$BRIDGE" = ptrace ]; then
	stands_still KICK 3
else
	stands_still KICK 608 800 801 900
	stands_still FILTER+KICK 100 300
fi
nothing_left "nothing is left"
