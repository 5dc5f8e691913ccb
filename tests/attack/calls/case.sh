# SPDX-License-Identifier: GPL-2.0-only
# Expects: guest user code that jumps to the wedge's own syscall instructions, and
# enters the host by every other way, gets futex WAIT and WAKE from it and nothing else
# (ptrace: nothing).  Without the filter it does; with ptrace that is the second line,
# and either holds.
. "$TESTS/lib/watch.sh"
attack()
{
	lol run --quiet --memory 128M ${kernel:+--kernel "$kernel"} --initrd "$(image "$BUILD/tests/attack/calls")" -- \
		/t/calls "${arguments[@]}" "$@"
}
kernel=
arguments=()
[ "$BRIDGE" != ptrace ] || arguments+=(none)
[ "$LONG" = 0 ] || arguments+=(long)
limit=600
watch_start
attack
forward "calls" out
is "$status" 0 "exit status"
watch_end "host"

defences=FILTER
if [ "$BRIDGE" = ptrace ]; then
	defences=FILTER+SYSEMU
	weak FILTER
	attack first
	is "$status $(grep -c '^# call' out) $(grep -c '^not ok' out)" "0 0 0" "without the filter all is refused, too"
	weak SYSEMU
	arguments=()
	attack first
	is "$status $(grep -c '^# call' out) $(grep -c '^not ok' out)" "0 0 0" "and without SYSEMU all but futex"
fi
weak $defences
limit=60
attack first
like "$(cat out)" '^# call 0 at .* passed: 0xfffffffffffffff7' "without $defences the host answers"
nothing_left "nothing is left"
