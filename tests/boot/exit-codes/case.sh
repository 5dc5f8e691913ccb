# SPDX-License-Identifier: GPL-2.0-only
# Expects: the command's status is lol's; 127 not found, 126 not executable,
# 128 + signal when it was killed.
for code in 0 1 2 42 120 125 255; do
	guest "exit $code"
	is $status $code "exit $code"
done
guest 'kill -9 $$'
is $status 137 "killed by SIGKILL"
guest 'kill -SEGV $$'
is $status 139 "killed by SIGSEGV"
lol run --quiet -- /no/such/program
is $status 127 "not found"
like "$(cat out err)" '/no/such/program: No such file' "and says so"
lol run --quiet -- /etc/passwd
is $status 126 "not executable"
lol run --quiet -- true
is $status 0 "a command without a shell"
lol run --quiet -- sh -c 'echo "$1|$2|$3"' x 'a b' '' 'ü"$'
is "$(cat out)" 'a b||ü"$' "arguments arrive as they are"
guest 'sleep 100 & exit 5'
is $status 5 "a background process does not delay the end"
nothing_left "nothing is left"
