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
for verb in help version probe; do
	"$LOL" $verb > /dev/full 2> err
	is "$? $(cat err)" "1 lol: standard output: No space left on device" "lol $verb tells that nobody can read it"
done
for verb in run probe version; do
	lol $verb -h
	is "$status $(head -c 14 out)" "0 usage: lol run" "lol $verb -h is lol help"
done
