# SPDX-License-Identifier: GPL-2.0-only
# Expects: a panic, an oops of process 1 or its end give status 120 and the
# guest's last messages, with a symbolised backtrace.
lol run -- sh -c 'echo c > /proc/sysrq-trigger'
is $status 120 "sysrq c: status"
text=$(cat out err)
like "$text" 'sysrq: Trigger a crash' "sysrq c: message"
like "$text" 'Kernel panic - not syncing' "sysrq c: panic line"
like "$text" '(sysrq_handle_crash|__handle_sysrq|write_sysrq_trigger)\+0x' "sysrq c: backtrace has names"
nothing_left "nothing is left"
lol run --quiet -- sh -c 'echo c > /proc/sysrq-trigger'
is $status 120 "with --quiet: status"
like "$(cat out err)" 'panic' "with --quiet: the last messages are shown all the same"
lol run -- sh -c 'kill -9 1; kill -SEGV 1; echo alive'
is "$(tail -n 1 out)" alive "process 1 cannot be killed"
printf '#!/bin/sh\nexit 3\n' > init && chmod +x init
"$SCRIPTS/initramfs.sh" files piece.cpio init=/init && cat "$BUILD/initramfs.cpio" piece.cpio > own.cpio
lol run --initrd own.cpio
is $status 120 "process 1 ends: status"
like "$(cat out err)" 'Attempted to kill init' "process 1 ends: message"
lol run --initrd "" 
like "$status" '^120$' "no initrd at all: panic"
like "$(cat out err)" '(VFS|No working init|root fs|rootfs)' "no initrd at all: message"
nothing_left "nothing is left"
