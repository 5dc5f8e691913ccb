# SPDX-License-Identifier: GPL-2.0-only
# Expects: every program of tests/guest/list reports the same in the guest as on
# the host: all its tests pass.
while IFS='|' read -r left right; do
	read -r name arguments <<< "$left"
	read -r memory seconds <<< "$right"
	case $name in ''|'#'*) continue ;; esac
	case $BRIDGE-$LONG-$name in ptrace-0-forkstorm | ptrace-0-sparse) continue ;; esac	# half a minute each
	[ -z "${ONLY_PROGRAM-}" ] || [ "$ONLY_PROGRAM" = "$name" ] || continue
	limit=$seconds
	[ "$name" = timers ] && arguments=$(date +%s)
	start=$(date +%s%N)
	lol run --quiet --memory "$memory" --initrd "$(image "$name")" -- "/t/$name" $arguments
	forward "$name" out
	[ $status = 0 ] || { echo "# $name: status $status"; tail -n 12 err | sed 's/^/# /'; }
	echo "# $name: $(( ($(date +%s%N) - start) / 1000000 )) ms"
done < "$TESTS/guest/list"
if [ "$LONG" = 1 ]; then
	limit=900
	while read -r name arguments; do
		lol run --quiet --memory 512M --initrd "$(image "$name")" -- "/t/$name" $arguments
		forward "long $name $arguments" out
	done <<-END
		fpu 120 24 77
		mapstress 400000 99
		mapstress 400000 1
		race 60
		forkstorm 60000
		crowd 400 20
	END
fi
nothing_left "nothing is left"
