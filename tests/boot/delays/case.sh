# SPDX-License-Identifier: GPL-2.0-only
# Expects: wherever between two steps of what they agree upon the host takes the CPU away
# from monitor, vCPU, space or zygote, no interrupt is forgotten and no task lost.  And a
# process that dies when it is about to be given an address space is not waited for.
LOL=$BUILD/tests/weak/DELAY/lol
limit=300
initrd=$(image kicks)
lol run --quiet --memory 128M --initrd "$initrd" -- /t/kicks 100
forward "kicks" out
is "$status: $(cat err)" "0: " "kicks: status and messages"

[ "${BRIDGE-}" != ptrace ] || return 0	# there who runs cannot be told from who waits

two="-t 2"
[ "${BRIDGE-}" != in-place ] || two=
begin --memory 128M -- sh -c \
	'echo up; i=0; while ! [ -e /done ]; do (exit 0); i=$((i+1)); done & read x; touch /done; wait $!; echo "went on"'
# only those that wait: nobody's registers are lost
sent=$("$BUILD/tests/lib/kills" $two -w S "$monitor" 100 20)
tell
await
is "$sent killed that waited, $(tail -n 1 out), status $status" "100 killed that waited, went on, status 0" \
	"processes for address spaces die at any time"
nothing_left "nothing is left"
