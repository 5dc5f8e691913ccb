#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run.sh [replay [NAME...]]      the seeds of all fuzzers, or of those; TAP
# run.sh SECONDS NAME...         fuzzing: a line for each, status 1 if one found something
cd "$(dirname "$0")/../.." || exit 1
out=build/fuzz
export ASAN_OPTIONS=detect_leaks=0:allow_user_segv_handler=1 UBSAN_OPTIONS=print_stacktrace=1
mode=${1:-replay}
[ $# -gt 0 ] && shift
failed=0 number=0
if [ "$mode" = replay ]; then
	[ $# -gt 0 ] || set -- $(ls tests/fuzz/fuzz_*.c | sed 's/.*fuzz_//; s/\.c//')
	make -s fuzz-replay-build || exit 1
	for name; do
		number=$((number + 1))
		seeds=$(find "tests/fuzz/seeds/$name" -type f | sort)
		text="$name: $(echo "$seeds" | wc -l) seeds"
		if [ -n "$seeds" ] && timeout 300 $out/replay_$name $seeds > $out/$name.log 2>&1 < /dev/null; then
			echo "ok $number - $text"
		else
			failed=1
			echo "not ok $number - $text"
			grep -m 3 'ERROR\|runtime error\|not so' $out/$name.log | sed 's/^/# /'
		fi
	done
	echo "1..$number"
	exit $failed
fi
for name; do
	mkdir -p $out/$name $out/corpus/$name
	quiet=
	[ $name = requests ] && quiet=-close_fd_mask=3
	$out/fuzz_$name -max_len=8192 -timeout=20 -rss_limit_mb=2048 -max_total_time="$mode" -print_final_stats=1 $quiet \
		-artifact_prefix=$out/$name/ $out/corpus/$name "tests/fuzz/seeds/$name" > $out/$name.log 2>&1 < /dev/null
	status=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' $out/$name.log)
	if [ $status = 0 ]; then
		echo "fuzz $name: ${runs:-?} executions, nothing found"
	else
		failed=1
		echo "fuzz $name: ${runs:-?} executions, FOUND: $(ls -t $out/$name | head -n 1) in $out/$name, see $out/$name.log"
		grep -m 3 'ERROR\|runtime error\|not so' $out/$name.log | sed 's/^/    /'
	fi
done
exit $failed
