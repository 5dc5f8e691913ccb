# SPDX-License-Identifier: GPL-2.0-only
# Expects: the wall clock is the host's, time passes at the host's rate, timers
# have nanosecond resolution and the guest runs without a periodic tick.
guest 'date +%s'
got=$(cat out) now=$(date +%s)
if [ -n "$got" ] && [ $((now - got)) -le 5 ] && [ $((now - got)) -ge -1 ]; then pass "wall clock"; else fail "wall clock" "$got, host $now"; fi
before=$(date +%s%N)
guest 'read a _ < /proc/uptime; sleep 3; read b _ < /proc/uptime; echo $a $b'
took=$((($(date +%s%N) - before) / 1000000))
read -r a b < out
rate=$(awk "BEGIN {print int(($b - $a) * 1000)}")
if [ "$rate" -ge 2990 ] && [ "$rate" -le $((took + 10)) ]; then pass "3 s of sleep"; else fail "3 s of sleep" "guest $rate ms, host $took ms"; fi
guest 'cat /sys/devices/system/clocksource/clocksource0/current_clocksource; cat /proc/timer_list | grep -m1 -i "resolution"; grep -c nohz /proc/timer_list'
like "$(cat out)" '1 nsecs' "timer resolution of 1 ns"
guest 'a=$(grep -i "^ *LOC\|timer" /proc/interrupts | head -n1 | awk "{print \$2}"); sleep 2; b=$(grep -i "^ *LOC\|timer" /proc/interrupts | head -n1 | awk "{print \$2}"); echo $((b - a))'
if [ "$(cat out)" -lt 150 ] 2>/dev/null; then pass "no periodic tick while idle ($(cat out) in 2 s)"; else fail "no periodic tick while idle" "$(said)"; fi
