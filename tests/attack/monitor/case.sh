# SPDX-License-Identifier: GPL-2.0-only
# Expects: a monitor that is under somebody else's control cannot do what it does not
# need: each such call ends it with a line that names the call, and has no effect.
# Without its confinement the same calls succeed.
LOL=$BUILD/tests/weak/MONITOR/lol
touch precious
misbehave() # WHAT [free]
{
	sleep 60 &
	victim=$!
	LOL_MISBEHAVE=$1 LOL_VICTIM=$victim LOL_FREE=${2-} ; export LOL_MISBEHAVE LOL_VICTIM LOL_FREE
	[ -n "$LOL_FREE" ] || unset LOL_FREE
	lol run --quiet -- sleep 30
	# it ends of the first signal that it gets, of several the one of the lowest number
	kill -VTALRM "$victim" 2> /dev/null
	wait "$victim" 2> /dev/null
	if [ $? = 154 ]; then alive=yes; else alive=no; fi
	unset LOL_MISBEHAVE LOL_VICTIM LOL_FREE
}

# that it would succeed
for what in open create stat socket execve fork kill kill-term kick ptrace pidfd code new-code map-file int80 unlink; do
	misbehave $what free
	case $what in
	execve) is "$status" 0 "unconfined: $what: done" ;;
	*) is "$status: $(grep misbehave err)" "77: misbehave: $what: done" "unconfined: $what: done" ;;
	esac
	case $what in kill*|kick) is "$alive" no "unconfined: $what: another process is dead" ;; esac
done
rm -f created
touch precious

# what it means, and what the filter says
while read -r what call; do
	misbehave $what
	is "$status: $(grep -c misbehave err)" "134: 0" "$what: ends the monitor"
	like "$(cat err)" "^lol: BUG: the monitor makes system call $call, which" "$what: it is named"
	is "$alive" yes "$what: nobody else came to harm"
	nothing_left "$what: nothing is left"
done <<END
open 257
create 257
unlink 87
stat 262
socket 41
execve 59
fork 56
kill-term 62
ptrace 101
pidfd 434
code 10
new-code 9
map-file 9
type 16
END
ok test ! -e created -- "no file was made"
ok test -e precious -- "nor removed"
for what in x32 int80; do	# not even the kind of call is there
	misbehave $what
	is "$status" 159 "$what: ends the monitor"
	like "$(cat err)" 'ended by signal 31' "$what: it says so"
done

# these calls it needs, for its own processes
for what in kill kick; do
	if "$LOL" probe | grep -q '^landlock signals *ok'; then
		misbehave $what
		is "$status: $(cat err)" "78: misbehave: $what: EPERM" "$what of a stranger: refused by Landlock"
		is "$alive" yes "$what of a stranger: it lives"
	else
		skip "$what of a stranger" "no Landlock of version 6"
	fi
done

# ends that glibc makes still work
while read -r what words; do
	misbehave $what
	is "$status" 134 "$what: status"
	like "$(cat err)" "$words" "$what: it says why"
done <<'END'
abort signal 6
assert Assertion .* failed
free free\(\): invalid pointer
END
nothing_left "nothing is left"
