# SPDX-License-Identifier: GPL-2.0-only
# What an attack does to the host, watched from outside; sourced after case.sh.
#
#   watch_start            before the attacks
#   watch_end NAME         afterwards: one TAP line for each kind of thing watched
#
# Watched are: a folder of files, "canary" here, and its neighbours in /tmp that an
# attack would make; a process of the same user, $victim, in a state of its own
# (lib/canary.c); processes and sockets of that user that remain; and, while guests
# run, the number of their processes, and what each has: no new privileges, no socket.
# Nothing is traced, so nothing runs otherwise than it would.

processes_most=1100	# LOL_MAX_SPACES and some

files_now()
{
	find canary -printf '%p %y %m %s %l %T@\n' | sort
	find canary -type f -exec cksum {} + | sort
	ls -d /tmp/attack-was-here /tmp/hostile-was-here 2>/dev/null
}

# Processes of this user, that no shell of ours has started, by name and parent.  A
# test run that was interrupted leaves shells, which end later; and the first process
# of a host may be slow to see off who has ended.
strangers_now()
{
	ps -u "$(id -un)" -o ppid=,stat=,comm= |
		awk '$1 == 1 && $2 !~ /^[ZX]/ && $3 != "(sd-pam)" && $3 != "systemd" && $3 != "bash" { print $1, $3 }' | sort
}

# Those of guests that this case has started: all below lol, which with its monitor and
# launcher is not the guest's.
guests_now()
{
	local known=" $$ " guests=" " pid parent name
	ps -u "$(id -un)" -o pid=,ppid=,comm= --sort=start_time | while read -r pid parent name; do
		case $guests in *" $parent "*) guests="$guests$pid "
			case $name in lol*) ;; *) echo "$pid" ;; esac
			continue ;; esac
		case $known in *" $parent "*) ;; *) continue ;; esac
		known="$known$pid "
		[ "$name" != lol ] || guests="$guests$pid "
	done
}

# One look at running guests; complaints go to watch.log.
inspect()
{
	local pid count=0 fd to
	while read -r pid; do
		count=$((count + 1))
		case $(awk '/^NoNewPrivs/ { printf "%s ", $2 }' "/proc/$pid/status" 2>/dev/null) in
		"0 "*)	# the monitor's fork, on its way to be the zygote: not for long
			echo "$pid" >> watch.privileged
			[ "$(grep -c "^$pid\$" watch.privileged)" -lt 50 ] || echo "process $pid could get privileges" >> watch.log ;;
		esac
		for fd in "/proc/$pid/fd"/*; do
			to=$(readlink "$fd" 2>/dev/null) || continue
			case $to in socket:*) echo "process $pid has a socket" >> watch.log ;; esac
		done
	done < <(guests_now)
	[ $count -le "$(cat watch.most)" ] || echo $count > watch.most
}

watch_start()
{
	mkdir -p canary/folder
	echo "not to be read" > canary/secret
	echo "not to be changed" > canary/folder/file
	chmod 600 canary/secret
	rm -f /tmp/attack-was-here /tmp/hostile-was-here
	: > watch.log
	: > watch.privileged
	echo 0 > watch.most
	mkfifo canary.in
	"$BUILD/tests/lib/canary" < canary.in > canary.out &
	canary=$!
	exec 7> canary.in
	while [ ! -s canary.out ]; do sleep 0.05; done
	victim=$(cat canary.out)
	files_now > files.before
	strangers_now > strangers.before
	(while sleep 0.3; do inspect; done) 7>&- > /dev/null 2>&1 &
	watcher=$!
}

watch_end()
{
	local tries=0 more
	kill $watcher
	wait $watcher 2>/dev/null
	nothing_left "$1: no process is left"
	exec 7>&-
	wait $canary
	is "$(tail -n +2 canary.out)" unharmed "$1: a process of the same user came to no harm"
	files_now > files.after
	is "$(diff files.before files.after)" "" "$1: no file was made or changed"
	while more=$(comm -13 strangers.before <(strangers_now)); [ -n "$more" ] && [ $tries -lt 50 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	# where others work as the same user they come and go as they like
	if [ "$(id -u)" = 0 ]; then more=; fi
	is "$more" "" "$1: nor did something escape"
	is "$(sort -u watch.log)" "" "$1: the guest's processes were confined, and had what they need only"
	if [ "$(cat watch.most)" -le $processes_most ]; then
		pass "$1: and were not too many ($(cat watch.most) at most)"
	else
		fail "$1: and were not too many" "$(cat watch.most)"
	fi
}
