# SPDX-License-Identifier: GPL-2.0-only
# Expects: ten guests at once, each with its own memory and result.
for i in 0 1 2 3 4 5 6 7 8 9; do
	timeout 120 "$LOL" run --quiet --memory 128M -- sh -c "n=0; while [ \$n -lt 20 ]; do n=\$((n + 1)); (exit \$n); [ \$? = \$n ] || exit 99; sleep 0.05; done; echo guest $i; exit $((10 + i))" < /dev/null > out.$i 2> err.$i &
	pids[i]=$!
done
for i in 0 1 2 3 4 5 6 7 8 9; do
	wait ${pids[i]}
	is "$? $(cat out.$i)" "$((10 + i)) guest $i" "guest $i"
	[ -s err.$i ] && tail -n 5 err.$i | sed 's/^/# /'
done
nothing_left "nothing is left"
