# SPDX-License-Identifier: GPL-2.0-only
# Compares two outputs of run-all.sh, native first, guest second, with the list of
# differences (variable "list").  Prints TAP: one line per program.
function strip(s) { sub(/^ *(not )?ok [0-9]* */, "", s); sub(/^- */, "", s); gsub(/[0-9]+/, "#", s); return s }
BEGIN {
	while ((getline entry < list) > 0) {
		if (entry ~ /^#/ || entry !~ /\t/) continue
		split(entry, part, "\t")
		m = split(part[1], word, " ")
		pattern = m > 1 ? substr(part[1], index(part[1], " ") + 1) : ""
		excuse[word[1]] = excuse[word[1]] "\n" pattern "\t" part[2]
	}
}
FNR == 1 { file++ }
/^@begin / { program = $2; if (file == 1) order[++programs] = program; next }
/^@end / { status[file, program] = $3; program = ""; next }
/^@complete/ { complete[file] = 1; next }
program == "" { next }
/^[ \t]*ok [0-9]/ { if ($0 ~ /# ?SKIP/) skipped[file, program]++; else good[file, program]++; next }
/^[ \t]*not ok [0-9]/ { failed[file, program]++; bad[file, program, strip($0)]++; text[file, program] = text[file, program] "\n" strip($0); next }
END {
	for (i = 1; i <= programs; i++) {
		p = order[i]
		ended = (2, p) in status	# looking at an element makes it
		n = status[1, p]; g = status[2, p]
		why = ""
		if (!ended) why = "did not run to its end in the guest"
		# 4 is kselftest's "skipped"
		else if (n == 0 && g != 0 && g != 4) why = "status " g ", natively " n
		else if (n == 0 && g == 4) why = "skipped in the guest only"
		new = ""
		k = split(text[2, p], line, "\n")
		for (j = 2; j <= k; j++)
			if (!((1, p, line[j]) in bad)) new = new "\n# " line[j]
		if (why == "" && new != "") why = "tests fail that do not natively"
		excused = ""
		if (why != "" && (p in excuse)) {
			m = split(excuse[p], e, "\n")
			for (j = 2; j <= m; j++) {
				split(e[j], x, "\t")
				if (x[1] == "") { excused = x[2]; break }
				rest = ""
				l = split(new, w, "\n")
				for (q = 2; q <= l; q++) if (w[q] !~ x[1]) rest = rest "\n" w[q]
				if (new != "" && rest == "") { excused = x[2]; break }
				new = rest
			}
		}
		summary = sprintf("native %s/%s, guest %s/%s", good[1, p] + 0, good[1, p] + failed[1, p] + 0, good[2, p] + 0, good[2, p] + failed[2, p] + 0)
		if (why == "") {
			if (p in excuse) printf "# %s: stands in the list of differences, and does not differ\n", p
			if (n == 4 && g == 4) printf "ok - %s # SKIP natively, too\n", p
			else printf "ok - %s: no worse than natively (%s, status %s and %s)\n", p, summary, n, g
		}
		else if (excused != "") printf "ok - %s # SKIP differs for a reason: %s\n", p, excused
		else printf "not ok - %s: %s (%s)%s\n", p, why, summary, new
	}
	if (!complete[2]) print "not ok - the guest did not get through the list"
}
