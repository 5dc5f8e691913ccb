# SPDX-License-Identifier: GPL-2.0-only
# Expects: guest user code that jumps to the wedge's own syscall instructions gets
# futex WAIT and WAKE from the host and nothing else; without the filter it does.
limit=300
lol run --quiet --memory 128M --initrd "$(image "$BUILD/tests/attack/user")" -- /t/user calls
forward "calls" out
is "$status" 0 "exit status"
weak FILTER
limit=20
lol run --quiet --memory 128M --kernel "$kernel" --initrd "$(image "$BUILD/tests/attack/user")" -- /t/user calls
like "$(cat out)" '^# call 0 at .* passed: 0xfffffffffffffff7' "without the filter the host answers"
nothing_left "nothing is left"
