#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# scripts/monitor-calls.sh: what it makes of head comments, and what it refuses.
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
n=0
check() # CONDITION NAME
{
	n=$((n + 1))
	if eval "$1"; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' "$work/out" "$work/err"; fi
}
run() { scripts/monitor-calls.sh "$@" > "$work/out" 2> "$work/err"; status=$?; }
has() { tr -s ' \t\n' ' ' < "$work/out" | grep -qF "$1"; }

cat > "$work/a.c" <<'END'
// SPDX
/*
 * Some words.
 *
 * Calls after start-up: read kill[1=SIGKILL]
 *	mmap[2&PROT_EXEC=0][3&MAP_ANONYMOUS=MAP_ANONYMOUS]
 *
 * More words: open.
 */
/* Calls after start-up: fork */
END
printf '/*\n * b\n *\n * Calls after start-up, in the monitor: read\n */\nint write;\n' > "$work/b.c"
printf '/* Calls after start-up: none */\n' > "$work/none.c"
printf '/*\n * c\n */\n/*\n * Calls after start-up: read\n */\n' > "$work/late.c"
run "$work/a.c" "$work/b.c" "$work/none.c"
check '[ $status = 0 ] && [ "$(grep -c SCMP_SYS "$work/out")" = 3 ]' "each call once, and nothing but the list"
check 'has "SCMP_SYS(read), 0, { }" && has "/* $work/a.c $work/b.c */ { SCMP_SYS(read)"' "who needs it"
check 'has "SCMP_SYS(kill), 1, { EQUAL(1, SIGKILL) }"' "a condition"
check 'has "SCMP_SYS(mmap), 2, { MASKED(2, PROT_EXEC, 0), MASKED(3, MAP_ANONYMOUS, MAP_ANONYMOUS) }"' "masks"
run "$work/late.c"
check '[ $status != 0 ] && grep -q "late.c: says nothing" "$work/err"' "a file without a declaration in its head is refused"
printf '/* Calls after start-up: kill[7=SIGKILL] */\n' > "$work/bad.c"
run "$work/bad.c"
check '[ $status != 0 ] && grep -q "bad.c: .*not understood" "$work/err"' "a condition that is none is refused"
echo "1..$n"
