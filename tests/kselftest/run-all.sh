#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run-all.sh FOLDER: runs the selftests named in FOLDER/kselftest-list.txt, the same
# way on the host and in the guest, by plain sh.  Per program: "@begin NAME", its
# output, "@end NAME STATUS".  Each runs in a copy of its folder.
# SELFTEST_LIMIT: seconds for each; SELFTEST_SKIP: names of programs to leave out.
folder=$1
work=/tmp/lol-kselftest.$$
mkdir -p $work
if [ -n "${SELFTEST_LIBRARIES-}" ]; then
	export LD_LIBRARY_PATH=$SELFTEST_LIBRARIES
fi
previous=
while IFS=: read -r collection program; do
	[ -n "$program" ] || continue
	case " ${SELFTEST_SKIP-} " in *" $program "*) continue ;; esac
	if [ "$collection" != "$previous" ]; then
		rm -rf "${work:?}"/*
		cp -a "$folder/$collection" $work/here
		previous=$collection
	fi
	began=$(date +%s)
	echo "@begin $collection:$program"
	(cd $work/here && exec timeout -k 2 "${SELFTEST_LIMIT:-45}" "./$program") < /dev/null 2>&1
	status=$?
	echo
	echo "@end $collection:$program $status $(($(date +%s) - began)) s"
done < "$folder/kselftest-list.txt"
rm -rf $work
echo "@complete"
