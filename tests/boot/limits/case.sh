# SPDX-License-Identifier: GPL-2.0-only
# Expects: guest RAM larger than what the host or the cgroup has is warned of at
# start; when the host kills for memory, lol says so.
have=$(awk '/MemTotal/ {print int($2 / 1048576)}' /proc/meminfo)
lol run --memory $((have * 2 + 1))G -- true
is $status 0 "more than the host has: it runs"
like "$(cat err)" '^lol: .*memory' "with a warning"
is "$(grep -c memory err)" 1 "of one line"
# A control group with a limit, of version 2 or 1; what somebody else has set there is
# left alone.
group() # CONTROLLER FILE-V2 FILE-V1 VALUE: sets $group and $limit_file; false: there is none to be had
{
	local root=/sys/fs/cgroup
	limit_file=$2
	grep -qw "$1" $root/cgroup.controllers 2>/dev/null || { root=$root/$1; limit_file=$3; }
	group=$root/lol-test-$1-$$
	mkdir "$group" 2>/dev/null && { [ -e "$group/$limit_file" ] || echo "+$1" > $root/cgroup.subtree_control; } 2>/dev/null &&
		echo "$4" > "$group/$limit_file" && return
	rmdir "$group" 2>/dev/null
	skip "a control group's limit: $1" "no such controller to be had"
	return 1
}
in_group() # LOL-OPTION... -- COMMAND
{
	bash -c 'echo $$ > "$0"/cgroup.procs; exec timeout 60 "$@"' "$group" "$LOL" run "$@" > out 2> err < /dev/null
}
group_end() { for i in $(seq 100); do rmdir "$group" 2>/dev/null && break; sleep 0.1; done; }

if [ "$(id -u)" = 0 ] && group memory memory.max memory.limit_in_bytes 150M; then
	{ echo 0 > $group/memory.swap.max || echo 150M > $group/memory.memsw.limit_in_bytes; } 2>/dev/null
	for bridge in split in-place; do
		in_group --bridge $bridge --memory 512M -- \
			sh -c 'mount -o remount,size=400M /tmp; dd if=/dev/zero of=/tmp/f bs=1M count=350; echo survived'
		is $? 122 "$bridge, killed for memory: status"
		like "$(cat err)" 'warning: .*(cgroup|control group).*' "$bridge, more than the cgroup allows: a warning"
		like "$(tail -n 1 err)" '^lol: the host ran out of memory and killed' "$bridge, killed for memory: it says so"
	done
	group_end
fi
if [ "$(id -u)" = 0 ] && group pids pids.max pids.max 30; then	# as in a container
	for bridge in split in-place; do
		in_group --quiet --bridge $bridge -- sh -c 'for i in $(seq 40); do sleep 3 & done; wait; echo all of them'
		is "$? $(cat out err)" "0 all of them" "$bridge: 40 processes in the guest, 30 allowed on the host"
	done
	for bridge in split in-place; do	# and when it was not so at the start
		echo max > "$group/$limit_file"
		in_group --quiet --bridge $bridge -- \
			sh -c 'for i in $(seq 10); do sleep 8 & done; echo up; sleep 3; for i in $(seq 30); do sleep 3 & done; wait; echo all' &
		for i in $(seq 200); do grep -qs up out && break; sleep 0.05; done
		echo 18 > "$group/$limit_file"
		wait $!
		is "$? $(cat out err | xargs)" "0 up all" "$bridge: 40 processes in the guest, 18 allowed on the host from some time on"
	done
	group_end
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
