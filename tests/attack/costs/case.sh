# SPDX-License-Identifier: GPL-2.0-only
# Expects: a guest kernel that gets round the wedge's budget of page tables is ended by
# the monitor, which says why; one that does not look lets it have them.  What the guest
# must not give back to the host stays.
limit=120
start() # MONITOR ATTACK BRIDGE [HOLD]: sets $guard
{
	rm -f out err
	timeout -k 5 "$limit" "$1" run --memory 64M --max-spaces 8 --kernel "$BUILD/hostile" --initrd "" \
		--bridge "$3" --append "attack=$2 pid=$$ hold=${4-200}" > out 2> err < /dev/null &
	guard=$!
}

# While it runs: most page tables of all together, in MiB.
watch_tables()
{
	local p sum monitor
	tables=0
	while kill -0 $guard 2>/dev/null; do
		monitor=$(monitor_of "$(pgrep -P $guard)")
		sum=0
		while read -r p; do sum=$((sum + p)); done < <(
			for p in $(pgrep -P "${monitor:-0}"); do awk '/^VmPTE/ {print $2}' "/proc/$p/status"; done 2>/dev/null)
		[ $((sum / 1024)) -le $tables ] || tables=$((sum / 1024))
		sleep 0.05
	done
	wait $guard
	status=$?
	echo "# $tables MiB of page tables at most"
}

for bridge in split in-place ptrace; do
	start "$LOL" 17 $bridge
	watch_tables
	is "$status $(grep -c survived out)" "121 0" "$bridge: pages far apart end the guest"
	like "$(cat err)" '^lol: the guest.s processes have more than [0-9]+ MiB of page tables on the host' "$bridge: and the reason is told"
	start "$LOL" 18 $bridge
	wait $guard
	status=$?
	is "$status $(tr '\n' ' ' < out)" "0 all refused and one was given back " "$bridge: what must not be given back stays"
done
start "$BUILD/tests/weak/COSTS/lol" 17 split 8
watch_tables
is "$status $(grep -c survived out)" "0 1" "unwatched: it goes on"
ok test $tables -gt 200 -- "unwatched: with $tables MiB of page tables"

# The same by guest programs: the wedge drops mappings at the budget; where it does not,
# the monitor sees.
programs() # TIMES
{
	lol run --quiet --memory 1G --max-spaces 16 --kernel "$kernel" --initrd "$(image scatter)" -- \
		sh -c "for i in \$(seq $1); do /t/scatter 60000 8 || exit 1; done"
}
weak BUDGET
programs 100
is "$status" 121 "without the budget programs far apart end the guest"
like "$(cat err)" 'page tables on the host' "without the budget: the monitor says why"
cp -L "$BUILD/wedge" weak/
programs 3
is "$status" 0 "with the budget they do not"
nothing_left "nothing is left"
