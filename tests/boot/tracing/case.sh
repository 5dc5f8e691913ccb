# SPDX-License-Identifier: GPL-2.0-only
# Expects: Debian's strace and gdb work in the guest on a guest program:
# breakpoints, single steps, software watchpoints, attach and detach.
base=$BUILD/debug-initramfs.cpio
[ -e "$base" ] || { "$SCRIPTS/debug-image.sh" "$PWD/base" "$BUILD/initramfs.cpio"; base=$PWD/base; }
"$SCRIPTS/initramfs.sh" files piece "$BUILD/tests/guest/debuggee=/t/debuggee" "$BUILD/tests/guest/fault=/t/fault"
cat "$base" piece > image
options="--memory 768M --initrd image"
limit=90

guest 'strace -o /tmp/log /t/debuggee; echo "status $?"; cat /tmp/log'
like "$(cat out)" 'status 0' "strace: the program runs to its end"
like "$(cat out)" '^execve\("/t/debuggee", \["/t/debuggee"\], 0x[0-9a-f]+.*\) = 0' "strace: execve"
like "$(cat out)" '^write\(1, "ok 1 - sum 150' "strace: write"
like "$(cat out)" '^\+\+\+ exited with 0 \+\+\+' "strace: end"
guest 'strace -f -c -o /tmp/log sh -c "ls / | wc -l; true"; echo "status $?"; tail -n 1 /tmp/log'
like "$(cat out)" 'status 0' "strace -f -c of a shell"
like "$(cat out)" ' total$' "strace counts"
guest '/t/debuggee wait & sleep 0.5; timeout 2 strace -p $! -o /tmp/log; cat /tmp/log | head -n 3; kill $!; wait $!; echo "status $?"'
like "$(cat out)" 'nanosleep' "strace attaches"
like "$(cat out)" 'status 143' "and detaches"
guest 'strace -e trace=none -e signal=all /t/fault 2>/tmp/log | grep -c "^ok"; grep -c SIGSEGV /tmp/log'
like "$(head -n 1 out)" '^[34][0-9]$' "strace of a program with many faults"

gdb() # NAME PATTERN COMMAND...: runs gdb commands on debuggee
{
	local name=$1 pattern=$2 line arguments=
	shift 2
	for line; do arguments="$arguments -ex '$line'"; done
	guest "gdb -q -nx -batch $arguments /t/debuggee 2>&1"
	like "$(cat out)" "$pattern" "gdb: $name"
}
gdb "breakpoint and arguments" 'Breakpoint 1, inner \(a=(a@entry=)?1, b=(b@entry=)?10\)' 'break inner' run bt
like "$(cat out)" '#1 .* in main' "gdb: backtrace"
gdb "conditional breakpoint" 'a=(a@entry=)?4, b=' 'break inner if a == 4' run
gdb "single steps" 'STEPPED' 'break inner' run stepi stepi stepi 'echo STEPPED\n' 'info registers rip' 'delete 1' continue
like "$(cat out)" 'exited normally' "gdb: continue after steps"
gdb "200 single steps" 'FAR' 'break main' run 'stepi 200' 'echo FAR\n' 'delete 1' continue
like "$(cat out)" 'exited normally' "gdb: goes on after 200 steps"
gdb "software watchpoint" 'Old value = 1' 'set can-use-hw-watchpoints 0' 'break inner' run 'watch watched' continue
like "$(cat out)" 'New value = 2' "gdb: watchpoint shows the new value"
gdb "finish and print" 'Value returned is .* = 10' 'break inner' run finish
gdb "change of a variable" 'sum 1' 'break inner' run 'set variable watched = 100' 'print watched' 'delete 1' continue
gdb "call of a function" '= 21' 'break main' run 'call inner(3, 7)'
gdb "vector registers" 'v4_float' 'break inner' run 'info registers xmm0'
guest '/t/debuggee wait & pid=$!; sleep 0.3; gdb -q -nx -batch -ex "bt 3" -ex "set variable attached = 1" -ex detach -p $pid /t/debuggee 2>&1; wait $pid; echo "status $?"'
like "$(cat out)" 'status 12' "gdb: attach, change, detach"
guest 'ulimit -c unlimited; cd /tmp; echo core > /proc/sys/kernel/core_pattern; /t/debuggee wait & sleep 0.2; kill -ABRT $!; wait $!; ls -l core* | wc -l; gdb -q -nx -batch -ex bt /t/debuggee core* 2>&1'
like "$(cat out)" 'in main' "gdb: core dump"
guest 'bash -c "set -o pipefail; for i in {1..200}; do echo \$((i * i)); done | while read -r n; do [[ \$n == 40000 ]] && echo last; done; declare -A m=([a]=1 [b]=2); echo \${#m[@]} \${!m[@]}"'
like "$(tr '\n' ' ' < out)" 'last 2' "Debian's bash with shared libraries"
nothing_left "nothing is left"
