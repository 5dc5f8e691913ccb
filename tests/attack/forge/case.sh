# SPDX-License-Identifier: GPL-2.0-only
# Expects: hand-overs as no host would make them harm only the task that makes
# them; where K does not check them, the guest kernel suffers.
limit=120

entry() { nm "$1" | awk '$3 == "user_entry" { print $1 }'; }

lol run --quiet --memory 128M --initrd "$(image "$BUILD/tests/attack/user")" -- /t/user forge "$(entry "$BUILD/wedge")"
forward "forge" out
is "$status" 0 "exit status"
weak FRAMES
lol run --memory 128M --kernel "$kernel" --initrd "$(image "$BUILD/tests/attack/user")" --append "oops=panic" \
	-- /t/user forge "$(entry weak/wedge)"
if [ "$status" != 0 ]; then pass "without the checks the guest does not survive"
else fail "without the checks the guest does not survive" "$(said)"; fi
nothing_left "nothing is left"
