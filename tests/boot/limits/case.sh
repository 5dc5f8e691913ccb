# SPDX-License-Identifier: GPL-2.0-only
# Expects: guest RAM larger than what the host or the cgroup has is warned of at
# start; when the host kills for memory, lol says so.
have=$(awk '/MemTotal/ {print int($2 / 1048576)}' /proc/meminfo)
lol run --memory $((have * 2 + 1))G -- true
is $status 0 "more than the host has: it runs"
like "$(cat err)" '^lol: .*memory' "with a warning"
is "$(grep -c memory err)" 1 "of one line"
if [ "$(id -u)" = 0 ]; then
	# version 2, then 1; what somebody else has set there is left alone
	root=/sys/fs/cgroup
	limit_file=memory.max
	grep -qw memory $root/cgroup.controllers 2>/dev/null || { root=$root/memory; limit_file=memory.limit_in_bytes; }
	group=$root/lol-test-$$
	if mkdir $group 2>/dev/null && { [ -e $group/$limit_file ] || echo +memory > $root/cgroup.subtree_control; } 2>/dev/null &&
	   echo 150M > $group/$limit_file; then
		{ echo 0 > $group/memory.swap.max || echo 150M > $group/memory.memsw.limit_in_bytes; } 2>/dev/null
		for bridge in split in-place; do
			bash -c "echo \$\$ > $group/cgroup.procs; exec timeout 60 '$LOL' run --bridge $bridge --memory 512M -- sh -c 'mount -o remount,size=400M /tmp; dd if=/dev/zero of=/tmp/f bs=1M count=350; echo survived'" > out 2> err < /dev/null
			is $? 122 "$bridge, killed for memory: status"
			like "$(cat err)" 'warning: .*(cgroup|control group).*' "$bridge, more than the cgroup allows: a warning"
			like "$(tail -n 1 err)" '^lol: the host ran out of memory and killed' "$bridge, killed for memory: it says so"
		done
		for i in $(seq 100); do rmdir $group 2>/dev/null && break; sleep 0.1; done
	else
		rmdir $group 2>/dev/null
		skip "cgroup limit" "no memory controller to be had"
	fi
fi
if [ "$(id -u)" = 0 ]; then
	# as in a container: fewer processes than the guest has
	root=/sys/fs/cgroup
	[ ! -d $root/pids ] || root=$root/pids
	group=$root/lol-test-pids-$$
	if mkdir $group 2>/dev/null && { [ -e $group/pids.max ] || echo +pids > $root/cgroup.subtree_control; } 2>/dev/null &&
	   echo 30 > $group/pids.max; then
		for bridge in split in-place; do
			bash -c "echo \$\$ > $group/cgroup.procs; exec timeout 60 '$LOL' run --quiet --bridge $bridge -- \
				sh -c 'for i in \$(seq 40); do sleep 3 & done; wait; echo all of them'" > out 2> err < /dev/null
			is "$? $(cat out err)" "0 all of them" "$bridge: 40 processes in the guest, 30 allowed on the host"
		done
		for bridge in split in-place; do	# and when it was not so at the start
			echo max > $group/pids.max
			bash -c "echo \$\$ > $group/cgroup.procs; exec timeout 60 '$LOL' run --quiet --bridge $bridge -- \
				sh -c 'for i in \$(seq 10); do sleep 8 & done; echo up; sleep 3; for i in \$(seq 30); do sleep 3 & done; wait; echo all'" > out 2> err < /dev/null &
			for i in $(seq 200); do grep -qs up out && break; sleep 0.05; done
			echo 18 > $group/pids.max
			wait $!
			is "$? $(cat out err | xargs)" "0 up all" "$bridge: 40 processes in the guest, 18 allowed on the host from some time on"
		done
		for i in $(seq 100); do rmdir $group 2>/dev/null && break; sleep 0.1; done
	else
		rmdir $group 2>/dev/null
		skip "a control group's limit on processes" "no pids controller to be had"
	fi
fi
if [ "$(id -u)" != 0 ]; then
	timeout 30 bash -c "ulimit -u 3; exec '$LOL' run --quiet -- true" > out 2> err < /dev/null
	like "$? $(cat err)" '^(1|122) lol: .*Resource temporarily unavailable \(ulimit -u' "a process limit that is too small: it says so"
	is "$(wc -l < err)" 1 "in one line"
fi
for files in 64 32; do
	bash -c "ulimit -n $files; exec timeout 30 '$LOL' run --quiet -- echo $files files" > out 2> err < /dev/null
	is "$(cat out err)" "$files files" "a guest with $files open files"
done
for files in 18 14 10 6; do
	bash -c "ulimit -n $files; exec timeout 30 '$LOL' run --quiet -- true" > out 2> err < /dev/null
	like "$? $(cat err)" '^(1|122) lol: .*Too many open files' "$files open files are not enough, and it says so"
	is "$(wc -l < err)" 1 "in one line"
done
bash -c "ulimit -f 1000; exec timeout 30 '$LOL' run --quiet -- true" > out 2> err < /dev/null
like "$? $(cat err)" '^1 lol: .*File too large \(ulimit -f' "a limit on the size of files, which guest memory is"
if unshare -rm mount -t tmpfs none /proc 2> /dev/null; then
	unshare -rm sh -c "mount -t tmpfs none /proc && exec timeout 30 '$LOL' run --quiet -- true" > out 2> err < /dev/null
	like "$? $(cat err)" '^1 lol: this host lacks "/proc"' "without /proc"
else
	skip "without /proc" "this host refuses namespaces"
fi
mkdir ro && chmod 555 ro
(cd ro && timeout 30 "$LOL" run --quiet -- echo from a read-only folder > ../out 2> ../err < /dev/null)
is "$(cat out)" "from a read-only folder" "in a folder that cannot be written"
timeout 30 env -i "$LOL" run --quiet -- echo no environment > out 2> err < /dev/null
is "$(cat out)" "no environment" "without any environment"
nothing_left "nothing is left"
