# SPDX-License-Identifier: GPL-2.0-only
# Expects: on a host that refuses one of the calls that lol and the wedge use, a guest
# runs as ever, or one line says what is missing; nothing hangs or is left behind.
# The table in host/README.md says which of the two.
deny=$BUILD/tests/lib/deny

# Runs a guest with rules of deny $@; what is wrong with that is in $odd.
poor()
{
	local lines
	timeout -k 5 $limit "$deny" "$@" -- "$LOL" run --quiet ${BRIDGE:+--bridge $BRIDGE} -- echo hello > out 2> err < /dev/null
	status=$?
	lines=$(wc -l < err)
	case $status in
	0)
		how=runs
		[ "$(cat out)" = hello ] || odd="$odd, $*: the output is wrong"
		! grep -qv '^lol: warning: ' err || odd="$odd, $*: messages" ;;
	1|122)
		how=says
		[ $lines = 1 ] || odd="$odd, $*: $lines lines"
		grep -q '^lol: ..........' err || odd="$odd, $*: does not say why" ;;
	*) how= odd="$odd, $*: status $status" ;;
	esac
}

some=ENOSYS
[ -z "${BRIDGE-}" ] || some=EPERM
while read -r want call errors; do
	case $want in ""|"#"|not) continue ;; esac
	[ "$errors" ] || errors=$some
	[ "$LONG" = 0 ] || errors="ENOSYS EPERM ENOMEM EMFILE"
	odd=
	for error in $errors; do
		poor "$call=$error"
		case $want in
		"$how"|may) ;;
		*) odd="$odd, $call=$error: $how, status $status" ;;
		esac
	done
	[ -n "$odd" ] || { pass "$call refused ($(echo $errors)): $want"; continue; }
	fail "$call refused" "${odd#, }"
	head -n 5 err | sed 's/^/# /'
done < "$CASE/calls"
odd=
poor madvise=ENOSYS mincore=ENOSYS personality=EPERM prlimit64=EPERM sched_getaffinity=ENOSYS sched_setaffinity=EPERM \
	setpriority=EPERM unshare=EPERM
is "$how$odd" runs "all that it can do without, at once"
nothing_left "nothing is left"
