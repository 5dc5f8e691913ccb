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
mkfifo line
timeout -k 5 $limit "$LOL" run --quiet --memory 128M ${BRIDGE:+--bridge $BRIDGE} -- sh -c \
	'echo up; i=0; while ! [ -e /done ]; do (exit 0); i=$((i+1)); done & read x; touch /done; wait $!; echo "went on"' \
	< line > out 2> err &
guard=$!
exec 7> line
for i in $(seq 1200); do grep -q up out 2>/dev/null && break; kill -0 $guard 2>/dev/null || break; sleep 0.1; done
monitor=$(monitor_of "$(pgrep -P $guard -n)")
# only those that wait: nobody's registers are lost
sent=$("$BUILD/tests/lib/kills" $two -w S "$monitor" 100 20)
(trap '' PIPE; echo >&7) 2> /dev/null
wait $guard
status=$?
exec 7>&-
is "$sent killed that waited, $(tail -n 1 out), status $status" "100 killed that waited, went on, status 0" \
	"processes for address spaces die at any time"
nothing_left "nothing is left"
