# SPDX-License-Identifier: GPL-2.0-only
# Helpers for boot cases (tests/boot/*/case.sh), sourced by bash in an empty
# working folder.  Set by tests/run: LOL BUILD TESTS CASE LONG.
#
#   lol [OPTION...]        runs it: status in $status, output in ./out and ./err
#   guest SCRIPT           runs a shell script in the guest, likewise
#   begin OPTION...        runs it in the background; then tell, await
#   ok COMMAND... -- NAME  one TAP line, by COMMAND's exit status
#   is GOT WANTED NAME     one TAP line, by comparison
#   image PROGRAM...       path of an image with these programs in /t

number=0
limit=60

tap() # RESULT NAME
{
	number=$((number + 1))
	echo "$1 $number - $2"
}

why()
{
	if [ "$1" != "${1#*$'\n'}" ] || [ ${#1} -gt 200 ]; then
		printf '%s\n' "$1" | tail -n 25 | sed 's/^/# /'
	else
		echo "# $1"
	fi
}

pass() { tap ok "$1"; }

fail() # NAME [REASON]
{
	tap "not ok" "$1"
	[ -z "${2-}" ] || why "$2"
}

skip() { number=$((number + 1)); echo "ok $number - $1 # SKIP ${2-}"; }

is() # GOT WANTED NAME
{
	if [ "$1" = "$2" ]; then pass "$3"; else fail "$3" "got '$1', wanted '$2'"; fi
}

like() # TEXT PATTERN NAME
{
	if printf '%s\n' "$1" | grep -Eq -- "$2"; then pass "$3"; else fail "$3" "no '$2' in:"$'\n'"$1"; fi
}

unlike()
{
	if printf '%s\n' "$1" | grep -Eq -- "$2"; then fail "$3" "'$2' in:"$'\n'"$1"; else pass "$3"; fi
}

ok() # COMMAND... -- NAME
{
	local command=()
	while [ "$1" != -- ]; do command+=("$1"); shift; done
	if "${command[@]}" > ok.log 2>&1; then pass "$2"; else fail "$2" "$(cat ok.log)"; fi
}

lol()
{
	local verb=$1
	shift
	[ "$verb" != run ] || [ -z "${BRIDGE-}" ] || set -- --bridge "$BRIDGE" "$@"
	set -- "$verb" "$@"
	timeout -k 5 "$limit" "$LOL" "$@" > out 2> err < "${input:-/dev/null}"
	status=$?
	[ $status -ne 124 ] || echo "# timeout after $limit s: lol $*"
	return 0
}

# A guest in the background, once its program has said "up": $guard is what to wait for,
# $monitor its monitor, descriptor 7 its input; "tell" sends a line there.
begin() # LOL-OPTION... -- COMMAND...
{
	rm -f out err line
	mkfifo line
	timeout -k 5 $limit "$LOL" run --quiet ${BRIDGE:+--bridge $BRIDGE} "$@" < line > out 2> err &
	guard=$!
	exec 7> line
	for i in $(seq 1200); do grep -q up out 2>/dev/null && break; kill -0 $guard 2>/dev/null || break; sleep 0.1; done
	monitor=$(monitor_of "$(pgrep -P $guard -n)")
}
# If it has ended already, its status tells.
tell() { (trap '' PIPE; echo >&7) 2> /dev/null; }
# Its end; sets $status.
await()
{
	wait $guard
	status=$?
	exec 7>&-
}

guest() { lol run --quiet ${options-} -- sh -c "$1"; }

# What a failed run said, for fail's second argument.
said() { echo "status $status"; head -c 1500 out; echo; tail -n 20 err; }

# An image that holds build/tests/guest/PROGRAM as /t/PROGRAM.
image()
{
	local out=$BUILD/tests/images/$(echo "$*" | tr ' /' '-_').cpio p list=()
	for p; do
		case $p in
		/*) list+=("$p=/t/$(basename "$p")") ;;
		*) list+=("$BUILD/tests/guest/$p=/t/$p") ;;
		esac
	done
	mkdir -p "$BUILD/tests/images" 2>/dev/null
	[ -w "$BUILD/tests/images" ] || out=$PWD/image-$RANDOM.cpio
	# another run of the tests may be at the same
	"$SCRIPTS/initramfs.sh" files "$out.piece.$$" "${list[@]}" || return 1
	cat "$BUILD/initramfs.cpio" "$out.piece.$$" > "$out.tmp.$$" && mv "$out.tmp.$$" "$out"
	rm -f "$out.piece.$$"
	echo "$out"
}

# Process ids of the monitors and spaces that this case has started, or that have
# lost their parent, and that really run (no zombies).
running()
{
	local p q name state parent up me
	me=$(id -u)
	for p in /proc/[0-9]*; do
		read -r name < "$p/comm" || continue
		case $name in lol|lol-*|wedge) ;; *) continue ;; esac
		[ "$(awk '/^Uid:/ {print $2}' "$p/status")" = "$me" ] || continue
		read -r state parent < <(sed 's/.*) //' "$p/stat")
		case $state in ''|Z|X) continue ;; esac
		# ended, and waits for others to be reaped: the first of a pid namespace
		grep -q '^VmSize:' "$p/status" || continue
		# somebody else's guest has a parent that is neither of lol nor ours
		up=$parent
		while :; do
			read -r up _ <<< "$up"
			[ "${up:-0}" -gt 1 ] && [ "$up" != "$$" ] || break
			read -r name < "/proc/$up/comm" || break
			up=$(sed 's/.*) //' "/proc/$up/stat" | cut -d' ' -f2)
		done
		case $up in
		"$$") echo "${p#/proc/}" ;;
		*)
			case $(cat "/proc/${parent%% *}/comm") in lol|lol-*|wedge) continue ;; esac
			[ "${parent%% *}" = 1 ] && echo "${p#/proc/}" ;;
		esac
	done 2>/dev/null
}

# Of a guest whose first process is $1: its monitor, launcher, zygote, and spaces.
monitor_of() { pgrep -P "$1" -x lol-monitor; }
launcher_of() { pgrep -P "$(monitor_of "$1")" -x lol-launcher; }
zygote_of() # it leads the session, but is not the first process of a pid namespace
{
	local p sid
	ps --ppid "$(monitor_of "$1")" -o pid=,sid= | while read -r p sid; do
		[ "$p" != "$sid" ] || awk -v p="$p" '/^NSpid:/ && NF == 2 {print p}' "/proc/$p/status"
	done
}
spaces_of() { ps --ppid "$(monitor_of "$1")" -o pid=,comm= | awk '$2 != "lol-launcher" {print $1}'; }

# Nothing left: processes that run, files in the working folder's TMPDIR.
nothing_left() # NAME
{
	local left tries=0
	while left=$(running); [ -n "$left" ] && [ $tries -lt 20 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	if [ -z "$left" ]; then pass "$1"; else fail "$1" "left: $(echo $left): $(ps -o pid=,ppid=,stat=,comm= -p "$(echo $left | tr ' ' ,)")"; fi
}

# Forwards the TAP lines of a program's output, with a prefix.  $1: prefix, $2: file.
forward()
{
	local line text seen=0
	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		"ok "*"# SKIP"*) skip "$1: ${line#*# SKIP }"; seen=1 ;;
		"ok "*) pass "$1: ${line#*- }"; seen=1 ;;
		"not ok "*) fail "$1: ${line#*- }"; seen=1 ;;
		"Bail out!"*) fail "$1: $line" ;;
		"#"*) echo "$line" ;;
		esac
	done < "$2"
	[ $seen = 1 ] || fail "$1: no result"
	grep -aq '^1\.\.' "$2" || fail "$1: it did not run to its end"
}

done_testing() { echo "1..$number"; }

# From here on $LOL is one whose wedge lacks a defence ($1), or several; sets $kernel.
weak()
{
	strong=${strong:-$LOL}
	local k
	for k in "$BUILD/vmlinux" "$BUILD/vmlinux-6.12" "$BUILD/kernel-6.12/vmlinux"; do
		[ -e "$k" ] && kernel=$k && break
	done
	mkdir -p weak
	cp -L "$strong" "$BUILD/tests/weak/$1/wedge" weak/ && LOL=$PWD/weak/lol
}
