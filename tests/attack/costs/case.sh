# SPDX-License-Identifier: GPL-2.0-only
# Expects: a guest kernel that gets round the wedge's budget of page tables is ended by
# the monitor, which says why, be it in its own process or by the agents of many spaces;
# one that does not look lets it have them.  Guest programs stay within the budget, however
# many there are.  What the guest must not give back to the host stays.
limit=600
start() # MONITOR BRIDGE OPTION...: in the background; sets $guard
{
	local monitor=$1 bridge=$2
	shift 2
	rm -f out err
	timeout -k 5 "$limit" "$monitor" run --bridge "$bridge" "$@" > out 2> err < /dev/null &
	guard=$!
}

kernel_attack() # MONITOR ATTACK BRIDGE [HOLD]
{
	start "$1" "$3" --memory 64M --max-spaces 16 --kernel "$BUILD/hostile" --initrd "" \
		--append "attack=$2 pid=$$ hold=${4-200}"
}

# While it runs: most page tables of all together, in MiB, and most processes.
watch_tables()
{
	local p n sum monitor
	tables=0 most=0
	while kill -0 $guard 2>/dev/null; do
		monitor=$(monitor_of "$(pgrep -P $guard)")
		read -r n sum < <(for p in $(pgrep -P "${monitor:-0}"); do echo "/proc/$p/status"; done |
			xargs -r grep -sh '^VmPTE' | awk '{ n++; s += $2 } END { print n + 0, int(s / 1024) }')
		[ "$sum" -le $tables ] || tables=$sum
		[ "$n" -le $most ] || most=$n
		sleep 0.05
	done
	wait $guard
	status=$?
	echo "# $most processes, $tables MiB of page tables at most"
}

beyond='^lol: the guest.s processes have more than [0-9]+ MiB of page tables on the host'
for bridge in split in-place ptrace; do
	kernel_attack "$LOL" 17 $bridge
	watch_tables
	is "$status $(grep -c survived out)" "121 0" "$bridge: pages far apart end the guest"
	like "$(cat err)" "$beyond" "$bridge: and the reason is told"
	kernel_attack "$LOL" 18 $bridge
	wait $guard
	status=$?
	is "$status $(tr '\n' ' ' < out)" "0 all refused and one was given back " "$bridge: what must not be given back stays"
	[ $bridge != in-place ] || continue
	kernel_attack "$LOL" 27 $bridge
	watch_tables
	is "$status $(grep -c survived out)" "121 0" "$bridge: agents of many spaces, pages far apart: they end the guest"
	like "$(cat err)" "$beyond" "$bridge: many agents: and the reason is told"
done
for attack in 17 27; do
	kernel_attack "$BUILD/tests/weak/COSTS/lol" $attack split 8
	watch_tables
	is "$status $(grep -c survived out)" "0 1" "attack $attack, unwatched: it goes on"
	ok test $tables -gt 200 -- "attack $attack, unwatched: with $tables MiB of page tables"
done

# The same by guest programs, few and many: the wedge drops mappings at the budget; where
# it does not, the monitor sees.
programs() # BRIDGE TIMES MEMORY SPACES ARGUMENT...
{
	local bridge=$1 times=$2 memory=$3 spaces=$4
	shift 4
	start "$LOL" "$bridge" --quiet --memory "${memory}M" --max-spaces "$spaces" --kernel "$kernel" \
		--initrd "$(image scatter)" -- sh -c "for i in \$(seq $times); do /t/scatter $* || exit 1; done"
	watch_tables
	# a quarter of RAM and 32 MiB, what each may keep in any case, and the guest kernel's
	bound=$((memory / 4 + 32 + 8 + most * 160 / 1024))
}
limit=600
weak BUDGET
programs split 100 1024 16 60000 8
is "$status" 121 "without the budget programs far apart end the guest"
like "$(cat err)" "$beyond" "without the budget: the monitor says why"
for bridge in split ptrace; do
	cp -L "$BUILD/tests/weak/BUDGET/wedge" weak/
	programs $bridge 100 640 256 55000 250 1
	is "$status" 121 "$bridge: without the budget many programs do, too"
	like "$(cat err)" "$beyond" "$bridge, many programs: the monitor says why"
	cp -L "$BUILD/wedge" weak/
	programs $bridge 3 640 256 55000 250 1
	is "$status $(grep -c '^ok' out)" "0 6" "$bridge: with the budget they do not"
	ok test $most -gt 50 -a $tables -gt 60 -a $tables -le $bound -- \
		"$bridge, many programs: $tables MiB of page tables, $bound allowed"
done
programs split 3 1024 16 60000 8
is "$status" 0 "with the budget few programs do not either"
nothing_left "nothing is left"
