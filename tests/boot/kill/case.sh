# SPDX-License-Identifier: GPL-2.0-only
# Expects: whatever is killed from outside, nothing of the guest is left, and the
# monitor says what happened.
start() # SCRIPT: a guest in the background, up when ./up exists
{
	rm -f out err
	timeout -k 5 120 "$LOL" run --quiet ${BRIDGE:+--bridge "$BRIDGE"} -- sh -c "echo up; $1" < /dev/null > out 2> err &
	guard=$!
	for i in $(seq 100); do grep -q up out 2>/dev/null && break; sleep 0.1; done
	lol=$(pgrep -P $guard -n)
	monitor=$(monitor_of "$lol")
}

for who in lol monitor; do for load in "sleep 60" "while :; do :; done" "while :; do ls -lR /proc > /dev/null 2>&1; done"; do
	start "$load"
	kill -9 "${!who}" 2>/dev/null
	# a second, in steps of our own: a host that stands still counts for none
	since=$(date +%s%N) steps=0
	while left=$(running | wc -l); [ "$left" != 0 ] && [ $steps -lt 10 ]; do
		sleep 0.1
		steps=$((steps + 1))
	done
	echo "# gone after $((($(date +%s%N) - since) / 1000000)) ms"
	is "$left" 0 "$who killed during '$load': nothing runs a second later"
	wait $guard
	is $? 137 "status"
done; done
like "$(cat err)" '^lol: the monitor was ended by signal 9' "it says that its monitor was killed"
for sig in TERM INT HUP; do
	start "sleep 60"
	kill -$sig "$lol"
	wait $guard
	is $? $((128 + $(kill -l $sig))) "SIG$sig ends it"
	is "$(cat err)" "" "without a word"
	nothing_left "nothing is left after SIG$sig"
done

# more than end at once (host/ends.c)
start 'i=0; while [ $((i += 1)) -le 100 ]; do (echo one; exec sleep 60) & done; wait'
for i in $(seq 100); do [ "$(grep -c one out)" = 100 ] && break; sleep 0.1; done
spaces=$(spaces_of "$lol" | wc -l)
[ "$spaces" -gt 96 ]; is $? 0 "a guest with $spaces processes"
kill -TERM "$lol"
wait $guard
is "$? $(cat err)" "143 " "SIGTERM ends it without a word"
nothing_left "and nothing is left"

# The guest always goes on; the loop is killed unless the guest's kernel ran just then.
if [ "$BRIDGE" = ptrace ]; then
	for try in 1 2 3 4 5; do
		start 'timeout 10 sh -c "while :; do :; done"; echo "loop $?"; exit 5'
		for p in $(spaces_of "$lol"); do awk '/^TracerPid/ && $2 {print $2}' "/proc/$p/status"; done > tracers 2>/dev/null
		kill -9 "$(sort -u tracers)"
		wait $guard
		after=$?
		[ $after = 5 ] && [ "$(tail -n 1 out)" != "loop 137" ] || break
		echo "# the tracer was killed while the guest kernel ran: again"
	done
	is "$after $(tail -n 1 out)" "5 loop 137" "tracer killed: what ran is killed, the guest goes on"
	nothing_left "nothing is left"
fi

# the makers of processes
forks='while [ $((n += 1)) -lt 40 ]; do (exit 5) & wait $!; sleep 0.05; done; echo finished; exit 3'
if [ "$BRIDGE" != ptrace ]; then	# there it is the tracer
	start "$forks"
	ok kill -9 "$(zygote_of "$lol")" -- "there is a zygote"
	wait $guard
	is "$?: $(cat err)" "3: " "zygote killed: the guest goes on"
	is "$(tail -n 1 out)" finished "to its end"
fi
start "$forks"
kill -9 "$(launcher_of "$lol")"
wait $guard
is "$?: $(cat err)" "3: " "launcher killed: the guest goes on"
start "$forks"
kill -9 "$(launcher_of "$lol")"
kill -9 "$(zygote_of "$lol")"
wait $guard
is $? 122 "both killed: the guest ends"
like "$(cat err)" '^lol: the launcher was killed' "and lol says why"
nothing_left "nothing is left"

# spaces at random, while several processes work
rounds=5
[ "$LONG" = 1 ] && rounds=50
survived=0 ended=0 odd=0
for round in $(seq $rounds); do
	start 'n=0; while [ $n -lt 60 ]; do n=$((n + 1)); (i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); done) & sleep 0.05; done; wait; echo finished; exit 3'
	for k in 1 2 3 4; do
		victim=$(spaces_of "$lol" | shuf -n 1)
		[ -n "$victim" ] && kill -9 "$victim" 2>/dev/null
		sleep 0.2
	done
	wait $guard
	status=$?
	case $status in
	3|137) survived=$((survived + 1)) ;;
	122|120|121)
		ended=$((ended + 1))
		[ -s err ] || { odd=$((odd + 1)); echo "# no message with status $status"; } ;;
	*) odd=$((odd + 1)); echo "# round $round: $(said | tail -n 5)" ;;
	esac
done
is $odd 0 "killed spaces at random: $survived times the guest went on, $ended times it ended with a message"
nothing_left "nothing is left"
