# SPDX-License-Identifier: GPL-2.0-only
# Expects: a hostile guest kernel can end its guest, with a word of why, and
# nothing else: no process, no file, no signal outside, on each bridge that there is.
. "$TESTS/lib/watch.sh"
watch_start

attack() # NUMBER [OPTION...]
{
	local nr=$1
	shift
	lol run --memory 64M --kernel "$BUILD/hostile" --initrd "" --bridge $bridge "$@" --append "attack=$nr pid=$victim"
}

# Ends by itself, by its own fault, or (status 124) because it was told to.
orderly() # NAME
{
	case $status in
	0|120|121|122|124) pass "$bridge: $1 (status $status)" ;;
	*) fail "$bridge: $1" "$(said)" ;;
	esac
}

for bridge in ${BRIDGE:-split in-place ptrace}; do
	export BRIDGE=
	limit=60
	attack 0
	is "$status $(grep -c '^all refused' out)" "0 1" "$bridge: every host call from kernel code is refused"
	limit=$((LONG ? 20 : 8))	# what is not answered is waited for
	attack 3
	orderly "noise in all that is shared"
	like "$(cat out)" '^(making noise|survived)' "$bridge: and it was made"
	limit=$((LONG ? 10 : 5))	# tables of noise get accessed bits all over guest memory: it may loop for ever
	attack 1
	orderly "tables of noise"
	limit=60
	attack 2
	orderly "registers and services of noise"
	for which in 4 5 6; do
		attack $which
		is "$status" 121 "$bridge: attack $which: the guest ends as broken"
		like "$(cat err)" 'triple fault|outside of RAM|not mapped' "$bridge: attack $which: and the reason is told"
	done
	attack 7
	orderly "the zygote is not led into guest code"
	attack 8
	orderly "nor into making processes without end"
	limit=3		# for ever: the monitor must hear that it is to end
	for which in 9 10 11; do
		attack $which
		is "$status $(grep -c '^restless' out)" "124 1" "$bridge: attack $which: the monitor is not kept from listening"
	done
	limit=60
	for which in 12 13; do
		attack $which
		orderly "attack $which: rings that change while they are read"
		like "$(cat out)" '^shifting' "$bridge: attack $which: of a device that is there"
	done
	attack 14
	is "$status $(grep -c '^all outside refused' out)" "0 1" "$bridge: tables that point outside of RAM lead nowhere"
	attack 15
	is "$status" 121 "$bridge: random roots end the guest as broken"
	attack 16
	is "$status $(grep -c '^all refused' out)" "121 1" "$bridge: so do descriptor tables where nothing is"
	bad=
	for which in 100 101 102 103 104 105 106 107 108 109 110 111 112 113 114 115; do
		attack $which
		case $status in 121|122) ;; *) bad="$bad $which:$status" ;; esac
	done
	is "$bad" "" "$bridge: calls through the wedge's own instruction end the guest"
done
watch_end "host"
