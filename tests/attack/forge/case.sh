# SPDX-License-Identifier: GPL-2.0-only
# Expects: hand-overs as no host would make them harm only the task that makes
# them; where K does not check them, the guest kernel suffers.
limit=120
lol run --quiet --memory 128M --initrd "$(image "$BUILD/tests/attack/user")" -- /t/user forge
forward "forge" out
is "$status" 0 "exit status"
weak FRAMES
for try in 1 2 3 4 5; do
	lol run --memory 128M --kernel "$kernel" --initrd "$(image "$BUILD/tests/attack/user")" --append "oops=panic" -- /t/user forge
	[ "$status" = 0 ] || break
done
if [ "$status" != 0 ]; then pass "without the checks the guest does not survive"
else fail "without the checks the guest does not survive" "$(said)"; fi
nothing_left "nothing is left"
