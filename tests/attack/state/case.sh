# SPDX-License-Identifier: GPL-2.0-only
# Expects: a program that enters the guest's kernel and leaves it in odd states gets
# the signals and registers that the host's kernel would give it, to the last bit; without
# clean flags in the wedge (ptrace: with the host's layout for compatibility mode) it does not.
# Wild states cost the task's life at most.
. "$TESTS/lib/watch.sh"
program=$BUILD/tests/attack/state
initrd=$(image "$program")
limit=600
kernel=
if [ "$LONG" = 0 ]; then rounds=3000 seeds="1 2" long=
else rounds=20000 seeds="1 2 3 4 5 6 7 8 9 10 $RANDOM" long=long; fi

attack() { lol run --quiet --memory 128M ${kernel:+--kernel "$kernel"} --initrd "$initrd" -- /t/state "$@"; }

watch_start
for seed in $seeds; do
	"$program" $rounds $seed > native
	attack $rounds $seed
	is "$status $(grep -c . out) $(diff native out | head -n 10)" "0 $((rounds + 1)) " "seed $seed: $rounds states, as native"
done
attack wild $long
forward "wild" out
is "$status" 0 "wild: exit status"
watch_end "host"
weak STATE
"$program" 500 1 > native
limit=60
attack 500 1
if cmp -s native out; then fail "a wedge without that is found"; else pass "a wedge without that is found"; fi
nothing_left "nothing is left"
