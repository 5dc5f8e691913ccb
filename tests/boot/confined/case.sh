# SPDX-License-Identifier: GPL-2.0-only
# Expects: seen from the host, every process of a running guest, and each of its
# threads, has what its role needs and nothing else: filters, descriptors, namespaces,
# rights, limits, and in memory what stands in the file mappings and, with split and
# ptrace, what one of the guest's processes has.
field() { awk -v f="$2:" '$1 == f { $1 = ""; print substr($0, 2) }' "$1/status" | tr -s '\t ' ' '; }

# Descriptors by what they are, in order of number; only root may look.
descriptors() { for f in "$1"/fd/*; do readlink "$f"; done 2>/dev/null | sed 's/^anon_inode:\[\{0,1\}//; s/^.memfd:lol-//; s/[] ].*//' | tr '\n' ' '; }

expect() # WHAT GOT WANTED: notes a difference
{
	[ "$2" = "$3" ] || wrong="$wrong $1 of $role $p is '$2', not '$3';"
}

# The namespaces of a process, where we may look.
other_namespaces()
{
	local n
	for n in user net ipc mnt uts; do
		[ "$(readlink "$1/ns/$n")" != "$(readlink "/proc/$monitor/ns/$n")" ] || wrong="$wrong $role $p is in the monitor's $n namespace;"
	done
}

look_at_thread() # FOLDER ROLE FILTERS DESCRIPTORS
{
	role=$2
	seen="$seen $role"
	expect Seccomp "$(field "$1" Seccomp)" 2
	[ -z "$(field "$1" Seccomp_filters)" ] || expect filters "$(field "$1" Seccomp_filters)" "$3"
	expect NoNewPrivs "$(field "$1" NoNewPrivs)" 1
	for set in CapEff CapPrm CapInh CapAmb; do
		expect $set "$(field "$1" $set)" 0000000000000000
	done
	[ "$me" != 0 ] || expect descriptors "$(descriptors "$1")" "$4"
}

limit_is() { expect "$1" "$(sed -n "s/^$1  *//p" "/proc/$p/limits" | awk '{print $1, $2}')" "$2"; }

# What it has mapped; only root may look.
mappings() # ROLE [GUEST'S]
{
	"$BUILD/tests/lib/mapped" "$TESTS/boot/confined/mappings" "$1" "${BRIDGE:-split}" "$p" ${2-}
}

look_at_process() # ROLE
{
	role=$1
	if [ "$me" = 0 ]; then
		# in place a space that has lost its root keeps what it has until it ends
		[ $role = space ] && maps=out || maps=
		expect mappings "$(mappings "$role" $maps)" ""
	fi
	expect parent "$(field "/proc/$p" PPid)" "$monitor"
	[ "$me" = 0 ] || expect "owner of files" "$(stat -c %u "/proc/$p/environ")" 0	# not dumpable
	limit=$(awk '/^Max address space/ {print $4, $5}' "/proc/$p/limits")
	[ "${limit% *}" = "${limit#* }" ] && [ "${limit#* }" -lt 100000000000 ] ||
		wrong="$wrong address space of $role $p is limited to $limit;"
	limit_is "Max open files" "16 16"
	limit_is "Max core file size" "0 0"
	limit_is "Max locked memory" "0 0"
	limit_is "Max msgqueue size" "0 0"
	limit_is "Max realtime priority" "0 0"
	expect "controlling terminal" "$(sed 's/.*) //' "/proc/$p/stat" | cut -d' ' -f5)" 0
	if [ "$namespaces" = ok ]; then
		[ "$me" != 0 ] || other_namespaces "/proc/$p"
		case $role in
		init) expect "number inside" "$(field "/proc/$p" NSpid | awk '{print $NF}')" 1 ;;
		zygote) expect "number inside" "$(field "/proc/$p" NSpid)" "$p" ;;
		*) expect "number of pid namespaces" "$(field "/proc/$p" NSpid | wc -w)" 2 ;;
		esac
	fi
}

