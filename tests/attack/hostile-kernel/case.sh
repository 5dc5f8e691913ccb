# SPDX-License-Identifier: GPL-2.0-only
# Expects: a hostile guest kernel can end its guest, with a word of why, and
# nothing else: no process, no file, no signal outside, on all bridges.
limit=60
sleep 600 &
victim=$!
for bridge in split in-place ptrace; do
	run() { lol run --memory 64M --kernel "$BUILD/hostile" --initrd "" --bridge $bridge --append "attack=$1 pid=$victim"; }
	run 0
	is "$status $(grep -c '^all refused' out)" "0 1" "$bridge: every host call from kernel code is refused"
	for attack in 1 2 3; do
		# tables of noise get accessed bits all over guest memory: it may loop for ever
		[ $attack = 1 ] && limit=10 || limit=60
		run $attack
		[ $status = 124 ] && [ $attack = 1 ] && status=120
		case $status in
		0|120|121|122) pass "$bridge: attack $attack ends in order (status $status)" ;;
		*) fail "$bridge: attack $attack ends in order" "$(said)" ;;
		esac
	done
	for attack in 4 5 6; do
		run $attack
		is "$status" 121 "$bridge: attack $attack: the guest ends as broken"
		like "$(cat err)" 'triple fault|outside of RAM|not mapped' "$bridge: attack $attack: and the reason is told"
	done
	for attack in 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
		run $attack
		case $status in
		121|122) bad= ;;
		*) bad=$status; break ;;
		esac
	done
	is "$bad" "" "$bridge: calls through the wedge's own instruction end the guest"
done
ok kill -0 $victim -- "a process of the host came to no harm"
ok test ! -e /tmp/hostile-was-here -- "no file was made"
kill $victim
nothing_left "nothing is left"
