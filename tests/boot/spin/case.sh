# SPDX-License-Identifier: GPL-2.0-only
# Expects: a guest that makes system calls may use a second host CPU, but one that
# computes afterwards does not keep it spinning; one that was given a single CPU stays there.
ticks() { cat $(printf '/proc/%s/stat ' $who) 2>/dev/null | sed 's/.*) //' | awk '{s += $12 + $13} END {print s + 0}'; }
timeout 120 "$LOL" run --quiet -- sh -c \
	'timeout 2 dd if=/dev/zero of=/dev/null bs=1 2> /dev/null; echo computes; while :; do :; done' < /dev/null > out 2> err &
monitor=$!
for i in $(seq 600); do grep -q computes out && break; sleep 0.1; done
sleep 1
who=$(running)
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

cpu=$(taskset -cp $$ | sed 's/.*[ ,-]//')
timeout 120 taskset -c "$cpu" "$LOL" run --quiet -- sh -c \
	'echo calls; dd if=/dev/zero of=/dev/null bs=1 2> /dev/null' < /dev/null > out 2> err &
monitor=$!
for i in $(seq 600); do grep -q calls out && break; sleep 0.1; done
sleep 2
elsewhere=$(for p in $(running); do grep -s Cpus_allowed_list /proc/$p/task/*/status; done | grep -vc "[[:space:]]$cpu\$")
is "$elsewhere" 0 "threads that may run on another CPU than the one it was given"
kill $monitor
wait $monitor
nothing_left "nothing is left"
