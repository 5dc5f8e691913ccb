# SPDX-License-Identifier: GPL-2.0-only
# Expects: on a host without system call filters auto takes the ptrace bridge, with a
# word about what is missing; other bridges say why they cannot run.  Where the load of
# a filter never returns, lol ends and says so.
lol=$LOL
host() # WORD...: from here on, lol as on a host without these
{
	local word rules=
	for word; do
		case $word in
		seccomp) rules="$rules seccomp=ENOSYS prctl,0,22=EINVAL" ;;	# PR_SET_SECCOMP
		ptrace) rules="$rules ptrace=EPERM" ;;
		hang) rules="$rules seccomp=HANG" ;;
		esac
	done
	printf '#!/bin/sh\nexec "%s" %s -- "%s" "$@"\n' "$BUILD/tests/lib/deny" "$rules" "$lol" > poor && chmod +x poor
	LOL=$PWD/poor
}
host seccomp

lol probe
is $status 0 "lol probe: guests can run"
like "$(cat out)" '^seccomp +missing' "lol probe: no seccomp"
like "$(cat out)" '^bridge split +missing .*seccomp' "lol probe: why not split"
like "$(cat out)" '^bridge in-place +missing .*seccomp' "lol probe: why not in-place"
like "$(cat out)" '^bridge ptrace +ok' "lol probe: ptrace"
for bridge in split in-place; do
	lol run --bridge $bridge -- true
	is $status 1 "--bridge $bridge: refused"
	is "$(cat err | wc -l) $(grep -c "$bridge.*seccomp" err)" "1 1" "--bridge $bridge: one line says why"
done
lol run -- sh -c 'echo hello; exit 3'
is "$status $(cat out)" "3 hello" "a guest runs"
is "$(grep -c '^lol: .*seccomp.*not confined' err)" 1 "and says once that it is not confined"
lol run --quiet --bridge ptrace -- sh -c 'echo hello'
is "$status $(cat out) $(cat err)" "0 hello " "nothing is said with --quiet"
for name in registers memory fault signals threads fpu; do
	limit=120
	arguments=$(sed -n "s/^$name\t* *\([^|]*\)|.*/\1/p" "$TESTS/guest/list")
	lol run --quiet --memory 128M --initrd "$(image $name)" -- /t/$name $arguments
	forward "$name" out
done
host ptrace
lol run --bridge ptrace -- true
is "$status $(grep -c 'ptrace is refused' err)" "1 1" "a host that refuses ptrace: --bridge ptrace says so"
lol probe
like "$(cat out)" '^bridge ptrace +missing .*refused' "lol probe too"
lol run --quiet -- echo hello
is "$status $(cat out)" "0 hello" "and auto is split there"
host ptrace seccomp
lol run -- true
is "$status $(grep -c 'seccomp' err)" "1 1" "without either nothing can run, and seccomp is named"
lol probe
is "$status $(tail -n 1 out)" "1 lol cannot run guests here" "lol probe too"

# A host that never returns from loading one; all at once, since each takes its 10 s.
if "$BUILD/tests/lib/deny" seccomp=HANG -- /bin/true 2> deny.log; then
	host hang
	for how in "run" "run --bridge ptrace" probe; do
		mkdir "$how" && (cd "$how" && lol $how $([ "$how" = probe ] || echo -- true); echo $status > status) &
	done
	wait
	for how in "run" "run --bridge ptrace"; do
		is "$(cat "$how/status" "$how/out")" 1 "filters that never get loaded: lol $how ends"
		is "$(wc -l < "$how/err") $(grep -c '^lol: the host does not get done with loading a system call filter' "$how/err")" "1 1" \
			"lol $how says so in one line"
	done
	is "$(cat probe/status) $(tail -n 1 probe/out)" "1 lol cannot run guests here" "lol probe ends, too"
	nothing_left "the processes that hang are killed"
else
	skip "filters that never get loaded" "$(cat deny.log)"
fi
LOL=$lol
lol run -- true
unlike "$(cat err)" 'seccomp' "with seccomp nothing is said"
nothing_left "nothing is left"
