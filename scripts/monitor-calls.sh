#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# monitor-calls.sh FILE...: the monitor's allow-list, from what each of its files
# declares in its head comment:
#
#	Calls after start-up: read kill[1=SIGKILL] mmap[2&PROT_EXEC=0]
#
# A call with conditions in brackets passes if all of them hold: argument 0 to 5
# equals the value; where there is a mask, those of its bits.  A call may stand there
# several times.  The list ends with the comment or an empty line of it; "none" is an
# empty list.  Prints elements of a C array; every file must have its line.
for file; do
	awk -v file="$file" '
	/Calls after start-up/ { found = on = 1; sub(/.*Calls after start-up[^:]*:/, "") }
	on {
		end = /\*\//
		sub(/\*\/.*/, "")
		sub(/^ \*/, "")
		gsub(/,/, " ")
		if (!NF) { on = 0; next }
		for (i = 1; i <= NF; i++)
			if ($i != "none")
				print $i, file
		if (end)
			on = 0
	}
	!on && /\*\// { exit }
	END { if (!found) { print file ": says nothing of its calls after start-up" > "/dev/stderr"; exit 1 } }
	' "$file" || { echo "bad"; }
done | sort | awk '
	$1 == "bad" { exit bad = 1 }
	{ if ($1 != last) { flush(); last = $1; where = "" } where = where " " $2 }
	END { if (!bad) flush(); exit bad }
	function flush(   n, part, i, text, name, at, mask, value) {
		if (last == "")
			return
		n = split(last, part, /\]?\[|\]/)
		name = part[1]
		text = ""
		count = 0
		for (i = 2; i <= n; i++) {
			if (part[i] == "")
				continue
			if (part[i] !~ /^[0-5](&[A-Z0-9_a-z]+)?=[A-Za-z0-9_]+$/) {
				print where ": " last ": not understood" > "/dev/stderr"
				exit bad = 1
			}
			at = substr(part[i], 1, 1)
			value = part[i]
			sub(/^[^=]*=/, "", value)
			mask = part[i]
			sub(/=.*/, "", mask)
			mask = substr(mask, 3)
			text = text (count++ ? ", " : "") \
				(mask == "" ? "EQUAL(" at ", " value ")" : "MASKED(" at ", " mask ", " value ")")
		}
		printf "\t/*%s */\n\t{ SCMP_SYS(%s), %d, { %s } },\n", where, name, count, text
	}'
