# SPDX-License-Identifier: GPL-2.0-only
# Expects: processes of the host killed and stopped at random cost the guest no more
# than the tasks whose registers they held; one that waited, the zygote and those
# made in advance are not missed.
limit=60
[ "$LONG" = 1 ] && limit=600
kills=$BUILD/tests/lib/kills
two="-t 2"		# a space of the bridges split and ptrace has two threads
[ "${BRIDGE-}" != in-place ] || two=
waits=S			# as /proc says it of a process that waits
[ "${BRIDGE-}" != ptrace ] || waits=St
img=$(image survivors)

# A guest that runs survivors with $1.
survivors()
{
	begin --initrd "$img" -- sh -c \
		"/t/survivors $1; s=\$?; dmesg | grep -E 'BUG|Oops|WARNING|Call Trace|out of memory' | sed 's/^/not ok - /'; exit \$s"
	# what is there now is of the guest's init, of the one that watches, or spare
	except=$("$kills" -l "$monitor" 0 0)
}
# A line for the guest, and its end.
end() # NAME
{
	tell
	await
	forward "$1" out
	is $status 0 "$1: status"
	is "$(cat err)" "" "$1: no message"
}

# Waits until everybody sleeps but one, $busy, and that for three looks.  A host that
# has much else to do may not let it come to that.
one_runs()
{
	local before= same=0
	for i in $(seq 200); do
		busy=$("$kills" -l $two -w R "$monitor" 0 0)
		if [ "$(echo "$busy" | wc -w)" = 1 ] && [ "$busy" = "$before" ]; then same=$((same + 1)); else same=0; fi
		before=$busy
		[ $i -gt 20 ] && [ $same -ge 3 ] && return 0
		sleep 0.1
	done
	return 1
}

if [ -n "$two" ]; then
	for signal in 9 19; do
		# now and then it is in the guest kernel just then, and nothing is lost
		for try in 1 2 3 4 5; do
			survivors wait
			one_runs && kill -$signal "$busy"
			sleep 0.2
			tell
			await
			grep -q '^ok' out || break
		done
		if [ "$BRIDGE $signal" = "ptrace 19" ]; then
			forward "signal $signal to the space that runs" out
			continue	# its tracer drops the signal
		fi
		is "$(grep '^#' out)" "# the one that computes, 10 ended with status 137" \
			"signal $signal to the space that runs: its task, and no other, dies of SIGKILL"
	done

	count=100
	[ "$LONG" = 1 ] && count=1000
	survivors
	tell
	sent=$("$kills" -z 20 "$monitor" $count 100 $except)
	end "$sent kills"
	is "$sent" $count "all of them were sent"

	survivors
	tell
	sent=$("$kills" -s 19 "$monitor" $((count / 5)) 200 $except)
	end "$sent stopped"
	is "$sent" $((count / 5)) "all of them were stopped"
fi

# Thrice, since they are wanted again at once, when their ends may not be known yet.
for try in 1 2 3; do
	survivors wait
	one_runs
	# not the one that runs: with ptrace it waits, too, while it is set to going again
	sent=$("$kills" -a $two -w $waits "$monitor" 0 0 $busy)
	[ "$sent" -ge 10 ]; is $? 0 "processes to kill while they wait, $try"
	end "$sent killed that waited, $try"
done

# On ptrace it is the tracer: when it is replaced, the registers of who runs are lost.
survivors wait
one_runs
"$kills" -s 19 -z 1 "$monitor" 1 0 > /dev/null
if [ "${BRIDGE-}" = ptrace ]; then
	sleep 1
	tell
	await
	lost=$(grep '^# [a-z]' out)
	is "${lost:-# the one that computes, 10 ended with status 137}" "# the one that computes, 10 ended with status 137" \
		"zygote stopped: nobody is lost but the task that ran"
	is "$(tail -n 1 out): $(cat err)" "1..1: " "zygote stopped: the guest goes on to its end"
else
	end "zygote stopped"
fi
nothing_left "nothing is left"
