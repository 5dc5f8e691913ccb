# SPDX-License-Identifier: GPL-2.0-only
# Expects: --quiet shows nothing but the command's output; without it the kernel
# may speak; --append reaches the kernel's command line.
lol run --quiet -- echo only
is "$(cat out)" only "stdout is the command's"
is "$(cat err)" "" "stderr is empty"
lol run --quiet --append "one.test=two three" -- cat /proc/cmdline
like "$(cat out)" 'one.test=two three' "--append"
lol version
is $status 0 "lol version"
like "$(cat out)" '[0-9]' "shows a version"
lol help
is $status 0 "lol help"
like "$(cat out)" 'usage: lol run' "shows the usage"
lol probe
like "$(cat out)" '[Ss]eccomp' "lol probe names host features"
