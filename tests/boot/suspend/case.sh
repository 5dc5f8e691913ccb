# SPDX-License-Identifier: GPL-2.0-only
# Expects: a guest all of whose processes are stopped and go on, as when the host is
# suspended or a control group is frozen, has lost nothing: its tasks are all there, busy
# ones and sleeping ones.  The host's kernel goes on with timed waits by restart_syscall.
everybody() { echo "$monitor" $(pgrep -P "$monitor"); }

times=20
[ "$LONG" = 1 ] && times=500
for kind in wait busy; do
	begin --initrd "$(image survivors)" -- /t/survivors ${kind#busy}
	[ $kind = wait ] || tell
	stopped=0
	for i in $(seq $times); do
		# the monitor first and last, since it would kill whoever does not answer
		who=$(everybody)
		kill -STOP $who 2>/dev/null
		sleep 0.0$((i % 9 + 1))
		ps -o stat= -p "$monitor" | grep -q T && stopped=$((stopped + 1))
		kill -CONT ${who#* } $monitor 2>/dev/null
		sleep 0.1
	done
	is $stopped $times "$kind: stopped and continued $times times"
	tell
	await
	forward "$kind" out
	is "$status $(cat err)" "0 " "$kind: status, and no message"
	is "$(grep '^# ' out | grep -v ' 0 lost')" "" "$kind: nobody is lost"
done
nothing_left "nothing is left"
