# SPDX-License-Identifier: GPL-2.0-only
# Expects: guest user code sees nothing of guest kernel, K and monitor in its
# process; with the in-place bridge, which does not claim that, it does.
limit=200
lol run --quiet --memory 128M --initrd "$(image "$BUILD/tests/attack/user")" -- /t/user scan
forward "scan" out
is "$status" 0 "exit status"
lol run --quiet --memory 128M --bridge in-place --initrd "$(image "$BUILD/tests/attack/user")" -- /t/user scan
like "$(cat out err)" '^# 0x6.* can be|^not ok' "in-place the guest kernel can be read"
nothing_left "nothing is left"
