# SPDX-License-Identifier: GPL-2.0-only
# Expects: an idle guest uses less than 1 % of a host core, all its processes together.
ticks() { for p in $(running); do sed 's/.*) //' /proc/$p/stat 2>/dev/null; done | awk '{s += $12 + $13} END {print s + 0}'; }
timeout 60 "$LOL" run --quiet -- sleep 30 < /dev/null > out 2> err &
monitor=$!
sleep 3
before=$(ticks)
sleep 10
after=$(ticks)
count=$(running | wc -l)
if [ "$count" -ge 2 ] && [ $((after - before)) -le 10 ]; then
	pass "idle: $((after - before)) ticks of 10 ms in 10 s"
else
	fail "idle: $((after - before)) ticks of 10 ms in 10 s" "$count processes: $(ps -o pid,stat,time,comm -p "$(running | tr '\n' ',' | sed 's/,$//')")"
fi
memory=0
for p in $(running); do memory=$((memory + $(awk '/^Pss:/ {print $2}' /proc/$p/smaps_rollup 2>/dev/null || echo 0))); done
echo "# memory of all processes, shared pages counted once: $((memory / 1024)) MiB"
kill $monitor
wait $monitor
is $? 143 "SIGTERM ends it"
nothing_left "nothing is left"
