# SPDX-License-Identifier: GPL-2.0-only
# Expects: guest user code sees nothing of guest kernel, K and monitor in its
# process, nor anything else that the guest did not give.  Where the spaces keep what
# they were born with it does; with the in-place bridge, which does not claim that, too.
. "$TESTS/lib/watch.sh"
attack()
{
	lol run --quiet --memory 128M ${kernel:+--kernel "$kernel"} --initrd "$(image "$BUILD/tests/attack/scan")" "$@"
}
kernel=
long=
[ "$LONG" = 0 ] || long=long
limit=600
watch_start
attack -- /t/scan $long
forward "scan" out
is "$status" 0 "exit status"
watch_end "host"
weak SPACE
attack -- /t/scan first
like "$(cat out)" '^not ok 1 .*[0-9]+ pages' "what is left in a space is found"
like "$(cat out)" '^not ok 2 ' "and so is what is at a random place"
if [ -z "$BRIDGE" ]; then
	BRIDGE=in-place attack -- /t/scan first
	like "$(cat out)" '^# 0x6.* can be' "in-place the guest kernel can be read"
fi
nothing_left "nothing is left"
