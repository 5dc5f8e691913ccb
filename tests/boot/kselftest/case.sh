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
ln -s /usr/bin/bash bash
"$SCRIPTS/initramfs.sh" files links bash=/bin/bash
cat "$BUILD/initramfs.cpio" piece libs links > image
# the long ones (half a minute each and more) only in the long run
export SELFTEST_LIMIT=60 SELFTEST_SKIP="inconsistency-check nsleep-lat set-timer-lat raw_skew threadtest vmaccess basic_percpu_ops_test basic_percpu_ops_mm_cid_test"
[ "$LONG" = 1 ] && SELFTEST_SKIP=
sh "$TESTS/kselftest/run-all.sh" "$selftests" > native.log 2>&1 &
native=$!
limit=1500
lol run --quiet --memory 1G --initrd image -- sh -c "export SELFTEST_LIMIT=120 SELFTEST_SKIP='$SELFTEST_SKIP'; sh /run-all.sh /st"
wait $native
echo "# the guest's exit status: $status"
cp out guest.log
[ $status = 0 ] || tail -n 10 err | sed 's/^/# /'
cp native.log "$BUILD/tests/kselftest-native.log" 2>/dev/null
cp guest.log "$BUILD/tests/kselftest-guest.log" 2>/dev/null
# Some depend on threads being scheduled within 10 ms: what failed gets a second try.
awk -v list="$TESTS/kselftest/differences" -f "$TESTS/kselftest/compare.awk" native.log guest.log |
	sed -n 's/^not ok - \([^ :]*:[^ :]*\): .*/\1/p' > again
if [ -s again ] && grep -q '^@complete' guest.log; then
	sed 's/^/# second try: /' again
	cp again st/kselftest-list.txt
	"$SCRIPTS/initramfs.sh" files list st/kselftest-list.txt=/st/kselftest-list.txt
	cat list >> image
	lol run --quiet --memory 1G --initrd image -- sh -c "export SELFTEST_LIMIT=120; sh /run-all.sh /st"
	awk 'FNR == NR { if (/^@begin /) drop[$2] = 1; next }
	     /^@begin / { skipping = $2 in drop } !skipping && !/^@complete/ { print } /^@end / { skipping = 0 }' out guest.log > merged
	cat out >> merged
	cp merged guest.log
fi
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
