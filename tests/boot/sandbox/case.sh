# SPDX-License-Identifier: GPL-2.0-only
# Expects: the running monitor is confined, has nothing open that it does not need,
# and still does all that it has to do.  (All other cases run under the same
# confinement; here are the ways that they do not take.)
start() # LOL ARGUMENT...
{
	rm -f out err
	timeout -k 5 120 "$LOL" run "$@" < "${input:-/dev/null}" > out 2> err &
	guard=$!
	for i in $(seq 200); do grep -q up out 2>/dev/null && break; sleep 0.1; done
	lol=$(pgrep -P $guard -n)
	monitor=$(monitor_of "$lol")
	launcher=$(launcher_of "$lol")
}
says() { awk -v name="$2:" '$1 == name {print $2}' "/proc/$1/status"; }

start --quiet -- sh -c 'echo up; sleep 60'
is "$(says "$monitor" Seccomp)" 2 "the monitor has a filter"
is "$(says "$monitor" NoNewPrivs)" 1 "and gains no privileges"
is "$(says "$launcher" NoNewPrivs)" 1 "nor does the launcher"
if [ "$(id -u)" = 0 ] || [ -r "/proc/$monitor/fd" ]; then
	unlike "$(ls -l "/proc/$monitor/fd")" 'vmlinux|initramfs|wedge' "it has no file open that it was given"
	unlike "$(ls -l "/proc/$launcher/fd" | sed 's/.* -> //')" 'vmlinux|initramfs|null|/out$|/err$' "the launcher has none of the user's streams"
	is "$(grep -c 'memfd:lol' "/proc/$launcher/maps")" 0 "nor memory in common with the guest"
fi
for p in $(spaces_of "$lol"); do
	is "$(says "$p" NoNewPrivs)" 1 "process $(says "$p" Name) gains no privileges"
done
kill "$lol"
wait $guard

# starts over, several times, as the same process
cat > script <<'END'
expect # 
send echo $((6*7))-first; reboot -f\n
expect 42-first
expect # 
raw
size 40 133
sleep 500
send stty size\n
expect 40 133
expect # 
send echo $((6*7))-second; reboot -f\n
expect 42-second
expect # 
send echo $((6*7))-third\n
expect 42-third
send exit\n
status 0
restored
END
if timeout 120 "$BUILD/tests/lib/pty" script "$LOL" run > transcript 2> err; then
	pass "the guest resets itself, twice"
else
	fail "the guest resets itself, twice" "$(cat err)"
fi
nothing_left "nothing is left"

# stopped and continued, the monitor alone and all of them
start --quiet -- sh -c 'echo up; i=0; while [ $((i += 1)) -le 30 ]; do echo $i; sleep 0.1; done; exit 7'
for who in "$monitor" "$launcher" "$lol"; do
	kill -STOP "$who"
	sleep 0.3
	kill -CONT "$who"
done
wait $guard
is "$?: $(tail -n 1 out): $(cat err)" "7: 30: " "stopped and continued: it goes on"

# the launcher does not answer for longer than the monitor waits for a look
start --quiet -- sh -c 'echo up; sleep 5; echo late; exit 7'
kill -STOP "$launcher"
wait $guard
is "$?: $(tail -n 1 out): $(cat err)" "7: late: " "launcher stopped: the guest goes on"
nothing_left "nothing is left"

# the monitor is killed: what remains is the one who knew the terminal before
cat > script <<'END'
timeout 60
status 137
restored
END
"$BUILD/tests/lib/pty" script "$LOL" run > transcript 2> err &
guard=$!
for i in $(seq 300); do
	lol=$(pgrep -P $guard -x lol) && monitor=$(monitor_of "$lol") &&
		stty -F "/proc/$lol/fd/0" -a 2> /dev/null | grep -q -- ' -icanon' && break
	sleep 0.1
done
kill -9 "$monitor"
if wait $guard; then pass "monitor killed: the terminal is as before"; else fail "monitor killed: the terminal is as before" "$(cat err)"; fi
nothing_left "nothing is left"

# a host without Landlock
"$BUILD/tests/lib/deny" landlock_create_ruleset=ENOSYS -- "$LOL" run --quiet -- echo up > out 2> err < /dev/null
is "$?: $(cat out err)" "0: up" "without Landlock: not a word"
like "$("$BUILD/tests/lib/deny" landlock_create_ruleset=ENOSYS -- "$LOL" probe)" '^landlock files *missing' "without Landlock: probe tells"
like "$("$LOL" probe)" '^monitor seccomp *ok' "probe tells of the monitor's filter"

# random numbers, huge pages, modules' memory: what devices and housekeeping call
guest 'dd if=/dev/hwrng bs=4096 count=64 2>/dev/null | wc -c; dd if=/dev/zero of=/tmp/f bs=1M count=90 2>/dev/null; sleep 2; rm /tmp/f; echo done'
is "$(echo $(cat out)): $(cat err)" "262144 done: " "random numbers, memory"

# standard output is a socket, and full
guest='i=0; while [ $((i += 1)) -le 20000 ]; do echo "line $i"; done; echo end >&2'
is "$(python3 - "$LOL" "$guest" <<'END'
import socket, subprocess, sys, time
a, b = socket.socketpair()
p = subprocess.Popen([sys.argv[1], "run", "--quiet", "--", "sh", "-c", sys.argv[2]], stdin=subprocess.DEVNULL, stdout=b, stderr=subprocess.PIPE)
b.close()
time.sleep(2)
n = 0
while True:
    d = a.recv(65536)
    if not d:
        break
    n += d.count(b"\n")
print(n, p.wait(), p.stderr.read().decode().strip())
END
)" "20000 0 end" "standard output is a socket"

# a reader that goes away
timeout 60 "$LOL" run --quiet -- sh -c 'while :; do echo y; done' 2> err < /dev/null | head -n 3 > out
is "${PIPESTATUS[0]}: $(cat err)" "141: " "the reader goes away"

# ends of the guest
lol run -- sh -c 'echo c > /proc/sysrq-trigger'
is $status 120 "panic"
unlike "$(cat err)" BUG: "panic: no call was refused"
nothing_left "nothing is left"
