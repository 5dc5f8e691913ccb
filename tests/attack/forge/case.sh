# SPDX-License-Identifier: GPL-2.0-only
# Expects: hand-overs as no host would make them harm only the task that makes
# them; where K does not check them, the guest kernel suffers.  (With ptrace user code
# is stopped while others read what it could have written, and there is nothing to lack.)
. "$TESTS/lib/watch.sh"
limit=600
long=
[ "$LONG" = 0 ] || long=long

attack() # WEDGE [OPTION...]
{
	local entry=$(nm "$1" | awk '$3 == "user_entry" { print $1 }') told=$(nm "$1" | awk '$3 == "told" { print $1 }')
	shift
	lol run --memory 128M "$@" --initrd "$(image "$BUILD/tests/attack/forge")" -- /t/forge "$entry" "$told" $long
}

watch_start
attack "$BUILD/wedge" --quiet
forward "forge" out
is "$status" 0 "exit status"
watch_end "host"
if [ "$BRIDGE" != ptrace ]; then
	weak FRAMES
	for try in $(seq 20); do	# a race, which it wins most times
		attack weak/wedge --kernel "$kernel" --append oops=panic
		[ "$status" = 0 ] || break
	done
	if [ "$status" != 0 ]; then pass "without the checks the guest does not survive"
	else fail "without the checks the guest does not survive" "$(said)"; fi
fi
nothing_left "nothing is left"
