# SPDX-License-Identifier: GPL-2.0-only
# Expects: what a guest costs the host stays bounded whatever its programs do:
# processes, page tables, and memory that it has freed.  Looked at from outside.
start() # LOL-OPTION... -- COMMAND...: in the background; sets $guard, $monitor
{
	rm -f out err
	timeout -k 5 "$limit" "$LOL" run --quiet ${BRIDGE:+--bridge "$BRIDGE"} "$@" < "${input:-/dev/null}" > out 2> err &
	guard=$!
	monitor=
	for i in $(seq 200); do monitor=$(monitor_of "$(pgrep -P $guard)") && break; sleep 0.05; done
}

# While the guest runs: most processes, most page tables of all together in KiB.
watch_it()
{
	local p n sum seen
	most=0 tables=0 seen=0
	while [ -d "/proc/$monitor" ] && kill -0 $guard 2>/dev/null; do
		n=0 sum=0
		while read -r p; do n=$((n + 1)) sum=$((sum + p)); done < <(
			for p in "$monitor" $(pgrep -P "$monitor"); do awk '/^VmPTE/ {print $2}' "/proc/$p/status"; done 2>/dev/null)
		[ $n -le $most ] || most=$n
		[ $sum -le $tables ] || tables=$sum
		seen=$((seen + 1))
		sleep 0.1
	done
	wait $guard
	status=$?
	echo "# looked $seen times: $most processes, $((tables / 1024)) MiB of page tables at most"
}

# more processes than spaces, and the least number of spaces
limit=240
for run in "crowd 40 20" "forkstorm 400"; do
	start --max-spaces 4 --initrd "$(image ${run%% *})" -- /t/$run
	watch_it
	forward "4 spaces, $run" out
	ok test $most -le 8 -- "4 spaces, $run: $most host processes"
done

# fork bombs: monitor, launcher, init, zygote, spaces
start --memory 128M --max-spaces 16 --initrd "$(image bomb)" -- /t/bomb 3 100
watch_it
forward "fork bomb with a limit" out
ok test $most -ge 3 -a $most -le 20 -- "fork bomb with a limit: $most host processes"
start --memory 64M --max-spaces 64 --initrd "$(image bomb)" -- /t/bomb 3
watch_it
forward "fork bomb without" out
# in-place most spaces serve again, and none is waited for
if [ "$BRIDGE" != in-place ]; then
	stolen=$(sed -n 's/.* \([0-9]*\) ticks stolen/\1/p' out)
	ok test "${stolen:-0}" -gt 0 -- "fork bomb without: the guest sees time stolen (${stolen:-none})"
fi
ok test $most -ge 3 -a $most -le 68 -- "fork bomb without: $most host processes"

# page tables: a quarter of RAM and 32 MiB, what each space may keep in any case, and
# those of the processes that run the guest kernel, by the size of RAM
own=160
[ "$BRIDGE" != in-place ] || own=$((own + 4096))
for n in 1 8; do
	start --memory 1G --initrd "$(image scatter)" -- /t/scatter 50000 $n
	watch_it
	forward "pages far apart, $n processes" out
	bound=$(((256 + 32 + 8) * 1024 + most * own))
	[ $n != 1 ] || bound=$(((64 + 8) * 1024 + most * own))
	ok test $tables -gt 30000 -a $tables -le $bound -- "pages far apart, $n processes: $tables KiB of page tables, $bound allowed"
done

# what the guest frees comes back
resident() { echo $(($(stat -L -c %b "/proc/$monitor/fd/$ram" 2>/dev/null || echo 0) / 2048)); }
mkfifo go
sleep 600 > go &
holder=$!
input=go start --memory 512M --initrd "$(image giveback)" -- /t/giveback 300 200
for i in $(seq 600); do grep -q touched out 2>/dev/null && break; sleep 0.1; done
ram=$(ls -l "/proc/$monitor/fd" | awk '/lol-ram/ {print $9}')
before=$(resident)
echo > go
for i in $(seq 900); do after=$(resident); [ $((before - after)) -ge 210 ] && break; sleep 0.1; done
echo "# after $((i / 10)) s"
ok test $((before - after)) -ge 210 -- "of 262 MiB freed the host has $((before - after)) back ($before, $after)"
echo > go
wait $guard
kill $holder
forward "memory given back" out
nothing_left "nothing is left"
