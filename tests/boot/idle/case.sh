# SPDX-License-Identifier: GPL-2.0-only
# Expects: an idle guest uses less than 1 % of a host core, all its processes together.
hertz=$(getconf CLK_TCK)
limit=300

# Sets $ticks, of all processes of the guest and those they have outlived, and $ns, the host's
# clock then.
measure()
{
	local p pids
	pids=$(running)
	ns=$(date +%s%N)
	ticks=$(for p in $pids; do sed 's/.*) //' /proc/$p/stat 2>/dev/null; done | awk '{s += $12 + $13 + $14 + $15} END {print s + 0}')
}

begin -- sh -c 'echo up; exec sleep 600'
sleep 3
measure
before=$ticks since=$ns
sleep $((LONG ? 60 : 10))
measure
ms=$(((ns - since) / 1000000))
text="$((ticks - before)) ticks of $((1000 / hertz)) ms in $ms ms"
count=$(running | wc -l)
if [ "$count" -ge 2 ] && [ $(((ticks - before) * 1000 * 100)) -le $((ms * hertz)) ]; then
	pass "idle: $text"
else
	fail "idle: $text" "$count processes: $(ps -o pid,stat,time,comm -p "$(running | tr '\n' ',' | sed 's/,$//')")"
fi
memory=0
for p in $(running); do memory=$((memory + $(awk '/^Pss:/ {print $2}' /proc/$p/smaps_rollup 2>/dev/null || echo 0))); done
echo "# memory of all processes, shared pages counted once: $((memory / 1024)) MiB"
kill $guard
await
is $status 143 "SIGTERM ends it"
nothing_left "nothing is left"
