# SPDX-License-Identifier: GPL-2.0-only
# Expects: a guest that makes system calls may use a second host CPU, but one that
# computes afterwards does not keep it spinning.
ticks() { for p in $(running); do sed 's/.*) //' /proc/$p/stat 2>/dev/null; done | awk '{s += $12 + $13} END {print s + 0}'; }
timeout 120 "$LOL" run --quiet -- sh -c \
	'timeout 2 dd if=/dev/zero of=/dev/null bs=1 2> /dev/null; echo computes; while :; do :; done' < /dev/null > out 2> err &
monitor=$!
for i in $(seq 600); do grep -q computes out && break; sleep 0.1; done
sleep 1
start=$(date +%s%N)
before=$(ticks)
sleep 3
after=$(ticks)
most=$((($(date +%s%N) - start) / 8000000))	# 125 % of the time, ticks of 10 ms
used=$((after - before))
if [ $used -gt 0 ] && [ $used -le $most ]; then
	pass "it uses one CPU: $used ticks of at most $most"
else
	fail "it uses one CPU: $used ticks of at most $most" "$(ps -o pid,stat,time,psr,comm -p "$(running | tr '\n' ',' | sed 's/,$//')")"
fi
kill $monitor
wait $monitor
is $? 143 "SIGTERM ends it"
nothing_left "nothing is left"
