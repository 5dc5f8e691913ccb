#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# progress.sh LOG COMMAND...: runs COMMAND with its output in LOG, and shows that it
# goes on: what it says of itself, and once in a while how much has been built.
log=$1
shift
mkdir -p "$(dirname "$log")"
"$@" > "$log" 2>&1 &
pid=$!
start=$SECONDS
last=0
shown=0
while kill -0 "$pid" 2>/dev/null; do
	sleep 1
	while IFS= read -r line; do
		echo "  $line"
	done < <(sed -n "$((shown + 1)),\$p" "$log" | grep '^kernel ' )
	shown=$(wc -l < "$log")
	if [ $((SECONDS - start - last)) -ge 15 ]; then
		last=$((SECONDS - start))
		done_files=$(find build/kernel-* -name '*.o' 2>/dev/null | wc -l)
		printf '  %d:%02d  %d object files\n' $((last / 60)) $((last % 60)) "$done_files"
	fi
done
wait "$pid"
status=$?
if [ $status -ne 0 ]; then
	tail -n 30 "$log" >&2
	echo "failed, see $log" >&2
fi
exit $status
