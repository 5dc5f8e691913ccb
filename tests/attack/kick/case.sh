# SPDX-License-Identifier: GPL-2.0-only
# Expects: whatever a program does to its part of the hand-over, it is preempted,
# or killed for not being; without the bound on waiting the guest stands still.
limit=120
lol run --quiet --memory 128M --initrd "$(image "$BUILD/tests/attack/user")" -- /t/user kick
forward "kick" out
is "$status" 0 "exit status"
weak KICK
limit=20
lol run --quiet --memory 128M --kernel "$kernel" --initrd "$(image "$BUILD/tests/attack/user")" -- /t/user kick
unlike "$(cat out)" '^ok 2' "without the bound the attack works"
nothing_left "nothing is left"
