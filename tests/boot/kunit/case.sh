# SPDX-License-Identifier: GPL-2.0-only
# Expects: the kernel's KUnit suites and the older self-checking modules that need
# no hardware pass. Each is loaded by itself; the verdict is read from the log.
tree=$BUILD/modules-6.12
if [ ! -d "$tree/lib/modules" ]; then skip "KUnit" "no $tree"; return; fi
"$SCRIPTS/initramfs.sh" modules piece "$tree" && cat "$BUILD/initramfs.cpio" piece > image
limit=500
# test_meminit checks what these switch on
lol run --quiet --memory 512M --initrd image --append "init_on_alloc=1 init_on_free=1" -- sh -c 'mount -t debugfs none /sys/kernel/debug 2>/dev/null
	cd /lib/modules/*/ || exit 1
	modprobe kunit
	for m in $(find . -name "*.ko" | sed "s|.*/||; s|\.ko$||" | grep -i "kunit\|test" | grep -v "^kunit$\|lkdtm\|test_kmod\|test_firmware\|test_power\|test_lockup" | sort); do
		dmesg -c > /dev/null
		echo "@module $m"
		timeout 120 modprobe $m 2>&1 | sed "s/^/@error /"
		dmesg | sed "s/^\[[^]]*\] *//; s/^<[0-9]*>//" | grep -v "^$"
		rmmod $m 2>/dev/null
	done; echo @end'
awk '
	function verdict() {
		if (module == "") return
		if (suites > 0) return
		if (bad) printf "not ok - %s: %s\n", module, reason
		else if (said) printf "ok - %s\n", module
		else printf "ok - %s # SKIP says nothing\n", module
	}
	/^@module/ { verdict(); module = $2; suites = bad = said = 0; reason = ""; next }
	/^@end/ { verdict(); module = ""; print "@complete"; next }
	# many of the older ones refuse to stay loaded, on purpose
	/^@error.*(Resource temporarily unavailable|Invalid argument)/ { said = 1; next }
	/^@error/ { bad = 1; reason = $0; next }
	/^not ok [0-9]+ / { suites++; print "not ok - " module ": " substr($0, index($0, $4)); next }
	/^ok [0-9]+ .*# SKIP/ { suites++; print "ok - " module ": " substr($0, index($0, $3)); next }
	/^ok [0-9]+ / { suites++; sub(/^ok [0-9]+ (- )?/, ""); print "ok - " module ": " $0; next }
	/^ +not ok / { print "# " module ":" $0; next }
	/EXPECTATION FAILED|ASSERTION FAILED|Expected / { print "# " module ": " $0; next }
	suites > 0 { next }
	/Oops:|BUG: unable|general protection/ { bad = 1; reason = $0; print "# " module ": " $0 }
	# test_ida provokes warnings, and counts
	/WARNING: CPU/ && module != "test_ida" { bad = 1; reason = $0; print "# " module ": " $0 }
	/[0-9]+ of [0-9]+ tests passed/ { split($0, word, " "); said = 1; for (i in word) if (word[i] == "of" && word[i - 1] != word[i + 1]) { bad = 1; reason = $0 } }
	/all .*tests passed|PASS|[Tt]est.*(passed|OK|success|done)|: 0 failures|failures: 0 / { said = 1 }
	/FAIL|failed [1-9]|[1-9][0-9]* failures|failures: [1-9]/ && !/, 0 FAILED/ { bad = 1; reason = $0 }
' out > verdicts
while IFS= read -r line; do
	case $line in
	"ok - "*"# SKIP"*) name=${line#ok - }; skip "${name%% # SKIP*}" "${name##*# SKIP}" ;;
	"ok - "*) pass "${line#ok - }" ;;
	"not ok - "*) fail "${line#not ok - }" ;;
	"#"*) echo "$line" ;;
	esac
done < verdicts
grep -q '^@complete' verdicts && pass "the guest got through all suites" || fail "the guest got through all suites" "$(said | tail -n 30)"
nothing_left "nothing is left"
