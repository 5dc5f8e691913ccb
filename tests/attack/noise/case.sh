# SPDX-License-Identifier: GPL-2.0-only
# Expects: what a program writes to the wedge's memory in its process, while it makes
# hand-overs, costs its life at most; where K does not check them, the guest kernel suffers.
# (With ptrace it writes to memory that nobody else reads while it runs.)
. "$TESTS/lib/watch.sh"
limit=600
long=
[ "$LONG" = 0 ] || long=long
watch_start
lol run --quiet --memory 128M --initrd "$(image "$BUILD/tests/attack/noise")" -- /t/noise $long
forward "noise" out
is "$status" 0 "exit status"
watch_end "host"
if [ "$BRIDGE" != ptrace ]; then
	weak FRAMES
	for try in $(seq 20); do	# a matter of luck, about seven times of eight
		lol run --memory 128M --kernel "$kernel" --append oops=panic \
			--initrd "$(image "$BUILD/tests/attack/noise")" -- /t/noise
		[ "$status" = 0 ] || break
	done
	like "$(cat err)" 'panic|broke the contract' "without the checks the guest does not survive"
fi
nothing_left "nothing is left"
