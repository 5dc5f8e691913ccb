# SPDX-License-Identifier: GPL-2.0-only
# Expects: faults of the guest kernel give an oops with a symbolised backtrace and
# kill the task, the guest goes on; kernel text and read-only data cannot be written,
# data cannot be executed.  Provoked with the kernel's own LKDTM module.
tree=$BUILD/modules-6.12
if ! find "$tree" -name 'lkdtm.ko*' 2>/dev/null | grep -q .; then skip "LKDTM" "no such module"; return; fi
"$SCRIPTS/initramfs.sh" modules piece "$tree" && cat "$BUILD/initramfs.cpio" piece > image
options="--memory 384M --initrd image"
limit=120
points="ACCESS_NULL WRITE_RO WRITE_RO_AFTER_INIT WRITE_KERN EXEC_DATA EXEC_STACK EXEC_KMALLOC EXEC_VMALLOC EXEC_RODATA EXEC_NULL BUG EXCEPTION STACK_GUARD_PAGE_LEADING STACK_GUARD_PAGE_TRAILING"
guest 'mount -t debugfs none /sys/kernel/debug 2>/dev/null
	modprobe lkdtm || exit 3
	echo 0 > /proc/sys/kernel/panic_on_oops
	for p in '"$points"'; do
		grep -qw $p /sys/kernel/debug/provoke-crash/DIRECT || { echo "@absent $p"; continue; }
		dmesg -c > /dev/null
		echo "@point $p"
		sh -c "echo $p > /sys/kernel/debug/provoke-crash/DIRECT"
		echo "@writer $?"
		dmesg | sed "s/^\[[^]]*\] *//"
		echo "@alive $p"
	done; echo @complete'
for p in $points; do
	if grep -q "^@absent $p" out; then skip "$p" "not in this kernel"; continue; fi
	sed -n "/^@point $p\$/,/^@alive $p\$/p" out > part
	if ! grep -q "^@alive" part; then fail "$p: the guest goes on" "$(said)"; break; fi
	if grep -q 'FAIL: ' part; then
		fail "$p" "$(grep 'FAIL: ' part)"
	elif ! grep -qE 'Oops|BUG|general protection|invalid opcode|unable to handle|double fault|stack guard' part; then
		fail "$p: an oops" "$(cat part)"
	elif ! grep -qE 'lkdtm_[A-Za-z_]+\+0x|direct_entry\+0x|recursive_loop\+0x' part; then
		fail "$p: backtrace with names" "$(cat part)"
	elif grep -q '^@writer 0' part; then
		fail "$p: the task is killed" "$(cat part)"
	else
		pass "$p: oops with a backtrace, the guest goes on"
	fi
done
grep -q '^@complete' out && pass "all of them in one guest" || fail "all of them in one guest" "$(said)"
lol run --initrd image --append 'oops=panic' -- sh -c 'mount -t debugfs none /sys/kernel/debug; modprobe lkdtm; echo ACCESS_NULL > /sys/kernel/debug/provoke-crash/DIRECT'
is $status 120 "oops=panic: status"
like "$(cat out err)" 'RIP: 0010:.*lkdtm_ACCESS_NULL' "oops=panic: the oops names the function"
lol run --initrd image -- sh -c 'mount -t debugfs none /sys/kernel/debug; modprobe lkdtm; echo EXHAUST_STACK > /sys/kernel/debug/provoke-crash/DIRECT'
is $status 120 "kernel stack overflow: status of a panic"
like "$(cat out err)" 'lkdtm_EXHAUST_STACK\+0x' "kernel stack overflow: the backtrace names the function"
nothing_left "nothing is left"
