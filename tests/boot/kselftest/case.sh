# SPDX-License-Identifier: GPL-2.0-only
# Expects: the kernel's selftests do no worse in the guest than natively on this
# host in this run; what differs for a reason stands in tests/kselftest/differences.
selftests=$BUILD/selftests
if [ ! -s "$selftests/kselftest-list.txt" ]; then skip "kselftest" "not built"; return; fi
cp -a "$selftests" st 2>/dev/null
rm -rf st/.headers
"$SCRIPTS/initramfs.sh" files piece st=/st "$TESTS/kselftest/run-all.sh=/run-all.sh"
# programs that are not static, and bash for scripts that want it
"$SCRIPTS/initramfs.sh" debian libs /lib64/ld-linux-x86-64.so.2 $(for f in st/lib/*; do n=/lib/x86_64-linux-gnu/$(basename $f); [ -e $n ] && echo $n; done) bash
cat "$BUILD/initramfs.cpio" piece libs > image
# the long ones (half a minute each and more) only in the long run
export SELFTEST_LIMIT=60 SELFTEST_SKIP="inconsistency-check nsleep-lat set-timer-lat raw_skew threadtest vmaccess"
[ "$LONG" = 1 ] && SELFTEST_SKIP=
sh "$TESTS/kselftest/run-all.sh" "$selftests" > native.log 2>&1 &
native=$!
limit=1500
lol run --quiet --memory 1G --initrd image -- sh -c "export SELFTEST_LIMIT=120 SELFTEST_SKIP='$SELFTEST_SKIP'; sh /run-all.sh /st"
wait $native
cp out guest.log
cp native.log "$BUILD/tests/kselftest-native.log" 2>/dev/null
cp guest.log "$BUILD/tests/kselftest-guest.log" 2>/dev/null
awk -v list="$TESTS/kselftest/differences" -f "$TESTS/kselftest/compare.awk" native.log guest.log > verdicts
while IFS= read -r line; do
	case $line in
	"ok - "*"# SKIP"*) n=${line#ok - }; skip "${n%% # SKIP*}" "${n##*# SKIP }" ;;
	"ok - "*) pass "${line#ok - }" ;;
	"not ok - "*) fail "${line#not ok - }" ;;
	"#"*) echo "$line" ;;
	esac
done < verdicts
[ $status = 0 ] || tail -n 10 err | sed 's/^/# /'
nothing_left "nothing is left"