# One look at all processes; what is odd is in $wrong, the roles met in $seen.
look()
{
	wrong= seen= processes=0 kernels=0 init= zygote=
	for p in $(spaces_of "$lol"); do
		processes=$((processes + 1))
		if [ "$(field "/proc/$p" NSpid | awk '{print $NF}')" = 1 ]; then
			init=$p
			look_at_process init
			look_at_thread "/proc/$p" init 1 ""
		elif [ "$(field "/proc/$p" Seccomp_filters)" = 1 ]; then
			zygote=$p
			look_at_process zygote
			look_at_thread "/proc/$p" zygote 1 "$all"
		elif [ "$(field "/proc/$p" Threads)" = 2 ]; then
			look_at_process space
			[ "$BRIDGE" != ptrace ] || [ -z "$zygote" ] || expect tracer "$(field "/proc/$p" TracerPid)" "$zygote"
			for t in "/proc/$p/task"/*; do
				if [ "${t##*/}" = "$p" ]; then look_at_thread "$t" user 2 ""
				else look_at_thread "$t" agent 2 "ram bridge "; fi
			done
		else
			look_at_process vcpu
			look_at_thread "/proc/$p" vcpu 2 "$all"
			kernels=$((kernels + 1))
		fi
	done
}

start() # COMMAND...: a guest in the background, through COMMAND; up when this returns
{
	rm -f out err
	timeout -k 5 60 "$@" "$LOL" run --quiet ${BRIDGE:+--bridge "$BRIDGE"} -- \
		sh -c '(while :; do :; done) & (sleep 1; for p in /proc/[0-9]*; do echo process; cat $p/maps; done; echo up) & sleep 60' < /dev/null > out 2> err &
	guard=$!
	for i in $(seq 200); do grep -q up out 2>/dev/null && break; sleep 0.1; done
	lol=$(pgrep -P $guard -n)
	monitor=$(monitor_of "$lol")
}

me=$(id -u)
all="ram state eventfd bridge timerfd "
namespaces=$("$LOL" probe | awk '/^all namespaces/ {print $3}')
wanted="agent user vcpu zygote"
[ "$BRIDGE" != in-place ] || wanted="vcpu zygote"
[ "$namespaces" != ok ] || wanted="$wanted init"

start env
ok grep -q up out -- "a guest runs"
for try in $(seq 20); do	# a space that is just being made is on its way to its role
	look
	[ $processes = 0 ] || [ -n "$wrong" ] || break
	sleep 0.3
done
[ $processes != 0 ] || fail "processes were found" "$(kill -0 $guard && echo "the guest runs: $monitor"; said)"
is "$wrong" "" "$processes processes have what their role needs, and nothing else"
is "$(printf '%s\n' $seen | sort -u | xargs)" "$(printf '%s\n' $wanted | sort | xargs)" "all roles were seen"
[ "$BRIDGE" = in-place ] || is $kernels 1 "one process runs the guest kernel"
kill -TERM $guard
wait $guard
nothing_left "nothing is left"

if [ "$namespaces" = ok ]; then
	start env
	look
	kill -9 "$init"
	wait $guard
	is $? 122 "the holder of the namespaces killed: the guest ends"
	like "$(cat err)" 'was killed' "with a message"
	nothing_left "and nothing is left"
else
	skip "namespaces" "this host refuses them"
fi

# hosts that refuse: some namespaces, all of them
for kind in pid user; do
	limited="unshare -Ur sh -c 'echo 0 > /proc/sys/user/max_${kind}_namespaces && exec \"\$0\" \"\$@\"'"
	if ! eval "$limited" true 2> /dev/null; then
		skip "without $kind namespaces" "they cannot be limited here"
		continue
	fi
	eval "$limited" '"$LOL"' probe > probe
	like "$(cat probe)" '^all namespaces +missing +optional' "without $kind namespaces: lol probe says so"
	eval timeout 60 "$limited" '"$LOL"' run --quiet ${BRIDGE:+--bridge "$BRIDGE"} -- echo hello > out 2> err
	is "$? $(cat out)" "0 hello" "without $kind namespaces: a guest runs all the same"
done
nothing_left "nothing is left at the end"
