# SPDX-License-Identifier: GPL-2.0-only
# Expects: what a hostile guest kernel aims at it does not reach, and does reach in a
# build without the defence in question, so that the attack means something.  Victims
# are processes and files of this case; what works stops at once.
. "$TESTS/lib/watch.sh"
strong=$LOL
limit=120

# The monitor of a build that lacks a defence, or the wedge.
without() { LOL=$BUILD/tests/weak/$1/lol; }
with() { LOL=$strong; }

attack() # NUMBER [PID]; $bridge, $what
{
	lol run --memory 64M --max-spaces 8 --kernel "$BUILD/hostile" --initrd "" --bridge "${bridge:-split}" \
		--append "attack=$1 pid=${2-0} what=${what-0} path=$PWD/was-here"
}

reaches() # STATUS SAID NAME: how the guest ended, and the last word of its kernel
{
	is "$status $(tail -n 1 out)" "$1 $2" "$3"
}

# A process of the host's that is not the guest's, in a session of its own.
new_victim()
{
	setsid sleep 600 &
	victim=$!
}

# Sets $harmed: by which signal it has come to its end, if by any but ours.
see_victim()
{
	kill -VTALRM $victim 2>/dev/null
	wait $victim
	harmed=$(($? - 128))
}
unharmed=26

watch_start
canary_pid=$victim

# --- the zygote: how many processes there are is in its own books ---
count() # sets $most: processes of the guest, when its kernel has done what it could
{
	attack 19 &
	most=
	for i in $(seq 1000); do
		grep -Eqs '^(refused|made)$' out && break
		sleep 0.1
	done
	most=$(spaces_of "$(pgrep -x lol -P "$(pgrep -d, -x timeout -P $!)")" | wc -l)
	kill "$(pgrep -x lol -P "$(pgrep -d, -x timeout -P $!)")"
	wait $!
	nothing_left "nothing is left"
}
for bridge in split in-place; do
	rm -f out
	count
	is "$(cat out)" refused "$bridge: no process beyond the number of spaces"
	ok test "$most" -ge 3 -a "$most" -le 11 -- "$bridge: $most processes"
	weak ZYGOTE
	rm -f out
	count
	is "$(cat out)" made "$bridge, without: there are more"
	ok test "$most" -gt 20 -- "$bridge, without: $most processes"
	with
done
bridge=

# --- the monitor: whom it signals ---
new_victim
attack 20 $victim
see_victim
is "$status $(cat out) $harmed" "0 kicked $unharmed" "a kick cannot be turned against a stranger"
new_victim
attack 21 $victim
see_victim
is "$status $(cat out) $harmed" "0 killed $unharmed" "nor a kill"
without CHILD
if "$strong" probe | grep -q '^landlock signals *ok'; then
	new_victim
	attack 20 $victim
	see_victim
	is "$status $harmed" "122 $unharmed" "without: Landlock is behind it"
	like "$(cat err)" 'the host refused tgkill: Operation not permitted' "without: it says so"
	new_victim
	attack 21 $victim
	see_victim
	is "$status $harmed" "0 $unharmed" "without: of a kill likewise"
else
	skip "Landlock behind it" "no Landlock of version 6"
fi
without CHILD+LANDLOCK
new_victim
attack 20 $victim
see_victim
is "$harmed" 10 "without both: a stranger is kicked"
new_victim
attack 21 $victim
see_victim
is "$harmed" 9 "without both: a stranger is killed"
with

# --- the monitor: what it reads ---
attack 22
reaches 0 refused "no output from outside of RAM"
without BOUNDS
attack 22
is "$status $(cat out)" "139 " "without: the monitor reads elsewhere, and dies of it"
with
attack 24
reaches 0 refused "no walk of tables outside of RAM"
without OUTSIDE
attack 24
is "$status $(cat out)" "139 " "without: the monitor walks elsewhere, and dies of it"
with
attack 23
reaches 0 refused "what was checked does not change"
if [ "$(nproc)" -gt 1 ]; then
	without COPY
	attack 23
	reaches 0 "the boot page is gone" "without: it does, and what must stay is gone"
	with
else
	skip "without: it does" "one CPU: nobody writes while the monitor reads"
fi

# --- K: its tables, its calls ---
attack 25
reaches 0 refused "nothing of the guest's in the wedge's part"
weak AREA
attack 25
reaches 0 mapped "without: there is"
with
for bridge in split in-place ptrace; do
	attack 26
	reaches 0 refused "$bridge: no host call of the guest kernel"
	ok test ! -e was-here -- "$bridge: no file was made"
	weak KERNEL
	attack 26
	reaches 0 made "$bridge, without: it makes a file"
	ok test -e was-here -- "$bridge, without: there it is"
	rm -f was-here
	with
done
bridge=

# --- the virtual CPU: registers, register windows, events that nobody takes ---
registers=("GS base" "the base that swapgs loads" "FS base" "LSTAR")
faults_itself() # NAME
{
	like "$status $(grep contract err)" '^121 .*: fault in the wedge' "$1"
}
stands() # SAID NAME: after $limit seconds it has said no more, and only we have ended it
{
	is "$status $(tail -n 1 out) $(grep -c 'broke the contract\|refused' err)" "124 $1 0" "$2"
}
for bridge in split in-place ptrace; do
	for what in 0 1 2 3; do
		attack 28
		reaches 0 refused "$bridge: no impossible address in ${registers[what]}"
	done
	weak MSR
	for what in 0 1 2 3; do
		attack 28
		name="$bridge, without, ${registers[what]}"
		case $bridge$what in
		split2) reaches 120 "unexpected event 13 in the wedge" "$name: the user's frame is one of the wedge" ;;
		ptrace2) reaches 120 "unexpected event 18" "$name: the user's registers are lost" ;;
		*1) reaches 0 "swapgs faults" "$name: an instruction faults that never does" ;;
		*3) like "$status $(grep contract err)" '^121 .*triple fault.* at 0x4000000000000000' "$name: it is where the next call leads" ;;
		*) faults_itself "$name: the wedge itself faults" ;;
		esac
	done
	unset what
	with

	attack 29
	reaches 0 emulated "$bridge: a register window is no memory"
	attack 30
	reaches 0 refused "$bridge: and not there for the user"
	weak WINDOW
	attack 29
	like "$status $(grep refused err)" '^122 .*guest RAM cannot be had' "$bridge, without: the host has no such memory"
	if [ $bridge = in-place ]; then
		attack 30
		reaches 122 reading "$bridge, without: nor for the user"
	else
		limit=5
		attack 30
		stands reading "$bridge, without: the user faults there for ever"
		limit=120
	fi
	with

	for which in 31 32; do
		attack $which
		like "$status $(cat out err)" '^121 (no handlers|faulting)' "$bridge: attack $which: the guest ends"
		like "$(cat err)" 'triple fault' "$bridge: attack $which: and the reason is told"
	done
	weak TRIPLE
	attack 31
	reaches 0 "went on" "$bridge, without: an event is lost"
	limit=5
	attack 32
	stands faulting "$bridge, without: the guest faults for ever"
	limit=120
	with
done
bridge=
victim=$canary_pid
watch_end "host"
